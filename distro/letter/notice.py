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
    said = _about(edition, labels)
    if not (advance and edition.embargo):
        return said
    embargo = _of_embargo(edition, labels)
    if said is None:
        return embargo
    return Notice(
        f"{said.head} – {embargo.head}",
        (*said.paragraphs, *embargo.paragraphs),
        said.pairs,
        embargo.again,
    )


def _of_embargo(edition: Edition, labels: Labels) -> Notice:
    """Return until when a text may not be used."""
    when = datetime.fromisoformat(edition.embargo)
    return Notice(
        _at(labels.embargo_head, edition.embargo, edition.language),
        ("\u00a0\u00a0 ".join(_clocks(when, edition.language)), labels.embargo_ask),
        again=labels.embargo_again.format(
            when=f"{full_time(when, edition.language)} ({_offset(when)})"
        ),
    )


def _about(edition: Edition, labels: Labels) -> Notice | None:
    """Return what a note says about a text that its readers have."""
    known = {
        "correction": (labels.correction_head, labels.correction_ask),
        "hold": (labels.hold_head, labels.hold_ask),
        "clear": (labels.clear_head, labels.clear_ask),
        "kill": (labels.kill_head, labels.kill_ask),
        "lift": (labels.lifted_head, labels.lifted_ask),
    }
    if edition.kind == "lift" and edition.embargo:
        known["lift"] = (labels.moved_head, labels.moved_ask)
    if edition.kind == "update" and edition.note:
        known["update"] = (labels.update, labels.update_ask)
    if edition.kind not in known:
        return None
    head, ask = known[edition.kind]
    pairs = (
        ((labels.it_said, edition.it_said), (labels.it_should_say, edition.it_should_say))
        if edition.kind == "correction"
        else ()
    )
    paragraphs = (
        edition.note,
        ask,
        _at(labels.next_word, edition.next_word, edition.language),
        _at(labels.refers_to, edition.refers_to, edition.language),
    )
    return Notice(
        _at(head, edition.embargo, edition.language) if "{when}" in head else head,
        tuple(filter(None, paragraphs)),
        tuple(pair for pair in pairs if pair[1]),
    )


def _at(text: str, moment: str, language: str) -> str:
    """Return a sentence with a moment (RFC 3339) in it; "" where there is none."""
    if not moment:
        return ""
    when = datetime.fromisoformat(moment)
    return text.format(when=full_time(when, language), place=_offset(when))


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
