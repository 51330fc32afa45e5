"""Read the time of an "Embargoed until …" line, as press offices write it in six languages.

Understood are RFC 3339, and a date with a clock time in words: "8:30 a.m. (ET), Friday, June 4,
2027", "jusqu'au 20 mai 2027 à 6h00", "Sperrfrist: 1. Februar 2027, 10 Uhr". Without a zone the
installation's is meant. What is not understood is an error, never silence.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from distro.submit.dates import day_in
from distro.times import names_zone, parse_time

LINE = re.compile(
    r"^\W*(?:(?:strictly|under|strict|sotto|onder|unter|под|noticia|news|nota|information|texte?|"
    r"not[íi]cia|comunicado|release|communiqu[ée])\s+)?(?:embargo(?:ed|s)?(?!\w)|sous embargo|"
    r"bajo embargo|sob embargo|эмбарго|embargad[oa]|embargoed|sperrfrist|sperrvermerk|"
    r"embargo[’']?lu\w*|ambargo\w*|эмбарго|не (?:публиковать|для публикации) (?:до|ранее)|"
    r"публикация (?:разрешена|не ранее)|(?:not|hold) for (?:release|"
    r"publication)(?: or broadcast)? (?:until|before)|(?:niet (?:publiceren|"
    r"voor publicatie) (?:voor|vóór))|nicht vor dem|محظور(?:ة)? (?:من )?النشر|حظر النشر|"
    r"يحظر النشر|禁(?:止)?发(?:布)?(?:期|至|时间|令)?|(?:新闻)?禁运|解禁(?:日時|時間|时间)?|"
    r"報道解禁|情報解禁|请于?.{2,30}(?:之?后)(?:发布|刊发)|在?.{4,30}前(?:请勿|不得|禁止)(?:发布|"
    r"刊发|报道))",
    re.IGNORECASE,
)
# Anywhere in a line around the text.
SENTENCE = re.compile(
    r"\b(?:embargoed|embargad[oa]|under (?:strict )?embargo|sous embargo|bajo embargo|sob embargo|"
    r"sotto embargo|onder embargo|unter embargo)\s+(?:until|till|jusqu\S*|hasta|até|fino|tot|"
    r"bis)\b|\b(?:not (?:for release|to be (?:published|released|used|"
    r"broadcast)))\b.{0,60}\b(?:before|until)\b|\bsperrfrist\b|\bpod embargo\b|"
    r"находится под эмбарго|ambargoludur|محظورة? النشر حتى|まで(?:報道|公開|掲載)を?(?:お控え|"
    r"控え|禁)|解禁",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}\S*(?: [A-Z][\w/+-]+)?")
_ISO_ZONE = re.compile(r"\d(?:Z|[+-]\d{2}:?\d{2})\b")
_ZONES = {
    "ET": "America/New_York",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CT": "America/Chicago",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "EASTERN": "America/New_York",
    "PACIFIC": "America/Los_Angeles",
    "GMT": "UTC",
    "UTC": "UTC",
    "BST": "Europe/London",
    "UK": "Europe/London",
    "LONDON": "Europe/London",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "MEZ": "Europe/Berlin",
    "MESZ": "Europe/Berlin",
    "GENEVA": "Europe/Zurich",
    "PARIS": "Europe/Paris",
    "BERLIN": "Europe/Berlin",
    "MADRID": "Europe/Madrid",
    "EAT": "Africa/Nairobi",
    "NAIROBI": "Africa/Nairobi",
    "WAT": "Africa/Lagos",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "MEXICO CITY": "America/Mexico_City",
    "ROMA": "Europe/Rome",
    "ROME": "Europe/Rome",
    "LISBOA": "Europe/Lisbon",
    "BRASÍLIA": "America/Sao_Paulo",
    "BOGOTÁ": "America/Bogota",
    "LIMA": "America/Lima",
    "МСК": "Europe/Moscow",
    "МОСКОВСК": "Europe/Moscow",
    "TSİ": "Europe/Istanbul",
    "TSI": "Europe/Istanbul",
    "TRT": "Europe/Istanbul",
    "北京": "Asia/Shanghai",
    "日本時間": "Asia/Tokyo",
    "القاهرة": "Africa/Cairo",
    "غرينتش": "UTC",
    "BRUXELLES": "Europe/Brussels",
    "BRUSSELS": "Europe/Brussels",
    "GENÈVE": "Europe/Zurich",
    "GINEBRA": "Europe/Zurich",
    "GENF": "Europe/Zurich",
    "VIENNA": "Europe/Vienna",
    "WIEN": "Europe/Vienna",
    "NEW YORK": "America/New_York",
}
_CLOCK = re.compile(
    r"(?<![\d.])(?P<before>上午|下午|晚上|午前|午後)?\s?(?P<hour>\d{1,2})(?:(?:[:.h：]|"
    r"\s?[时時点點]\s?)(?P<minute>\d{2})(?:\s?分)?)?\s*(?P<after>a\.?\s?m\b\.?|p\.?\s?m\b\.?|uhr|"
    r"uur|horas?|heures?|hrs?|hours|h\b|[时時点點]|صباح\w*|مساء\w*|часов|утра|вечера)?",
    re.IGNORECASE,
)
_AFTERNOON = frozenset(["pm", "下午", "晚上", "午後", "вечера"])
_NIGHT = re.compile(
    r"\b(?:midnight|medianoche|minuit|mitternacht|mezzanotte|meia-noite|middernacht|gece yarısı|"
    r"полноч\w*|منتصف الليل)\b",
    re.IGNORECASE,
)
_NOON = re.compile(
    r"\b(?:noon|midday|mediod[íi]a|midi|mezzogiorno|meio-dia|полдень)\b|正午", re.IGNORECASE
)


# Of arms, of trade.
_NO_TEXT = re.compile(
    r"embargos?\s+(?:on|sur|against|gegen|contra|sobre|op|tegen|su|sulle|al|aux?|à|de|d’|d'|на|"
    r"против)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d|:|：|until|till|jusqu|hasta|bis\b|até|fino|tot\b|до\b|حتى|まで|前", re.IGNORECASE
)


_TWELVE = re.compile(r"\b12[:.]?(?:0\d)?\s?a\.?\s?m\b", re.IGNORECASE)


def doubts(text: str, when: datetime, zone: str) -> Iterator[str]:
    """Yield what somebody should look at in an embargo that is understood.

    `text` is the time as it was written, `zone` the one that is meant where it names none.
    """
    if not (names_zone(text) or _zone(text) or _ISO_ZONE.search(text)):
        yield f"the embargo names no time zone: {zone} is meant, {when.isoformat()}"
    if when.hour == 0 and (when.minute == 0 or _TWELVE.search(text)):
        before = when - timedelta(days=1)
        yield (
            f"the embargo ends in the night from {before.day} {before:%B} to {when.day} {when:%B}:"
            " if the end of a day is meant, write 23:59"
        )
    if when < datetime.now(when.tzinfo):
        yield "this embargo is already over"


def contradicted(line: str, embargo: str, zone: str) -> str:
    """Return another time than `embargo` (RFC 3339) that a line names; "" where it names none."""
    if not speaks(line):
        return ""
    try:
        said = read_time(line, zone)
    except ValueError:
        return ""
    same = datetime.fromisoformat(said) == datetime.fromisoformat(embargo)
    return "" if same else said


def speaks(text: str) -> bool:
    """Return whether a line around a text sets an embargo on it."""
    if SENTENCE.search(text):
        return True
    return (
        bool(LINE.match(text))
        and not _NO_TEXT.search(text)
        and (len(text) < 25 or bool(_TIME.search(text)))
    )


def read_time(text: str, zone: str) -> str:
    """Return the time that an embargo line names, RFC 3339 with its own zone's offset; raise
    ValueError with a sentence.
    """
    exact = _ISO.search(text)
    if exact:
        return parse_time(exact[0].strip(" .)"), zone).isoformat()
    day, rest = day_in(text)
    clock = _clock(rest)
    return parse_time(f"{day} {clock} {_zone(rest) or zone}").isoformat()


def _clock(text: str) -> str:
    """Return the time of day as HH:MM."""
    if _NIGHT.search(text):
        return "00:00"
    if _NOON.search(text):
        return "12:00"
    for found in _CLOCK.finditer(text):
        hour, minute = int(found["hour"]), int(found["minute"] or 0)
        half = re.sub(r"[.\s]", "", found["before"] or found["after"] or "").lower()
        if not (found["minute"] or half) or hour > 24 or minute > 59:
            continue
        if (half in _AFTERNOON or half.startswith("مساء")) and hour < 12:
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
    return next(
        (
            name
            for word, name in sorted(_ZONES.items(), key=lambda item: -len(item[0]))
            if re.search(rf"(?<![A-Z]){re.escape(word)}(?![A-Z])", upper)
        ),
        "",
    )
