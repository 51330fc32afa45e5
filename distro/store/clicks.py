"""Count who followed which link: a bitmap of recipients a link and verdict, so that nobody counts
twice; what was followed in a letter within the last minute is kept no longer.
"""

import json
from dataclasses import dataclass
from typing import Any

from distro.store import keys
from distro.store.client import Store

_MINUTE = 60  # seconds
_MOST = 50  # clicks of a letter that are remembered for a minute
_VERDICTS = ("human", "machine", "unknown")


def recent(store: Store, distribution: str, ordinal: int, click: dict[str, Any]) -> list[Any]:
    """Return what was followed in a letter within a minute, and keep this click for as long."""
    key = keys.followed(distribution, ordinal)
    before, *_ = store.pipeline(
        [
            ("LRANGE", key, 0, -1),
            ("RPUSH", key, json.dumps(click)),
            ("LTRIM", key, -_MOST, -1),
            ("EXPIRE", key, _MINUTE),
        ]
    )
    return [json.loads(raw) for raw in before]


@dataclass(frozen=True, slots=True)
class Place:
    """One link in one recipient's letter."""

    distribution: str
    ordinal: int
    language: str  # of the edition
    link: int


def note(store: Store, place: Place, who: str, reason: str) -> None:
    """Note who followed a link; the same recipient counts once."""
    of_link = (place.distribution, place.language, place.link)
    commands: list[tuple[bytes | str | float, ...]] = [
        ("SETBIT", keys.clicked(*of_link, who), place.ordinal, 1),
        (
            "HINCRBY",
            keys.click_reasons(place.distribution),
            f"{place.language}:{place.link}:{who}:{reason}",
            1,
        ),
    ]
    store.pipeline(commands)


def correct(store: Store, place: Place, reason: str) -> None:
    """Note that what was followed before was a program's."""
    of_link = (place.distribution, place.language, place.link)
    for who in ("human", "unknown"):
        store.command("SETBIT", keys.clicked(*of_link, who), place.ordinal, 0)
    note(store, place, "machine", reason)


def counts(store: Store, distribution: str, language: str, links: int) -> list[dict[str, int]]:
    """Return how many recipients followed each link of an edition: human, machine, unknown.

    Who was a person once is human, whatever a program did with the same link.
    """
    found = []
    for link in range(links):
        names = [keys.clicked(distribution, language, link, who) for who in _VERDICTS]
        raws = [store.raw(name) for name in names]
        longest = max(map(len, raws))
        human, machine, unknown = (int.from_bytes(raw.ljust(longest, b"\0")) for raw in raws)
        unknown &= ~human
        machine &= ~(human | unknown)
        bits = (human, machine, unknown)
        found.append({w: n.bit_count() for w, n in zip(_VERDICTS, bits, strict=True)})
    return found


def reasons(store: Store, distribution: str) -> dict[str, int]:
    """Return "link:who:reason" -> how many clicks."""
    return {what: int(n) for what, n in store.hash(keys.click_reasons(distribution)).items()}
