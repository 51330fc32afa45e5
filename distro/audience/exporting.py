"""Export the whole book as a spreadsheet that runs nothing and that an import takes back."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from distro.audience.book import values_of
from distro.lib.csv_safe import safe
from distro.lib.files import replaced
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


def write_book(store: Store, path: Path, chosen: Callable[[int], bool] = lambda _: True) -> int:
    """Write everybody, or those chosen by id, as CSV (UTF-8 with its mark, for spreadsheets); gives
    how many.
    """
    kept = [c for c in subscriber_rows.column_kinds(store) if c not in _DERIVED]
    columns = [
        "email",
        "name",
        *(c for c in _FIRST if c in kept),
        "phone",
        *sorted(c for c in kept if c not in _FIRST),
    ]
    columns = list(dict.fromkeys(columns))
    count = 0
    with replaced(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        for cells in _lines(store, columns, chosen):
            writer.writerow(cells)
            count += 1
    return count


def _lines(store: Store, columns: list[str], chosen: Callable[[int], bool]) -> Iterator[list[str]]:
    for number, raw in subscriber_rows.all_rows(store):
        if not chosen(number):
            continue
        row = json.loads(raw)
        if store.scope.has_person(row):
            yield [safe(";".join(values_of(row, column))) for column in columns]
