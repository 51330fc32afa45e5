"""Give each reader of a frozen audience an ordinal, and divide them into batches. A pure function
of what was reserved.

Editions follow one another; within each those who share a receiver's limit stand apart, so that a
slowed receiver never blocks the others. The order is shuffled by the distribution's id, so that no
outlet is always first and a crashed freeze goes on exactly where it stopped.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from distro.store.records import ids_of, pack_batch


@dataclass(frozen=True, slots=True)
class Span:
    """Readers who follow one another: one edition, one group of receivers."""

    edition: int
    group: int  # index into the groups, from 1; 0: all others
    count: int


def ordered(
    distribution: str,
    reserved: Mapping[str, bytes],
    order: Sequence[str],
    groups: Sequence[bytes] = (),
) -> tuple[list[int], list[Span]]:
    """Return the ids by ordinal, and the spans that they form. `groups` are bitmaps of readers who
    share a receiver's limit.
    """
    everyone: list[int] = []
    spans = []
    for edition, language in enumerate(order):
        rest = int.from_bytes(reserved.get(language, b""), "little")
        apart = []
        for number, bitmap in enumerate(groups, 1):
            mine = rest & int.from_bytes(bitmap, "little")
            rest ^= mine
            apart.append((number, mine))
        for number, bits in ((0, rest), *apart):
            ids = ids_of(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
            random.Random(
                f"{distribution}:{language}:{number}" if number else f"{distribution}:{language}"
            ).shuffle(ids)
            everyone += ids
            if ids:
                spans.append(Span(edition, number, len(ids)))
    return everyone, spans


def batches(spans: Sequence[Span], size: int) -> bytes:
    """Return the batches, packed as the ledger keeps them; none holds two editions or two
    groups.
    """
    packed: list[bytes] = []
    first = 0
    for span in spans:
        packed += [
            pack_batch(start, min(start + size, first + span.count), span.edition, span.group)
            for start in range(first, first + span.count, size)
        ]
        first += span.count
    return b"".join(packed)
