"""The frozen audience: who stands at which ordinal, and the batches. A pure function of what was reserved.

Editions follow one another; within each the order is shuffled by the distribution's id, so that no outlet is always
first and a crashed freeze goes on exactly where it stopped.
"""

import random
import struct
from collections.abc import Mapping, Sequence

from distro.store.records import ids_of

BATCH = struct.Struct(">IIB")   # first ordinal, last + 1, edition


def ordered(distribution: str, reserved: Mapping[str, bytes], order: Sequence[str]) -> tuple[list[int], list[int]]:
    """The ids by ordinal, and for each edition in `order` how many readers it has."""
    everyone: list[int] = []
    sizes = []
    for language in order:
        ids = ids_of(reserved.get(language, b""))
        random.Random(f"{distribution}:{language}").shuffle(ids)
        everyone += ids
        sizes.append(len(ids))
    return everyone, sizes


def batches(sizes: Sequence[int], size: int) -> bytes:
    """The batches, packed as the ledger keeps them; none holds two editions."""
    packed: list[bytes] = []
    first = 0
    for edition, count in enumerate(sizes):
        packed += [BATCH.pack(start, min(start + size, first + count), edition) for start in range(first, first + count, size)]
        first += count
    return b"".join(packed)
