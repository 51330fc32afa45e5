"""Compile the letters that an installation writes by itself: confirm, welcome, access to one's
data.
"""

from distro.letter.labels import labels_of
from distro.letter.slots import Slots
from distro.model import Edition

FORGOTTEN = 7  # days after which an address that nobody confirmed is forgotten
ACCESS = 2  # days that a link to what is held works


def confirm(language: str, organisation: str, slots: Slots) -> Edition:
    """Ask whether this is the reader's address; the slot `confirm` is its button, `never` the link
    that ends such letters.
    """
    labels = labels_of(language)
    never = f"[{labels.never_ask}]({slots.placeholder('never')})"
    notes = f"{labels.confirm_else.format(days=FORGOTTEN)}\n\n{never}"
    return Edition(
        language=language,
        kind="confirm",
        headline=labels.confirm_head,
        body=_text(labels.confirm_body, organisation, slots),
        notes_to_editors=notes,
    )


def welcome(language: str, organisation: str, slots: Slots) -> Edition:
    """Say what will come, and every way to change it."""
    labels = labels_of(language)
    return Edition(
        language=language,
        kind="welcome",
        headline=labels.welcome_head,
        body=_text(labels.welcome_body, organisation, slots),
    )


def access(language: str, organisation: str, slots: Slots) -> Edition:
    """Give a link to everything that is held on the reader; the slot `confirm` is its button."""
    labels = labels_of(language)
    return _with_button(
        language,
        labels.access_head,
        _text(labels.access_body, organisation, slots),
        labels.access_button,
        labels.access_else.format(days=ACCESS),
    )


def leave(language: str, organisation: str, slots: Slots) -> Edition:
    """Give a link to leave, to whoever typed this address into the page behind "View online"."""
    labels = labels_of(language)
    return _with_button(
        language,
        labels.leave_head,
        _text(labels.leave_body, organisation, slots),
        labels.leave_button,
        labels.leave_else,
    )


def back(language: str, organisation: str, slots: Slots) -> Edition:
    """Give a link to come back, to whoever left and says that it was a mistake."""
    labels = labels_of(language)
    return _with_button(
        language,
        labels.back_head,
        _text(labels.back_body, organisation, slots),
        labels.back_button,
        labels.access_else.format(days=ACCESS),
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


def _text(labels: str, organisation: str, slots: Slots) -> str:
    return labels.format(organisation=organisation, address=slots.placeholder("address"))
