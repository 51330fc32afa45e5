"""Letters that an installation writes by itself: the question before somebody is on a list, and the
welcome after.
"""

from distro.letter.labels import labels_of
from distro.letter.slots import Slots
from distro.model import Edition

FORGOTTEN = 7  # days after which an address that nobody confirmed is forgotten
ACCESS = 2  # days that a link to what is held works


def confirm(language: str, house: str, slots: Slots) -> Edition:
    """Ask whether this is the reader's address; the slot `confirm` is its button, `never` the link
    that ends such letters.
    """
    words = labels_of(language)
    notes = (
        f"{words.confirm_else.format(days=FORGOTTEN)}\n\n[{words.never_ask}]({slots.mark('never')})"
    )
    return Edition(
        language=language,
        kind="confirm",
        headline=words.confirm_head,
        body=_text(words.confirm_body, house, slots),
        notes_to_editors=notes,
    )


def welcome(language: str, house: str, slots: Slots) -> Edition:
    """Say what will come, and every way to change it."""
    words = labels_of(language)
    return Edition(
        language=language,
        kind="welcome",
        headline=words.welcome_head,
        body=_text(words.welcome_body, house, slots),
    )


def access(language: str, house: str, slots: Slots) -> Edition:
    """Give a link to everything that is held on the reader; the slot `confirm` is its button."""
    words = labels_of(language)
    return _with_button(
        language,
        words.access_head,
        _text(words.access_body, house, slots),
        words.access_button,
        words.access_else.format(days=ACCESS),
    )


def leave(language: str, house: str, slots: Slots) -> Edition:
    """Give a link to leave, to whoever typed this address into the page behind "View online"."""
    words = labels_of(language)
    return _with_button(
        language,
        words.leave_head,
        _text(words.leave_body, house, slots),
        words.leave_button,
        words.leave_else,
    )


def back(language: str, house: str, slots: Slots) -> Edition:
    """Give a link to come back, to whoever left and says that it was a mistake."""
    words = labels_of(language)
    return _with_button(
        language,
        words.back_head,
        _text(words.back_body, house, slots),
        words.back_button,
        words.access_else.format(days=ACCESS),
    )


def _with_button(language: str, head: str, body: str, button: str, notes: str) -> Edition:
    return Edition(
        language=language,
        kind="confirm",
        headline=head,
        body=body,
        note=button,
        notes_to_editors=notes,
    )


def _text(words: str, house: str, slots: Slots) -> str:
    return words.format(house=house, address=slots.mark("address"))
