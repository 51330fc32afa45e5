"""Find days of the week beside the dates that they are said to be."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from distro.submit.dates import day_at

_BETWEEN = r"[,،]?\s+(?:the |le |den |dem |el |il |em |o |de |op )?"
_DATE = 32  # characters within which a date follows the name of its day


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day of the week and the date beside it."""

    words: str
    weekday: int  # 0 is Monday
    day: date


def named_days(text: str, language: str) -> Iterator[NamedDay]:
    """Yield each date of a text that says its day of the week, in the text's language."""
    names = _names(language)
    if not names:
        return
    any_name = "|".join(map(re.escape, names))
    for found in re.finditer(rf"(?<!\w)({any_name}){_BETWEEN}", text, re.IGNORECASE):
        said = day_at(text[found.end() : found.end() + _DATE])
        if said is None:
            continue
        iso, words = said
        with contextlib.suppress(ValueError):  # 31 February
            day = date.fromisoformat(iso)
            yield NamedDay(f"{found[0].strip()} {words}", names[found[1].lower()], day)


@lru_cache(64)
def _names(language: str) -> dict[str, int]:
    """Return the names of the days in a language, in small letters."""
    try:
        days = Locale.parse(language.replace("-", "_")).days["format"]["wide"]
    except (UnknownLocaleError, ValueError, KeyError):
        return {}
    return {str(name).lower(): int(n) for n, name in days.items()}
