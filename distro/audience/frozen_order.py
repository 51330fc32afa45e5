"""Give each reader of a frozen audience an ordinal, and divide them into batches. A pure function
of what was reserved.

Editions follow one another; within each those who share a receiver's limit stand apart, so that a
slowed receiver never blocks the others. The order is shuffled by the distribution's id, so that no
outlet is always first and a crashed freeze goes on exactly where it stopped.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from distro.store.records import BatchRow, ids_of, pack_batch


@dataclass(frozen=True, slots=True)
class Span:
    """Readers who follow one another: one tier, one edition, one group of receivers."""

    edition: int
    group: int  # index into the groups, from 1; 0: all others
    count: int
    trusted: bool = False  # they have it before the embargo is over


def ordered(
    distribution: str,
    reserved: Mapping[str, bytes],
    order: Sequence[str],
    groups: Sequence[bytes] = (),
    trusted: bytes = b"",
) -> tuple[list[int], list[Span]]:
    """Return the ids by ordinal, and the spans that they form.

    `groups` are bitmaps of readers who share a receiver's limit, `trusted` one of those who have it
    before the embargo is over: they come first.
    """
    early = int.from_bytes(trusted, "little")
    everyone: list[int] = []
    spans = []
    for tier in (True, False) if early else (False,):
        for edition, language in enumerate(order):
            bits = int.from_bytes(reserved.get(language, b""), "little")
            mine = bits & early if tier else bits & ~early
            for number, ids in _by_group(mine, groups):
                name = f"{distribution}:{language}" + (f":{number}" if number else "")
                random.Random(f"{name}:trusted" if tier else name).shuffle(ids)
                everyone += ids
                if ids:
                    spans.append(Span(edition, number, len(ids), tier))
    return everyone, spans


def _by_group(rest: int, groups: Sequence[bytes]) -> list[tuple[int, list[int]]]:
    """Return the ids of a bitmap: those of no group (0) first, then each group's."""
    apart = []
    for number, bitmap in enumerate(groups, 1):
        mine = rest & int.from_bytes(bitmap, "little")
        rest ^= mine
        apart.append((number, mine))
    return [
        (number, ids_of(bits.to_bytes((bits.bit_length() + 7) // 8, "little")))
        for number, bits in ((0, rest), *apart)
    ]


def batches(spans: Sequence[Span], size: int) -> bytes:
    """Return the batches, packed as the ledger keeps them; none holds two tiers, editions or
    groups.
    """
    packed: list[bytes] = []
    first = 0
    for span in spans:
        packed += [
            pack_batch(
                BatchRow(start, min(start + size, first + span.count), span.edition, span.trusted),
                span.group,
            )
            for start in range(first, first + span.count, size)
        ]
        first += span.count
    return b"".join(packed)
