"""Look at an edition as an experienced desk editor does: what is missing, what contradicts itself,
what readers or their filters dislike. All of it is a warning: it can be sent.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from distro.model import Edition
from distro.submit.prose import paragraphs
from distro.submit.weekdays import named_days

# Cities from which press offices write, and their time zones (IANA); zones named after a city need
# no entry.
_CITIES = {
    "GENEVA": "Europe/Zurich",
    "GENÈVE": "Europe/Zurich",
    "GINEBRA": "Europe/Zurich",
    "GENF": "Europe/Zurich",
    "BERN": "Europe/Zurich",
    "WASHINGTON": "America/New_York",
    "GENEVE": "Europe/Zurich",
    "NEW YORK": "America/New_York",
    "BRUSSELS": "Europe/Brussels",
    "BRUXELLES": "Europe/Brussels",
    "BRÜSSEL": "Europe/Brussels",
    "THE HAGUE": "Europe/Amsterdam",
    "WIEN": "Europe/Vienna",
    "ROMA": "Europe/Rome",
    "LONDRES": "Europe/London",
    "PARÍS": "Europe/Paris",
    "MADRID": "Europe/Madrid",
    "NEW DELHI": "Asia/Kolkata",
    "BEIJING": "Asia/Shanghai",
    "ADDIS ABABA": "Africa/Addis_Ababa",
    "NAIROBI": "Africa/Nairobi",
    "BANGKOK": "Asia/Bangkok",
    "TOKYO": "Asia/Tokyo",
    "CAIRO": "Africa/Cairo",
    "MONTREAL": "America/Toronto",
    "MEXICO CITY": "America/Mexico_City",
}
_PAIRS = (("“", "”"), ("«", "»"), ("「", "」"))
_LOUD = re.compile(r"\b(?:[A-ZÀ-Þ]{2,30} ){3,}[A-ZÀ-Þ]{2,30}\b")
_MARKS = re.compile(r"!{2,}|\?{2,}|!\?")
# Words that content filters count (SpamAssassin's own rules name most of them).
_DISLIKED = re.compile(
    r"\b(?:click here|act now|limited time|100% free|risk[- ]free|winner|you have been selected|"
    r"double your|earn money|cash bonus|no obligation|order now|special promotion)\b|\${3,}",
    re.IGNORECASE,
)
_LOUDEST = 7  # letters of one of the words; shorter ones are names like UNICEF
_SENTENCE = 60  # characters of a boilerplate that are looked for in the text
_LOOK_AT = 40  # paragraphs with the same fault that are named


def look(edition: Edition) -> Iterator[str]:
    """Yield what somebody should look at, a sentence each."""
    yield from _missing(edition)
    yield from _weekdays(edition)
    yield from _place_and_time(edition)
    yield from _twice(edition)
    yield from _wording(edition)
    yield from _phones(edition)


def _missing(edition: Edition) -> Iterator[str]:
    if not edition.boilerplate and edition.kind == "press-release":
        yield "no boilerplate: who you are, in two sentences at the end, `boilerplate:`"


def _weekdays(edition: Edition) -> Iterator[str]:
    """Yield days of the week that are not those of their dates."""
    said = f"{edition.headline}\n{edition.subhead}\n{edition.dateline}\n{edition.body}"
    for found in named_days(said[:200_000], edition.language):
        if found.weekday != found.day.weekday():
            yield f'"{found.words}": that day is a {found.day:%A}'


def _place_and_time(edition: Edition) -> Iterator[str]:
    """Yield an embargo whose offset is not the one of the place in the dateline."""
    if not edition.embargo or not edition.dateline:
        return
    place = re.split(r"[,(/–—-]", edition.dateline)[0].strip().upper()
    zone = _CITIES.get(place) or _zone_named(place)
    if not zone:
        return
    lift = datetime.fromisoformat(edition.embargo)
    there = lift.astimezone(ZoneInfo(zone))
    if lift.utcoffset() and there.utcoffset() != lift.utcoffset():  # UTC is nobody's slip
        yield (
            f"the dateline is {edition.dateline[:40]}, where the embargo ends at"
            f" {there:%H:%M}; `embargo:` says {lift:%H:%M %z}: is that meant?"
        )


def _zone_named(place: str) -> str:
    """Return the time zone that a city gives its name."""
    plain = unicodedata.normalize("NFKD", place).encode("ascii", "ignore").decode()
    name = "_".join(word.capitalize() for word in plain.split())
    for area in ("Europe", "Africa", "America", "Asia", "Australia", "Pacific"):
        try:
            return ZoneInfo(f"{area}/{name}").key if name else ""
        except (KeyError, ValueError, OSError):
            continue
    return ""


def _twice(edition: Edition) -> Iterator[str]:
    """Yield a boilerplate that stands in the text too, and a paragraph that stands twice."""
    start = " ".join(edition.boilerplate.split())[:_SENTENCE]
    body = " ".join(edition.body.split())
    if len(start) == _SENTENCE and start in body:
        yield "the boilerplate stands in the text too"
    met: set[str] = set()
    for paragraph in paragraphs(edition.body):
        if len(paragraph) > _SENTENCE and paragraph in met:
            yield f'this paragraph stands twice: "{paragraph[:60]}"'
        met.add(paragraph)


def _wording(edition: Edition) -> Iterator[str]:
    parts = [edition.headline, edition.subhead, *paragraphs(edition.body)]
    for n, part in enumerate(parts[:_LOOK_AT]):
        after = parts[n + 1].lstrip() if n + 1 < len(parts) else ""
        for opening, closing in _PAIRS:
            odd = part.count(opening) - part.count(closing)
            if odd and not _quotes_go_on(part, opening, after, odd):
                yield f'"{opening}" and "{closing}" are not pairs in "{part[:50]}"'
        if part.count('"') % 2 and not re.search(r'\d"', part):
            yield f'a quotation mark has no other half in "{part[:50]}"'
        loud = _LOUD.search(part)
        if loud and max(map(len, loud[0].split())) >= _LOUDEST:
            yield f'capitals read as shouting: "{loud[0][:50]}"'
        if marks := _MARKS.search(part):
            yield f'one mark is enough: "{marks[0]}" in "{part[:50]}"'
        if disliked := _DISLIKED.search(part):
            yield f'filters take "{disliked[0]}" for advertising'


def _quotes_go_on(part: str, opening: str, after: str, odd: int) -> bool:
    """Return whether a quotation goes on in the next paragraph, as English and French print it, or
    here, as Spanish does; German opens with the mark that English closes with.
    """
    begins = part.lstrip()[:1]
    goes_on = odd == 1 and after[:1] in (opening, "»", "”")
    return goes_on or begins in ("»", "”") or (begins == opening and odd > 0) or "„" in part


def _phones(edition: Edition) -> Iterator[str]:
    for contact in edition.contacts:
        number = contact.phone.strip().lstrip("(")
        if number and not number.startswith(("+", "00")):
            yield f"{number} has no country code: readers abroad cannot call it (+41 22 …)"
