"""The index of a process finds whom reading the book finds, also after the book has changed."""

from pathlib import Path

from distro.audience.listing import listing
from distro.audience.search_index import SearchIndex
from distro.store import Store
from distro.store.embedded import Embedded
from distro.store.scope import Scope
from distro.subscribers import people
from tests.support.installation import add_readers, make_installation

SEARCHES = ("ana", "ANA", "munoz", "Muñoz", "daily", "reader 1", "@b.example", "é", "zzz", "\n")


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
