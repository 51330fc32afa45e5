"""Parse times as people write them, and format them as JSON carries them (RFC 3339 with offset and
fraction).
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LOCAL = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[ T](?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2}|[A-Za-z]+(?:/[A-Za-z_+-]+)*[A-Za-z0-9]*)?$"
)


def zone(name: str) -> ZoneInfo:
    """Return the named time zone; raise ValueError with a sentence when there is none of that
    name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'there is no time zone "{name}"; write one like Europe/Zurich') from None


def parse_time(text: str, default_zone: str = "UTC") -> datetime:
    """Read RFC 3339, or a local time with or without a zone name, else in `default_zone`; aware,
    the zone kept.

    Raises ValueError with a sentence that says what to write. A local time that a clock change
    skips, or repeats, is refused: with its offset it is one moment.
    """
    found = _LOCAL.match(text.strip())
    if not found:
        raise ValueError(
            f'"{text}" is not a time; write 2026-12-01T10:00+01:00 or "2026-12-01 10:00'
            ' Europe/Zurich"'
        )
    clock = found["clock"].zfill(5) if found["clock"].count(":") == 1 else found["clock"]
    try:
        naive = datetime.fromisoformat(f"{found['day']}T{clock}")
    except ValueError as error:
        raise ValueError(f'"{text}" is not a time: {error}') from None
    if not 1900 < naive.year < 9000:  # beyond it, another time zone would be no year
        raise ValueError(f'"{text}": the year {naive.year:04} is too far away')
    offset = found["zone"] or ""
    if offset == "Z" or offset[:1] in ("+", "-"):
        return datetime.fromisoformat(f"{naive.isoformat()}{'+00:00' if offset == 'Z' else offset}")
    local = naive.replace(tzinfo=zone(offset or default_zone))
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != naive:
        raise ValueError(f'"{text}" does not exist: the clocks go forward over it')
    later = local.replace(fold=1)
    if later.utcoffset() != local.utcoffset():
        raise ValueError(
            f'"{text}" comes twice, as the clocks go back: write {local.isoformat()} or'
            f" {later.isoformat()}"
        )
    return local


def names_zone(text: str) -> bool:
    """Return whether a time as people write it says in which zone it is."""
    found = _LOCAL.match(text.strip())
    return bool(found and found["zone"])


def from_ms(ms: int, zone_name: str = "UTC") -> datetime:
    """Return unix milliseconds as an aware time in the named zone."""
    return datetime.fromtimestamp(ms / 1000, zone(zone_name))


def to_ms(when: datetime) -> int:
    """Return an aware time as unix milliseconds."""
    return round(when.timestamp() * 1000)


def rfc3339(ms: int, zone_name: str = "UTC") -> str:
    """Return unix milliseconds as RFC 3339 with offset and milliseconds; "" for 0, which means "not
    yet".
    """
    return from_ms(ms, zone_name).isoformat(timespec="milliseconds") if ms else ""


def moved_to(written: str, ms: int, zone_name: str) -> str:
    """Return another moment (unix ms; 0: the same) with the offset of a written time (RFC 3339), or
    of the named zone where nothing was written.
    """
    if not ms:
        return written
    there = datetime.fromisoformat(written).tzinfo if written else zone(zone_name)
    return datetime.fromtimestamp(ms / 1000, there).isoformat()


_LONGEST = 3653 * 86_400  # seconds: ten years
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> float:
    """Return seconds of a duration such as 60s, 2h, 2d, 500ms; raise ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", text.strip())
    if not found:
        raise ValueError(f'"{text}" is not a duration; write 60s, 5m, 2h or 2d')
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST:
        raise ValueError(f'"{text}" is longer than ten years')
    return seconds


def duration_ms(text: str) -> int:
    """Return a duration such as 60s in whole milliseconds, as the scripts count."""
    return int(parse_duration(text) * 1000)
