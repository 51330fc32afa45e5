"""List people of the book: those who match, found by a part of their name, address or outlet."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from distro.audience.book import subscriber
from distro.audience.search_index import SearchIndex, folded, holds
from distro.model import Subscriber
from distro.store import Store, subscriber_rows
from distro.store.consents import refusals


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
    chosen: Callable[[int], bool] | None = None,
    search: str = "",
    limit: int = 50,
    after: int = 0,
    index: SearchIndex | None = None,
) -> Listing:
    """Find people by id and by a part of what names them; accents and capitals do not matter.

    `after`: only the ids above it are listed; all are counted. `index`: of a process that goes on.
    """
    if index and not search:
        index.prepare(store)
    if not (chosen or search or store.scope.lists):
        return _first(store, limit, after)
    if index and search and not store.scope.lists:
        ids = [n for n in index.find(store, search) if not chosen or chosen(n)]
        shown = list(_at(store, [n for n in ids if n > after][:limit]))
        return _listed(store, [subscriber(n, json.loads(raw)) for n, raw in shown], len(ids))
    found: list[Subscriber] = []
    count = 0
    for number, raw in _named(store, search, index):
        if chosen and not chosen(number):
            continue
        if store.scope.lists and not store.scope.has_person(json.loads(raw)):
            continue
        count += 1
        if number > after and len(found) < limit:
            found.append(subscriber(number, json.loads(raw)))
    return _listed(store, found, count)


def _named(store: Store, search: str, index: SearchIndex | None) -> Iterator[tuple[int, bytes]]:
    """Yield those whose name, address or outlet holds a text, with their rows; "": everybody."""
    if index and search:
        yield from _at(store, index.find(store, search))
        return
    wanted = folded(search)
    for number, raw in subscriber_rows.all_rows(store):
        if not wanted or (_may_hold(raw, wanted) and holds(json.loads(raw), wanted)):
            yield number, raw


def _at(store: Store, ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    for first in range(0, len(ids), _PIECE):
        piece = ids[first : first + _PIECE]
        for number, raw in zip(piece, subscriber_rows.rows(store, piece), strict=True):
            if raw:
                yield number, raw


def _may_hold(raw: bytes, wanted: str) -> bool:
    """Return whether a row may hold a folded text: most do not, and need not be opened."""
    if not raw.isascii() or b"\\u" in raw:
        return True
    return wanted.encode("utf-8", "replace") in raw.lower()


def _first(store: Store, limit: int, after: int) -> Listing:
    """Return the first of everybody."""
    found = []
    for number, raw in subscriber_rows.all_rows(store, after + 1):
        found.append(subscriber(number, json.loads(raw)))
        if len(found) >= limit:
            break
    return _listed(store, found, subscriber_rows.count_everyone(store))


def _listed(store: Store, found: Sequence[Subscriber], count: int) -> Listing:
    return Listing(tuple(Listed(who, tuple(refusals(store, who.id))) for who in found), count)


_PIECE = 1000
