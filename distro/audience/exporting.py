"""Export the whole book as a spreadsheet that runs nothing and that an import takes back."""

import itertools
import json
from collections.abc import Callable, Iterator

from distro.audience.book import values_of
from distro.lib import csv_safe
from distro.store import Store, subscriber_rows

_FIRST = (
    "email",
    "name",
    "kind",
    "outlet",
    "language",
    "country",
    "time_zone",
    "lists",
    "beats",
    "tags",
    "phone",
    "joined",
)
_DERIVED = ("domain", "provider", "email", "name", "phone")


def csv_lines(store: Store, chosen: Callable[[int], bool] = lambda _: True) -> Iterator[str]:
    """Yield the names of the columns, then everybody in sight, or those chosen by id, as CSV."""
    kept = [c for c in subscriber_rows.column_kinds(store) if c not in _DERIVED]
    columns = [
        "email",
        "name",
        *(c for c in _FIRST if c in kept),
        "phone",
        *sorted(c for c in kept if c not in _FIRST),
    ]
    columns = list(dict.fromkeys(columns))
    return csv_safe.csv_lines(itertools.chain([columns], _rows(store, columns, chosen)))


def _rows(store: Store, columns: list[str], chosen: Callable[[int], bool]) -> Iterator[list[str]]:
    for number, raw in subscriber_rows.all_rows(store):
        if not chosen(number):
            continue
        row = json.loads(raw)
        if store.scope.has_person(row):
            yield [";".join(values_of(row, column)) for column in columns]
