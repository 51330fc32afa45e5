"""The index of a process finds whom reading the book finds, also after the book has changed."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from distro.audience.listing import listing
from distro.audience.search_index import SearchIndex
from distro.store import Store, subscriber_rows
from distro.store.embedded import Embedded
from distro.store.scope import Scope
from distro.store.subscriber_rows import PIECE
from distro.subscribers import people
from tests.support.installation import add_readers, make_installation

SEARCHES = (
    "ana",
    "ANA",
    "munoz",
    "Muñoz",
    "daily",
    "reader 1",
    "@b.example",
    "é",
    "zzz",
    "\n",
    "\u0301",
)


def test_both_ways_find_the_same(tmp_path: Path, server: Embedded, store: Store) -> None:
    made = make_installation(tmp_path, server, store)
    add_readers(store, 30, folder=tmp_path)
    index = SearchIndex()
    listing(store, search="ana", index=index)  # read once before the book changes
    columns = {"name": "Ana Muñoz", "outlet": "The Daily Café"}
    people.add(made, "ana@x.example", ["journalists"], columns, source="test")
    people.add(made, "m@x.example", ["partners"], {"name": "Munoz, A."}, source="test")
    people.edit(made, "reader1@b.example", {"outlet": "Daily Post"}, source="test")
    people.erase(made, "reader10@c.example", source="test")
    for search in SEARCHES:
        for seen in (store, store.seen_by(Scope((), ("partners",)))):
            for after in (0, 5):
                slow = listing(seen, search=search, limit=4, after=after)
                fast = listing(seen, search=search, limit=4, after=after, index=index)
                assert fast == slow, search
    assert listing(store, search="Muñoz", index=index).found == 2


def test_after_a_change_only_its_neighbours_are_read_again(
    tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_installation(tmp_path, server, store)
    add_readers(store, 3 * PIECE, folder=tmp_path)
    index = SearchIndex()
    assert index.find(store, f"reader{PIECE}@") == [PIECE + 1]
    read: list[int] = []
    rows = subscriber_rows.rows

    def counted(store: Store, numbers: Iterable[int]) -> list[bytes | None]:
        read.extend(numbers)
        return rows(store, numbers)

    monkeypatch.setattr(subscriber_rows, "rows", counted)
    assert index.find(store, "reader 1 ") == []
    assert read == []
    people.edit(made, "reader1500@a.example", {"outlet": "Morning Star"}, source="test")
    people.add(made, "last@x.example", ["journalists"], {"name": "Zoë"}, source="test")
    read.clear()
    assert index.find(store, "morning star") == [1501]
    assert {number // PIECE for number in read} == {1, 3}
    assert index.find(store, "zoe") == [3 * PIECE + 1]
