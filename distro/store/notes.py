"""Keep whom a note is for: those who hold a text, by the language of what they hold."""

from collections.abc import Iterable, Iterator

from distro.store import keys
from distro.store.client import Store
from distro.store.distribution import Distribution
from distro.store.records import bitmap_of, ids_of


def set_holders(store: Store, distribution: str, name: str, ids: Iterable[int]) -> None:
    """Keep people under a language, or under why they are set apart."""
    store.command("SET", keys.holders(distribution, name), bitmap_of(ids))


def left_out_people(store: Store, note: Distribution) -> Iterator[int]:
    """Yield the ids of those who matched and were left out, for whatever reason."""
    for reason in note.plan.left_out if note.plan else ():
        yield from ids_of(store.raw(keys.left_out(note.id, reason)))
