"""Translate the letter's own words (catalogues/LANGUAGE.toml) and its dates."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from distro.model import is_right_to_left

if TYPE_CHECKING:
    from babel import Locale

_WORDS = Path(__file__).parent / "catalogues"
# The languages that letters speak.
SPOKEN = tuple(sorted(path.stem for path in _WORDS.glob("*.toml")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words that a letter, or a page about it, says by itself.

    {organisation}, {address}, {when}, {place} and {days} are filled in.
    """

    press_release: str
    statement: str
    media_advisory: str
    newsletter: str
    update: str
    notes_to_editors: str
    contacts: str
    about: str
    view_online: str
    unsubscribe: str
    why: str
    sent_to: str
    links: str
    unsubscribe_ask: str
    unsubscribe_button: str
    unsubscribed: str
    unsubscribed_more: str
    correction: str
    hold: str
    kill: str
    under_embargo: str
    corrected: str
    correction_head: str
    correction_ask: str
    it_said: str
    it_should_say: str
    hold_head: str
    hold_ask: str
    clear: str
    clear_head: str
    clear_ask: str
    cleared: str
    refers_to: str
    next_word: str
    update_ask: str
    moved_head: str
    moved_ask: str
    lifted_head: str
    lifted_ask: str
    lift: str
    kill_head: str
    kill_ask: str
    embargo_head: str
    embargo_ask: str
    embargo_again: str
    withdrawn: str
    on_hold: str
    confirm_head: str
    confirm_body: str
    confirm_button: str
    confirm_else: str
    welcome_head: str
    welcome_body: str
    attachments: str
    preferences: str
    access_head: str
    access_body: str
    access_button: str
    access_else: str
    our_readers: str
    never_ask: str
    leave_head: str
    leave_body: str
    leave_button: str
    leave_else: str
    back_head: str
    back_body: str
    back_button: str

    def kind(self, kind: str) -> str:
        """Return the name of a kind as the letter shows it."""
        return str(getattr(self, kind.replace("-", "_"), self.press_release))


def labels_of(language: str) -> Labels:
    """Return the words of a language, or of its base language, else English."""
    return _read(
        next(
            (name for name in (language, language.split("-", maxsplit=1)[0]) if name in SPOKEN),
            "en",
        )
    )


@cache
def _read(known: str) -> Labels:
    return Labels(**tomllib.loads((_WORDS / f"{known}.toml").read_text(encoding="utf-8")))


def long_date(when: datetime, language: str) -> str:
    """Return a date as the language writes it in full; no break between day and month."""
    from babel.dates import format_date

    locale = _locale(language)
    date = format_date(when, "d MMMM y" if locale.language == "en" else "long", locale)
    return date.replace(" ", "\u00a0", 1)


def full_time(when: datetime, language: str) -> str:
    """Return weekday, date and hour in the time's own zone: Tuesday 1 December 2026, 10:00."""
    from babel.dates import format_date, format_time

    locale = _locale(language)
    day = format_date(when, "EEEE d MMMM y" if locale.language == "en" else "full", locale)
    comma = {"ar": "، ", "zh": " ", "ja": " "}.get(locale.language, ", ")
    return f"{day}{comma}{format_time(when, 'HH:mm', locale=locale)}"


def clock(when: datetime, zone: str, language: str) -> str:
    """Return an hour and where it is so, unbroken: 04:00 New York."""
    from babel.dates import format_time, get_timezone_location

    try:
        place = (
            "UTC"
            if zone == "Etc/UTC"
            else get_timezone_location(zone, locale=_locale(language), return_city=True)
        )
    except KeyError:  # the library has no word for a place in this language
        place = zone.rpartition("/")[2].replace("_", " ")
    place = place.replace(" ", "\u00a0")
    hour = f"{format_time(when, 'HH:mm', locale=_locale(language))}\u00a0{place}"
    # Isolated: digits and Latin keep their places.
    return f"\u2068{hour}\u2069" if is_right_to_left(language) else hour


def own_name(language: str) -> str:
    """Return a language as its speakers call it: Français, العربية."""
    name = (
        str(_locale(language).get_display_name() or language)
        if language.split("-", maxsplit=1)[0] != "en"
        else "English"
    )
    return name[:1].upper() + name[1:]


def _locale(language: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
