"""Write one line a recipient, as CSV that opens safely in a spreadsheet."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from distro.lib import csv_safe
from distro.model import BY_LETTER, DistributionId, State
from distro.store import Store, distributions, keys, records, subscriber_rows
from distro.store.records import batches_of, is_protected, shown_address
from distro.times import rfc3339

COLUMNS = (
    "address",
    "name",
    "language",
    "edition",
    "state",
    "reason",
    "attempts",
    "at",
    "code",
    "reply",
    "relay",
    "queue_id",
    "message_id",
)
_PIECE = 1000


def rows(
    store: Store,
    distribution: DistributionId,
    zone: str,
    message_id: Callable[[int], str],
    spans: Iterable[range] | None = None,
) -> Iterator[dict[str, str]]:
    """Yield every recipient of a distribution in ordinal order.

    `spans`: only these ordinals, ascending, at most so many at a time as are in one span.
    """
    found = distributions.read(store, distribution)
    relays = store.elements(keys.relays(distribution))
    editions = [(row.past, found.languages[row.edition]) for row in batches_of(store, distribution)]
    size = found.audience if found.frozen else 0
    at_edition = 0
    pieces = (range(first, min(first + _PIECE, size)) for first in range(0, size, _PIECE))
    for piece in pieces if spans is None else spans:
        first, past = piece.start, piece.stop
        states = records.states_of(store, distribution, first, past)
        numbers = records.audience_of(store, distribution, first, past)
        attempts = records.records_of(store, distribution, first, past)
        people = subscriber_rows.rows(store, numbers)
        replies = records.replies_at(store, distribution, range(first, past))
        for n, (raw, record, said) in enumerate(zip(people, attempts, replies, strict=True)):
            while editions[at_edition][0] <= first + n:
                at_edition += 1
            row = json.loads(raw or b"{}")
            state = BY_LETTER[chr(states[n])]
            yield {
                "address": shown_address(row, numbers[n]),
                "name": "" if is_protected(row) else _first(row, "name"),
                "language": _first(row, "language"),
                "edition": editions[at_edition][1],
                "state": state.value,
                "reason": (
                    said if state in (State.SUPPRESSED, State.CANCELLED, State.IN_DOUBT) else ""
                ),
                "attempts": str(record.attempts),
                "at": rfc3339(record.at * 1000, zone),
                "code": str(record.code or ""),
                "reply": said if state not in (State.SUPPRESSED, State.CANCELLED) else "",
                "relay": relays[record.relay - 1] if 0 < record.relay <= len(relays) else "",
                "queue_id": record.queue_id,
                "message_id": message_id(first + n) if record.attempts else "",
            }


def _first(row: dict[str, Any], column: str) -> str:
    values = row.get(column) or [""]
    return str(values[0])


def csv_lines(lines: Iterable[dict[str, str]], columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """Yield the names of the columns and each line as CSV text that opens safely."""
    rows = ([line.get(column, "") for column in columns] for line in lines)
    return csv_safe.csv_lines(itertools.chain([columns], rows))
