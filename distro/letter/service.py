"""Letters that an installation writes by itself: the question before somebody is on a list, and the welcome after."""

from distro.letter.labels import labels_of
from distro.letter.slots import mark
from distro.model import Edition

FORGOTTEN = 7     # days after which an address that nobody confirmed is forgotten


def confirm(language: str, house: str) -> Edition:
    """Is this your address? Its letter has one link, the slot `confirm`."""
    words = labels_of(language)
    return Edition(language=language, kind="confirm", headline=words.confirm_head, body=_text(words.confirm_body, house), notes_to_editors=words.confirm_else.format(days=FORGOTTEN))


def welcome(language: str, house: str) -> Edition:
    """What will come, and every way to change it."""
    words = labels_of(language)
    return Edition(language=language, kind="welcome", headline=words.welcome_head, body=_text(words.welcome_body, house))


def _text(words: str, house: str) -> str:
    return words.format(house=house, address=mark("address"))
