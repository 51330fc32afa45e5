"""Letters that an installation writes by itself: the question before somebody is on a list, and the welcome after."""

from distro.letter.labels import labels_of
from distro.letter.slots import mark
from distro.model import Edition

FORGOTTEN = 7     # days after which an address that nobody confirmed is forgotten
ACCESS = 2        # days that a link to what is held works


def confirm(language: str, house: str) -> Edition:
    """Is this your address? Its letter has one link, the slot `confirm`."""
    words = labels_of(language)
    return Edition(language=language, kind="confirm", headline=words.confirm_head, body=_text(words.confirm_body, house), notes_to_editors=words.confirm_else.format(days=FORGOTTEN))


def welcome(language: str, house: str) -> Edition:
    """What will come, and every way to change it."""
    words = labels_of(language)
    return Edition(language=language, kind="welcome", headline=words.welcome_head, body=_text(words.welcome_body, house))


def access(language: str, house: str) -> Edition:
    """A link to everything that is held on somebody; its letter has one link, the slot `confirm`."""
    words = labels_of(language)
    return Edition(language=language, kind="confirm", headline=words.access_head, body=_text(words.access_body, house), note=words.access_button, notes_to_editors=words.access_else.format(days=ACCESS))


def _text(words: str, house: str) -> str:
    return words.format(house=house, address=mark("address"))
