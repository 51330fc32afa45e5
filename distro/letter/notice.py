"""Write the notice above a letter's text: a correction, a hold, a kill, an embargo."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from distro.letter.labels import Labels, clock, full_time
from distro.model import Edition

# For readers elsewhere than the embargo's own zone.
_CLOCKS = (
    "Etc/UTC",
    "America/New_York",
    "Africa/Nairobi",
    "Asia/Bangkok",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A heading, what is so and what we ask, old and new words told apart by their labels; `again`
    stands after the text.
    """

    head: str
    paragraphs: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()  # label, words
    again: str = ""


def notice_of(edition: Edition, labels: Labels, *, advance: bool = False) -> Notice | None:
    """Return the notice of a letter; None: it has none. `advance`: its readers have it before the
    embargo is over.
    """
    if advance and edition.embargo:
        when = datetime.fromisoformat(edition.embargo)
        time = full_time(when, edition.language)
        return Notice(
            labels.embargo_head.format(when=time, place=_offset(when)),
            ("\u00a0\u00a0 ".join(_clocks(when, edition.language)), labels.embargo_ask),
            again=labels.embargo_again.format(when=f"{time} ({_offset(when)})"),
        )
    known = {
        "correction": (labels.correction_head, labels.correction_ask),
        "hold": (labels.hold_head, labels.hold_ask),
        "kill": (labels.kill_head, labels.kill_ask),
    }
    if edition.kind not in known:
        return None
    head, ask = known[edition.kind]
    pairs = (
        ((labels.it_said, edition.it_said), (labels.it_should_say, edition.it_should_say))
        if edition.kind == "correction"
        else ()
    )
    return Notice(
        head,
        (edition.note, ask) if edition.note else (ask,),
        tuple(pair for pair in pairs if pair[1]),
    )


def _offset(when: datetime) -> str:
    """Return an offset as people write it: UTC, UTC+1, UTC+5:30."""
    minutes = int((when.utcoffset() or timedelta()).total_seconds() // 60)
    sign, minutes = "−" if minutes < 0 else "+", abs(minutes)
    return (
        "UTC"
        if minutes == 0
        else f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")
    )


def _clocks(when: datetime, language: str) -> Iterator[str]:
    """Yield the same moment on other clocks, those that show another hour."""
    shown = {when.strftime("%H:%M %d")}
    for name in _CLOCKS:
        there = when.astimezone(ZoneInfo(name))
        if there.strftime("%H:%M %d") not in shown:
            shown.add(there.strftime("%H:%M %d"))
            yield clock(there, name, language)
