"""The dateline: the place (and often the date) before the dash at the start of a release."""

import re

_PLACE = r"[^\W\d_][\w\u064b-\u0652.'’\u00a0 -]{1,38}?(?:[/,،]\s?[^\W\d_][\w.'’ -]{1,30}?)?"
_DATE = r"(?:[,،]?\s*\(?\s*(?:\d{1,2}(?:er|º|°|\.)?\s+(?:de\s+)?[^\W\d_]{3,12}\.?(?:\s+(?:de\s+)?\d{4})?|[^\W\d_]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2})\s*\)?)?"
_SOURCE = r"(?:\s*(?:\([^()]{2,30}\)|/[\w .-]{2,30}/))?"
_LINE = re.compile(rf"^(?:\*\*|__)?(?P<dateline>{_PLACE}{_DATE}{_SOURCE})(?:\*\*|__)?(?:(?:\s+(?:–|—|--|-)|\.(?:–|—|-))(?:\*\*|__)?\s+(?=\S)|(?<=\d{{4}})[—–]\s?(?=\S)|(?<=[A-Z]{{2}})\s?(?:--\s?\([^()]{{2,30}}\)\s?)?--\s?(?=\S))")
_MONTH_YEAR = re.compile(r"[^\W\d_]{3,12}\.? \d{4}")
_NO_PLACE = re.compile(r"(?:press|news|media|communiqu|comunicado|nota de|pressemitteilung|statement|embargo|what|when|where|contact)", re.IGNORECASE)
_SMALL = frozenset(["de", "del", "la", "las", "los", "el", "of", "the", "and", "et", "du", "des", "le", "les", "y", "e", "da", "do", "dos", "am", "an", "der", "sur", "en", "upon", "saint"])


def take(body: str) -> tuple[str, str]:
    """The dateline of a text and the text without it; ("", text) where there is none.

    A place is at most five words, each of them capitalised; a sentence that happens to contain a dash is left alone.
    """
    found = _LINE.match(body)
    if not found:
        return "", body
    if _MONTH_YEAR.fullmatch(body[found.end():].partition("\n")[0].strip()):      # the title of a series: "PRICES - MAY 2027"
        return "", body
    told = found["dateline"].strip(" ,،*_")
    place = re.split(r"[,،(\d]", told)[0].split()
    if not place or _NO_PLACE.match(told) or len(place) > 5 or not all(w[0].isupper() or w.lower() in _SMALL or not w[0].isascii() for w in place):
        return "", body
    if not (told.isupper() or "," in told or "(" in told or place[0].isupper() or len(place) <= 3):
        return "", body
    return re.sub(r"\s*/[^/]*/$", "", told), body[found.end():]
