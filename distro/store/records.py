"""Unpack the ledger's bytes as the scripts write them: outcomes, records, counters, batches."""

import bisect
import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from distro.model import BY_LETTER, LETTERS, DistributionId, Outcome, State
from distro.store import keys
from distro.store.client import Store
from distro.store.ledger_scripts import RECORD_SIZE, TRUSTED_TIER

OUTCOME = struct.Struct(">Ic4sBHB16s")
RECORD = struct.Struct(">4sIBBHB16s")
_FLAGS = 9  # where a record keeps its flags
_TIMES = struct.Struct(f">4xI{RECORD_SIZE - 8}x")
_BATCH = struct.Struct(">IIBB")  # first ordinal, last + 1, edition, group of receivers (0: none)
_THREAD = struct.Struct(">II")  # distribution, ordinal
_ORDER = tuple(LETTERS)
_LETTERS = {state: letter.encode() for state, letter in LETTERS.items()}
_BITS = [tuple(bit for bit in range(8) if byte & (128 >> bit)) for byte in range(256)]
RESENT = 1  # flag: in doubt, and sent once more
INSIDE = 1  # in the place of a reply code: the connection broke inside the body
LATE = 2  # flag: an earlier attempt proved accepted while a later one was under way


def pack_outcome(
    ordinal: int, state: State, token: str, attempt: int, outcome: Outcome, relay: int
) -> bytes:
    """Return one outcome as `step` takes it."""
    return OUTCOME.pack(
        ordinal,
        _LETTERS[state],
        bytes.fromhex(token),
        attempt,
        INSIDE if outcome.inside else outcome.code,
        relay,
        outcome.queue_id.encode("ascii", "replace"),
    )


@dataclass(frozen=True, slots=True)
class Record:
    """The ledger's memory of a recipient's last attempt."""

    token: str
    at: int  # unix seconds; 0: never tried
    attempts: int
    flags: int
    code: int
    relay: int  # index into the distribution's relays, from 1; 0: none
    queue_id: str


def unpack_record(raw: bytes) -> Record:
    """Return a record as the scripts wrote it; what is shorter was never tried."""
    token, at, attempts, flags, code, relay, queue_id = RECORD.unpack(raw.ljust(RECORD_SIZE, b"\0"))
    return Record(
        token.hex(),
        at,
        attempts,
        flags,
        code,
        relay,
        queue_id.rstrip(b"\0").decode("ascii", "replace"),
    )


def address_at(store: Store, distribution: str, ordinal: int) -> str:
    """Return the address, as the book has it now, of the recipient with this ordinal."""
    number = int.from_bytes(
        store.span(keys.audience(distribution), ordinal * 4, ordinal * 4 + 4), "big"
    )
    row = json.loads(store.raw(keys.subscriber(number)) or b"{}")
    return str(row.get("email", f"subscriber {number}"))


def is_protected(row: Mapping[str, Any]) -> bool:
    """Return whether a row says `protected`: its name and address are in no report and no log."""
    cell = row.get("protected") or [""]
    return str(cell[0]).lower() not in ("", "no", "0", "false")


def shown_address(row: Mapping[str, Any], number: int) -> str:
    """Return the address as a report may show it; of a protected reader only their number in the
    book.
    """
    return (
        f"protected reader {number}"
        if is_protected(row)
        else str(row.get("email", f"subscriber {number}"))
    )


def pack_threads(letters: Iterable[tuple[int, int]]) -> bytes:
    """Return what letters of a note answer, distribution and ordinal each, as it is kept."""
    return b"".join(_THREAD.pack(*letter) for letter in letters)


def unpack_thread(raw: bytes) -> tuple[int, int]:
    """Return distribution and ordinal of the letter that one of a note answers."""
    distribution, ordinal = _THREAD.unpack(raw)
    return distribution, ordinal


class BatchRow(NamedTuple):
    """One batch: who is in it, which edition they get and in which tier."""

    first: int  # ordinal
    past: int  # last ordinal + 1
    edition: int  # index into the distribution's languages
    trusted: bool = False  # they have it before the embargo is over


def pack_batch(row: BatchRow, group: int) -> bytes:
    """Return one batch as `frozen` takes it."""
    tier = TRUSTED_TIER if row.trusted else 0
    return _BATCH.pack(row.first, row.past, row.edition + tier, group)


def batches_of(store: Store, distribution: str) -> list[BatchRow]:
    """Return every batch, in the order of their numbers."""
    rows = _BATCH.iter_unpack(store.raw(keys.batches(distribution)))
    return [
        BatchRow(first, past, edition % TRUSTED_TIER, edition >= TRUSTED_TIER)
        for first, past, edition, _ in rows
    ]


def counters(store: Store, distribution: str) -> dict[State, int]:
    """Return the ten counters, as the scripts keep them."""
    return counters_of(store, [distribution])[0]


def counters_of(store: Store, distributions: Sequence[str]) -> list[dict[State, int]]:
    """Return the ten counters of each; all are 0 before the freeze."""
    gets = [word for n in range(len(_ORDER)) for word in ("GET", "i32", f"#{n}")]
    answers = store.pipeline([("BITFIELD_RO", keys.counters(d), *gets) for d in distributions])
    return [dict(zip(_ORDER, map(int, answer), strict=True)) for answer in answers]


def histogram(states: bytes) -> dict[State, int]:
    """Return the ten counts, counted again from the bytes."""
    return {state: states.count(letter) for state, letter in _LETTERS.items()}


def edition_counts(
    states: bytes, batches: Sequence[BatchRow], order: Sequence[str]
) -> dict[str, dict[State, int]]:
    """Return the ten counts of each edition."""
    return {
        language: histogram(of_rows(states, [row for row in batches if row.edition == n]))
        for n, language in enumerate(order)
    }


def tier_counts(states: bytes, batches: Sequence[BatchRow]) -> dict[bool, dict[State, int]]:
    """Return the ten counts of the trusted (True), and of everyone else."""
    return {
        tier: histogram(of_rows(states, [row for row in batches if row.trusted is tier]))
        for tier in (True, False)
    }


def of_rows(states: bytes, rows: Sequence[BatchRow]) -> bytes:
    """Return the bytes of everybody in these batches, in their order."""
    return b"".join(states[row.first : row.past] for row in rows)


def edition_at(batches: Sequence[BatchRow], ordinal: int) -> int:
    """Return the index of the edition that a recipient gets."""
    at = bisect.bisect_right(batches, ordinal, key=lambda row: row.first) - 1
    return batches[at].edition


def ordinals_in(states: bytes, state: State) -> Iterator[int]:
    """Yield the ordinals that are in a state."""
    letter = _LETTERS[state]
    at = states.find(letter)
    while at >= 0:
        yield at
        at = states.find(letter, at + 1)


def ids_of(bitmap: bytes) -> list[int]:
    """Return the ids whose bit is set, ascending; the first byte's highest bit is id 0."""
    ids: list[int] = []
    for n, byte in enumerate(bitmap):
        if byte:
            base = n * 8
            ids += [base + bit for bit in _BITS[byte]]
    return ids


def bitmap_of(ids: Iterable[int]) -> bytes:
    """Return ids as a bitmap, as `ids_of` reads it."""
    people = list(ids)
    bits = bytearray(max(people, default=0) // 8 + 1)
    for number in people:
        bits[number >> 3] |= 128 >> (number & 7)
    return bytes(bits)


def pack_ids(ids: Sequence[int]) -> bytes:
    """Return ids as `ids:` keys hold them: four bytes each."""
    return struct.pack(f">{len(ids)}I", *ids)


def unpack_ids(raw: bytes) -> list[int]:
    """Return the ids of an `ids:` key, or of an audience."""
    return list(struct.unpack(f">{len(raw) // 4}I", raw))


def ordinal_in(store: Store, distribution: str, subscriber: int) -> int:
    """Return the ordinal of a subscriber in a frozen audience; -1 where they are not in it."""
    audience, wanted = store.raw(keys.audience(distribution)), pack_ids([subscriber])
    at = audience.find(wanted)
    while at >= 0 and at % 4:
        at = audience.find(wanted, at + 1)
    return at // 4 if at >= 0 else -1


def audience_size(store: Store, distribution: str) -> int:
    """Return how many people are written down."""
    return int(store.command("STRLEN", keys.audience(distribution))) // 4


def audience_of(store: Store, distribution: str, first: int = 0, past: int = 0) -> list[int]:
    """Return the subscriber ids by ordinal, from `first` up to, without, `past` (0: to the end)."""
    if not past:
        return unpack_ids(store.raw(keys.audience(distribution)))
    return unpack_ids(store.span(keys.audience(distribution), first * 4, past * 4))


def audience_ids_at(store: Store, distribution: str, ordinals: Sequence[int]) -> list[int]:
    """Return the subscriber ids at these ordinals."""
    key = keys.audience(distribution)
    raws = store.pipeline([("GETRANGE", key, o * 4, o * 4 + 3) for o in ordinals])
    return [int.from_bytes(raw, "big") for raw in raws]


def subscriber_at(store: Store, distribution: str, ordinal: int) -> int:
    """Return the subscriber id at an ordinal; 0 where there is no such recipient."""
    raw = store.span(keys.audience(distribution), ordinal * 4, ordinal * 4 + 4)
    return int.from_bytes(raw, "big") if len(raw) == 4 else 0


def states_of(store: Store, distribution: str, first: int = 0, past: int = 0) -> bytes:
    """Return the state bytes by ordinal, from `first` up to, without, `past` (0: to the end)."""
    if not past:
        return store.raw(keys.states(distribution))
    return store.span(keys.states(distribution), first, past)


def state_at(store: Store, distribution: str, ordinal: int) -> State:
    """Return the state of one recipient."""
    return BY_LETTER[chr(states_of(store, distribution, ordinal, ordinal + 1)[0])]


def record_at(store: Store, distribution: str, ordinal: int) -> Record:
    """Return the record of one recipient's last attempt."""
    return unpack_record(raw_records(store, distribution, ordinal, ordinal + 1))


def raw_records(store: Store, distribution: str, first: int = 0, past: int = 0) -> bytes:
    """Return records as they are kept, RECORD_SIZE bytes each (`past` 0: to the end)."""
    key = keys.records(distribution)
    return store.span(key, first * RECORD_SIZE, past * RECORD_SIZE) if past else store.raw(key)


def records_of(store: Store, distribution: str, first: int = 0, past: int = 0) -> Iterator[Record]:
    """Yield the records of recipients from `first` up to, without, `past`."""
    raw = raw_records(store, distribution, first, past)
    for at in range(0, (past - first) * RECORD_SIZE, RECORD_SIZE):
        yield unpack_record(raw[at : at + RECORD_SIZE])


def attempt_times(raw: bytes) -> Iterator[int]:
    """Yield when each of these records was tried last, unix seconds; 0 for never."""
    return (at for (at,) in _TIMES.iter_unpack(raw))


def flags_of(store: Store, distribution: str, people: int) -> bytes:
    """Return the flags of the first so many records, one byte each."""
    raw = store.raw(keys.records(distribution))
    return raw[_FLAGS : people * RECORD_SIZE : RECORD_SIZE]


def replies_of(store: Store, distribution: str) -> dict[int, str]:
    """Return ordinal -> the last words about who was not accepted."""
    return {int(o): text for o, text in store.hash(keys.replies(distribution)).items()}


def replies_at(store: Store, distribution: str, ordinals: Sequence[int]) -> list[str]:
    """Return the last words about each of these recipients; "" where there are none."""
    if not ordinals:
        return []
    found = store.command("HMGET", keys.replies(distribution), *ordinals)
    return [text.decode("utf-8", "replace") if text else "" for text in found]


def with_replies(store: Store, numbers: Sequence[DistributionId]) -> list[DistributionId]:
    """Return those distributions that keep words about somebody."""
    there = store.pipeline([("EXISTS", keys.replies(d)) for d in numbers])
    return [d for d, found in zip(numbers, there, strict=True) if found]


def forget_reply(store: Store, distribution: str, ordinal: int) -> None:
    """Drop the words about one recipient."""
    store.command("HDEL", keys.replies(distribution), ordinal)


def forget_replies(store: Store, numbers: Sequence[str]) -> int:
    """Drop the words about everybody in these distributions; return of how many there were any."""
    gone = [keys.replies(d) for d in numbers]
    return int(store.command("UNLINK", *gone)) if gone else 0


def left_out_for(store: Store, distribution: str, reasons: Sequence[str], subscriber: int) -> str:
    """Return the first reason for which somebody who matched was left out; "" for none."""
    for reason in reasons:
        if store.command("GETBIT", keys.left_out(distribution, reason), subscriber):
            return reason
    return ""
