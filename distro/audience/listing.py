"""List people of the book: those who match, found by a part of their name, address or outlet."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from distro.audience.book import subscriber, values_of
from distro.lib.languages import unaccented
from distro.model import Subscriber
from distro.store import Store, subscriber_rows
from distro.store.consents import refusals

_SEARCHED = ("email", "name", "outlet")


@dataclass(frozen=True, slots=True)
class Listed:
    """One person, and why they may not be written to; nothing where they may."""

    person: Subscriber
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The first of those found, in the order in which they came into the book, and how many there
    are.
    """

    people: tuple[Listed, ...]
    found: int


def listing(
    store: Store,
    *,
    chosen: Callable[[int], bool] = lambda _: True,
    search: str = "",
    limit: int = 50,
    after: int = 0,
) -> Listing:
    """Find people by id and by a part of what names them; accents and capitals do not matter.

    `after`: only the ids above it are listed; all are counted.
    """
    wanted, count = unaccented(search.casefold()), 0
    found: list[Subscriber] = []
    for number, raw in subscriber_rows.all_rows(store):
        row = json.loads(raw)
        if not (chosen(number) and store.scope.has_person(row)) or (
            wanted
            and not any(
                wanted in unaccented(text.casefold())
                for column in _SEARCHED
                for text in values_of(row, column)
            )
        ):
            continue
        count += 1
        if number > after and len(found) < limit:
            found.append(subscriber(number, row))
    return Listing(tuple(Listed(who, tuple(refusals(store, who.id))) for who in found), count)
