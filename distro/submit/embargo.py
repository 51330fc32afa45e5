"""The time of an "Embargoed until …" line, as press offices write it in six languages.

Understood are RFC 3339, and a date with a clock time in words: "8:30 a.m. (ET), Friday, June 4, 2027", "jusqu'au 20 mai 2027
à 6h00", "Sperrfrist: 1. Februar 2027, 10 Uhr". Without a zone the installation's is meant. What is not understood is an
error, never silence.
"""

import re

from distro.times import parse_time

LINE = re.compile(r"^\W*(?:(?:strictly|under)\s+)?(?:embargo(?:ed|s)?|sous embargo|bajo embargo|embargado|sperrfrist|محظور النشر|حظر النشر)\b.*", re.IGNORECASE)
SENTENCE = re.compile(r"\b(?:embargoed|under (?:strict )?embargo|sous embargo|bajo embargo)\s+(?:until|till|jusqu\S*|hasta)\b", re.IGNORECASE)     # anywhere in a line above the text
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}\S*(?: [A-Z][\w/+-]+)?")
_MONTHS = (
    "january enero janvier januar janeiro يناير", "february febrero février februar fevereiro فبراير", "march marzo mars märz março مارس",
    "april abril avril april abril أبريل", "may mayo mai mai maio مايو", "june junio juin juni junho يونيو", "july julio juillet juli julho يوليو",
    "august agosto août august agosto أغسطس", "september septiembre septembre september setembro سبتمبر", "october octubre octobre oktober outubro أكتوبر",
    "november noviembre novembre november novembro نوفمبر", "december diciembre décembre dezember dezembro ديسمبر",
)
MONTH = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()} | {word[:3]: n for n, words in enumerate(_MONTHS, 1) for word in words.split()[:1]} | {"sept": 9}
_ZONES = {
    "ET": "America/New_York", "EST": "America/New_York", "EDT": "America/New_York", "CT": "America/Chicago", "CST": "America/Chicago", "CDT": "America/Chicago",
    "MT": "America/Denver", "PT": "America/Los_Angeles", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "EASTERN": "America/New_York", "PACIFIC": "America/Los_Angeles",
    "GMT": "UTC", "UTC": "UTC", "BST": "Europe/London", "UK": "Europe/London", "LONDON": "Europe/London", "CET": "Europe/Paris", "CEST": "Europe/Paris", "MEZ": "Europe/Berlin", "MESZ": "Europe/Berlin",
    "GENEVA": "Europe/Zurich", "PARIS": "Europe/Paris", "BERLIN": "Europe/Berlin", "MADRID": "Europe/Madrid", "EAT": "Africa/Nairobi", "NAIROBI": "Africa/Nairobi", "WAT": "Africa/Lagos", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
    "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "MEXICO CITY": "America/Mexico_City", "NEW YORK": "America/New_York",
}
_DAY_MONTH = re.compile(r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?\s+(?:de\s+|of\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de\s+)?(\d{4})", re.IGNORECASE)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./](\d{1,2})[./](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})(?:[:.h](\d{2}))?\s*(a\.?m\.?|p\.?m\.?|uhr|horas?|heures?|hrs?|hours|h\b)?", re.IGNORECASE)


def read_time(text: str, zone: str) -> str:
    """The time that an embargo line names, RFC 3339 with its own zone's offset; raises ValueError with a sentence."""
    exact = _ISO.search(text)
    if exact:
        return parse_time(exact[0].strip(" .)"), zone).isoformat()
    day, rest = _day(text)
    clock = _clock(rest)
    return parse_time(f"{day} {clock} {_zone(rest) or zone}").isoformat()


def _day(text: str) -> tuple[str, str]:
    """The day as YYYY-MM-DD, and the text without it."""
    for pattern, order in ((_ISO_DAY, "ymd"), (_MONTH_DAY, "mdy"), (_DAY_MONTH, "dmy"), (_NUMERIC, "dmy")):
        for found in pattern.finditer(text):
            part = dict(zip(order, found.groups(), strict=True))
            month = MONTH.get(part["m"].lower(), 0) if not part["m"].isdigit() else int(part["m"])
            if month:
                return f"{part['y']}-{month:02}-{int(part['d']):02}", text[:found.start()] + " " + text[found.end():]
    raise ValueError("no date is understood")


def _clock(text: str) -> str:
    """The time of day as HH:MM."""
    if re.search(r"\bmidnight\b|\bmedianoche\b|\bminuit\b|\bmitternacht\b", text, re.IGNORECASE):
        return "00:00"
    if re.search(r"\bnoon\b|\bmidday\b|\bmediod[íi]a\b|\bmidi\b", text, re.IGNORECASE):
        return "12:00"
    for found in _CLOCK.finditer(text):
        hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower().replace(".", "")
        if not (found[2] or half) or hour > 24 or minute > 59:
            continue
        if half == "pm" and hour < 12:
            hour += 12
        if half == "am" and hour == 12:
            hour = 0
        return f"{hour:02}:{minute:02}"
    raise ValueError("no time of day is understood")


def _zone(text: str) -> str:
    named = re.search(r"\b[A-Z][a-z]+/[A-Z][A-Za-z_]+\b", text)
    if named:
        return named[0]
    upper = text.upper()
    return next((name for word, name in sorted(_ZONES.items(), key=lambda item: -len(item[0])) if re.search(rf"(?<![A-Z]){re.escape(word)}(?![A-Z])", upper)), "")
