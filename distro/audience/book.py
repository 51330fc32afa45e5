"""Looking people up in the book."""

import json
from collections.abc import Mapping

from distro.audience import addresses
from distro.audience.segments import values_of
from distro.model import Subscriber
from distro.store import Store

_FEW = ("name", "kind", "outlet", "language", "country")


def subscriber(number: int, row: Mapping[str, object]) -> Subscriber:
    """A row of the book as a noun."""
    few = {column: (values_of(row, column) or [""])[0] for column in _FEW}
    columns = {column: tuple(values_of(row, column)) for column in row if column != "email"}
    return Subscriber(id=number, email=str(row.get("email", "")), columns=columns, **few)


def by_id(store: Store, number: int) -> Subscriber | None:
    """The subscriber with this id."""
    raw = store.raw(f"sub:{number}")
    return subscriber(number, json.loads(raw)) if raw else None


def by_address(store: Store, address: str) -> Subscriber | None:
    """The subscriber at this address, however it is spelt."""
    email, _ = addresses.judge(address)
    found = store.command("HGET", "book:address", addresses.key(email or address.strip()))
    return by_id(store, int(found)) if found else None
