"""Read a dateline: the place (and often the day) with which a release opens, in the styles of many
countries.

"GENEVA, 3 March 2027 (HOUSE) – …", "PORTLAND, Ore. — …", "Hamburg, 2.2.2027: …", "(Roma, 3 marzo
2027) - …", "МОСКВА, 3 марта. /HOUSE/. …", "北京3月3日电 …", "【東京、3月3日】…".
A place is at most five words,
each of them capitalised where the script has capitals: a sentence that happens to hold a dash is
left alone.
"""

import re

from distro.submit.dates import names_month

_PLACE = (
    r"(?:г\. )?[^\W\d_][\w\u064b-\u0652.'’\u00a0 -]{1,38}?(?:\s?[/,،]\s?[^\W\d_][\w.'’"
    r" -]{1,30}?){0,2}"
)
_WORD = r"[^\W\d_]{2,12}(?:\s?/\s?[^\W\d_]{2,12})?"
_DAY = (
    r"(?:(?:den|le|il|el|op|am)\s+)?"
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th|º|°|\.)?\s+(?:de\s+)?{_WORD}\.?"
    r"(?:,?\s+(?:de\s+|del\s+)?\d{4})?(?:\s+(?:года?|г\.|م))?"
    rf"|{_WORD}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?"
    r"|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}-\d{2}-\d{2})"
)
_DATE = rf"(?:[,،]?\s*\(?\s*{_DAY}\s*\)?)"
_SOURCE = r"(?:,?\s*(?:\([^()]{2,40}\)|/[\w .-]{2,30}/))"
_DASH = (
    r"(?:(?:\s+(?:–|—|--|-|―)|\.(?:–|—|-)|(?<=[\d)])\.\s(?:–|—|-))(?:\*\*|__)?\s+(?=\S)|"
    r"(?<=\d{4})[—–]\s?(?=\S)|\s?--\s?\([^()]{2,30}\)\s?--\s?(?=\S)|(?<=[A-Z]{2})\s?--\s?(?=\S))"
)
_EAST_DAY = r"\d{1,2}\s?月\s?\d{1,2}\s?日"
_EAST = re.compile(
    r"^(?P<place>[\u3400-\u9fff][\u3400-\u9fff/／]{1,16}?(?:\s[\u3400-\u9fff]{2,8}?)?"
    rf"[，,]?\s?(?:\d{{4}}\s?年)?\s?{_EAST_DAY}\s?[电電讯訊]?)"
    r"(?:\s?/[^/]{2,20}/)?(?:[(（][^()（）]{2,30}[)）])?"
    r"\s*(?:[-—–]+|(?<=[电電讯訊)）]))\s*(?=\S)"
    r"|^[【\[（(](?P<corner>[^\W\d_]{1,12}[、，,・ ]\s?"
    rf"(?:\d{{4}}\s?年)?\s?{_EAST_DAY}電?|[^\W\d_]{{1,4}}"
    rf"|(?:\d{{4}}\s?年)?{_EAST_DAY}[、，,][^\W\d_]{{1,12}})"
    r"(?:[】）)]|\](?!\())\s*(?=\S)"  # [words](address) is a link
)
_WEST = re.compile(
    rf"^(?:\*\*|__)?(?:(?P<dashed>{_PLACE}{_DATE}?{_SOURCE}?)(?:\*\*|__)?{_DASH}"
    rf"|\((?P<bracket>{_PLACE}{_DATE}?)\)(?:\s*(?:–|—|--|-|\.)?)\s+(?=\S)"
    rf"|(?P<stopped>{_PLACE}[,،]\s*{_DAY}{_SOURCE}?)(?<!\.\d)\s?[.:]\s+(?:/[\w."
    r" -]{2,30}/\.?\s+)?(?=\S))"
)
_DAYS = re.compile(_DAY)
_MONTH_YEAR = re.compile(r"[^\W\d_]{3,12}\.? \d{4}")
_NO_PLACE = re.compile(
    r"(?:pdf\b|docx?\b|jpe?g\b|mp[34]\b|xlsx?\b|photo|foto|bild|image|video|press|news|media|"
    r"communiqu|comunicado|nota de|pressemitteilung|statement|embargo|what|when|where|contact)",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"(?:agencia|agence|agency|agentur|agenzia|portal|news|the|institut\w*|universi\w+|minist\w+|"
    r"museum|museo|mus[ée]e|pers\w+|presse\w*)\b",
    re.IGNORECASE,
)
_BAR = re.compile(r"[^.!?。]{1,70}\s[–—-]\s[^.!?。]{1,60}")  # "… – News from the sea – Log in"
_SMALL = frozenset(
    [
        "г.",
        "de",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "la",
        "las",
        "los",
        "el",
        "of",
        "the",
        "and",
        "et",
        "du",
        "des",
        "le",
        "les",
        "y",
        "e",
        "ve",
        "am",
        "an",
        "den",
        "der",
        "im",
        "bei",
        "aan",
        "op",
        "sur",
        "en",
        "in",
        "upon",
        "saint",
    ]
)


def take(body: str) -> tuple[str, str]:
    """Return the dateline of a text and the text without it; ("", text) where there is none."""
    east = _EAST.match(body)
    if east:
        return (east["place"] or east["corner"]).strip(), body[east.end() :]
    found = _WEST.match(body)
    if not found:
        return "", body
    rest = body[found.end() :]
    text = (found["dashed"] or found["bracket"] or found["stopped"]).strip(" ,،*_")
    return (re.sub(r"\s*/[^/]*/$", "", text), rest) if _is_dateline(text, rest) else ("", body)


def _is_dateline(text: str, rest: str) -> bool:
    # The title of a series: "PRICES - MAY 2027".
    if _MONTH_YEAR.fullmatch(rest.partition("\n")[0].strip()):
        return False
    dated = any(map(str.isdigit, text))
    if dated and not any(names_month(day[0]) for day in _DAYS.finditer(text)):
        return False
    if not dated and "(" not in text and (_HOUSE.match(text) or _BAR.fullmatch(rest)):
        return False
    place = re.split(r"[,،(\d/]", text)[0].split()
    if (
        not place
        or _NO_PLACE.match(text)
        or len(place) > 5
        or not all(w[0].isupper() or w.lower() in _SMALL or not w[0].isascii() for w in place)
    ):
        return False
    return text.isupper() or "," in text or "(" in text or place[0].isupper() or len(place) <= 3


def alone(text: str) -> str:
    """Return the dateline that fills a line: a place and a day, or a place before a dash; "" where
    it is none.
    """
    if len(text) > 80:
        return ""
    bare = text.rstrip(" –—-:")
    dashed = bare != text and text[-1] in "–—-"
    if not dashed and not (re.search("[,،]", text) and any(map(str.isdigit, text))):
        return ""
    place, rest = take(f"{bare} – .")
    return place if rest == "." else ""
