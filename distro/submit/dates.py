"""Read a day as people write it in a text, in twelve languages: "3 March 2027", "20. Mai 2027",
"2027年3月3日".
"""

import re

_MONTHS = (
    (
        "january enero janvier januar janeiro يناير كانون‌الثاني january gennaio января январь"
        " januari ocak jänner"
    ),
    (
        "february febrero février fevrier februar fevereiro فبراير شباط febbraio февраля февраль"
        " februari şubat subat feber"
    ),
    "march marzo mars märz março marco مارس آذار marzo марта март maart mart maerz",
    "april abril avril april abril أبريل ابريل نيسان aprile апреля апрель nisan",
    "may mayo mai mai maio مايو أيار maggio мая май mei mayıs mayis",
    "june junio juin juni junho يونيو حزيران giugno июня июнь haziran",
    "july julio juillet juli julho يوليو تموز luglio июля июль temmuz",
    "august agosto août aout august أغسطس آب августа август augustus ağustos agustos",
    (
        "september septiembre setiembre septembre september setembro سبتمبر أيلول settembre"
        " сентября сентябрь eylül eylul"
    ),
    "october octubre octobre oktober outubro أكتوبر اكتوبر ottobre октября октябрь ekim",
    "november noviembre novembre november novembro نوفمبر ноября ноябрь kasım kasim",
    (
        "december diciembre décembre decembre dezember dezembro ديسمبر dicembre декабря декабрь"
        " december aralık aralik"
    ),
)
MONTH = (
    {word.replace("\u200c", " "): n for n, words in enumerate(_MONTHS, 1) for word in words.split()}
    | {words.split()[0][:3]: n for n, words in enumerate(_MONTHS, 1)}
    | {
        "sept": 9,
        "janv": 1,
        "févr": 2,
        "juil": 7,
        "déc": 12,
        "dez": 12,
        "okt": 10,
        "ene": 1,
        "abr": 4,
        "ago": 8,
        "dic": 12,
        "gen": 1,
        "mag": 5,
        "giu": 6,
        "lug": 7,
        "set": 9,
        "ott": 10,
        "mrt": 3,
        "mär": 3,
    }
)
_DAY_MONTH = re.compile(
    r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[\s/-]+(?:de\s+|"
    r"of\s+)?([^\W\d_]{2,12})(?:\s?/\s?[^\W\d_]{2,12})?\.?[,،/]?[\s-]*(?:de\s+|del\s+)?(\d{4})",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_EAST = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
_PATTERNS = (
    (_EAST, "ymd"),
    (_ISO_DAY, "ymd"),
    (_MONTH_DAY, "mdy"),
    (_DAY_MONTH, "dmy"),
    (_NUMERIC, "dmy"),
)


def days_in(text: str) -> set[str]:
    """Return every day of a text as YYYY-MM-DD."""
    found = (_iso(match, order) for pattern, order in _PATTERNS for match in pattern.finditer(text))
    return set(filter(None, found))


def day_at(text: str) -> tuple[str, str] | None:
    """Return the day with which a text begins as YYYY-MM-DD, and its words; None where it begins
    with none, or with one in figures, which means two days.
    """
    for pattern, order in _PATTERNS:
        match = None if pattern is _NUMERIC else pattern.match(text)
        if match and (day := _iso(match, order)):
            return day, match[0].strip()
    return None


def _iso(match: re.Match[str], order: str) -> str:
    """Return the day of a match, "" where its numbers are none."""
    part = dict(zip(order, match.groups(), strict=True))
    month = int(part["m"]) if part["m"].isdigit() else MONTH.get(part["m"].lower(), 0)
    right = 1 <= month <= 12 and 1 <= int(part["d"]) <= 31
    return f"{part['y']}-{month:02}-{int(part['d']):02}" if right else ""


def day_in(text: str) -> tuple[str, str]:
    """Return the first day of a text as YYYY-MM-DD, and the text without it; raises ValueError
    where there is none.
    """
    for pattern, order in _PATTERNS:
        for found in pattern.finditer(text):
            if day := _iso(found, order):
                return day, text[: found.start()] + " " + text[found.end() :]
    raise ValueError("no date is understood")


def names_month(text: str) -> bool:
    """Return whether a text names a month, or has no word at all that could be one."""
    words = re.findall(r"[^\W\d_]{2,}", text.lower())
    return not words or any(word in MONTH for word in words)


def day_of(text: str) -> str:
    """Return the day that a text names as YYYY-MM-DD, "" where it names none."""
    try:
        return day_in(text)[0]
    except ValueError:
        return ""


def without_day(text: str) -> str:
    """Return a text without the first day that it names."""
    try:
        return day_in(text)[1].strip()
    except ValueError:
        return text
