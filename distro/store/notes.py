"""Keep whom a note is for: those who hold a text, by the language of what they hold."""

from collections.abc import Iterable

from distro.store import keys
from distro.store.client import Store


def set_holders(store: Store, distribution: str, name: str, ids: Iterable[int]) -> None:
    """Keep people under a language, or under why they are set apart."""
    people = list(ids)
    bits = bytearray(max(people, default=0) // 8 + 1)
    for number in people:
        bits[number >> 3] |= 128 >> (number & 7)
    store.command("SET", keys.holders(distribution, name), bytes(bits))


def left_out_people(store: Store, distribution: str, reasons: Iterable[str]) -> list[bytes]:
    """Return those who matched and were left out, a bitmap of ids for each reason."""
    return [store.raw(keys.left_out(distribution, reason)) for reason in reasons]
