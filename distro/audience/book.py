"""Look people up in the book."""

import json
from collections.abc import Mapping

from distro.audience import addresses
from distro.errors import NotFoundError
from distro.model import Subscriber, former_address_key
from distro.store import Store, subscriber_rows

_FEW = ("name", "kind", "outlet", "language", "country")


def values_of(row: Mapping[str, object], column: str) -> list[str]:
    """Return the values of a column of a row, as they are written."""
    cell = row.get(column, [])
    if isinstance(cell, str):
        return [cell]
    return [str(v) for v in cell] if isinstance(cell, list) else []


def subscriber(number: int, row: Mapping[str, object]) -> Subscriber:
    """Return a row of the book as a noun."""
    few = {column: (values_of(row, column) or [""])[0] for column in _FEW}
    columns = {column: tuple(values_of(row, column)) for column in row if column != "email"}
    return Subscriber(id=number, email=str(row.get("email", "")), columns=columns, **few)


def by_id(store: Store, number: int) -> Subscriber | None:
    """Return the subscriber with this id; None where there is none within sight."""
    raw = subscriber_rows.row(store, number)
    row = json.loads(raw) if raw else {}
    return subscriber(number, row) if raw and store.scope.has_person(row) else None


def by_address(store: Store, address: str) -> Subscriber | None:
    """Return the subscriber at this address, however it is spelt."""
    email, _ = addresses.judge(address)
    key = addresses.key(email or address.strip())
    # A book of an earlier version may know it under the other key.
    names = list(dict.fromkeys((key, former_address_key(key))))
    for number in subscriber_rows.ids_at(store, names):
        who = by_id(store, number) if number else None
        if who and key in (addresses.key(who.email), *who.columns.get("_former", ())):
            return who
    return None


def person(store: Store, address: str) -> Subscriber:
    """Return who is at this address; raise NotFoundError where nobody is."""
    found = by_address(store, address)
    if found is None:
        raise NotFoundError(
            f"nobody in the book has the address {address}",
            code="unknown_address",
            address=address,
        )
    return found
