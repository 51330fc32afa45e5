"""Keep the rows of the book and its index."""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence

from distro.store import keys
from distro.store.client import Store

_OUT_OF_SIGHT = b'{"protected": ["yes"]}'
PIECE = 1000  # rows read at once; the book remembers of each so many when one of them changed
_QUESTION = 60  # seconds that a bitmap made for one question lives


def row(store: Store, number: int) -> bytes:
    """Return a subscriber's row as JSON; b"" where there is none."""
    return store.raw(keys.subscriber(number))


def rows(store: Store, numbers: Iterable[int]) -> list[bytes | None]:
    """Return the rows of subscribers as JSON, in this order; None where there is none.

    Of who is out of sight it says only that they are protected: they count, and have no name.
    """
    wanted = [keys.subscriber(number) for number in numbers]
    found = list(store.command("MGET", *wanted)) if wanted else []
    if not store.scope.lists:
        return found
    return [
        raw if not raw or store.scope.has_person(json.loads(raw)) else _OUT_OF_SIGHT
        for raw in found
    ]


def all_rows(store: Store, first: int = 1, past: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the ids from `first` up to, without, `past` (0: to the last) that have a row, with it.

    They are read in pieces that keep nobody waiting.
    """
    past = past or last_id(store) + 1
    for start in range(first, past, PIECE):
        numbers = range(start, min(start + PIECE, past))
        for number, raw in zip(numbers, rows(store, numbers), strict=True):
            if raw:
                yield number, raw


def last_id(store: Store) -> int:
    """Return the last subscriber id that was given out; 0 where none was."""
    return int(store.text(keys.LAST_SUBSCRIBER) or 0)


def version(store: Store) -> int:
    """Return how often rows, addresses and index were changed."""
    return int(store.text(keys.BOOK_VERSION) or 0)


def pieces_of(numbers: Iterable[int]) -> list[int]:
    """Return the pieces in which these ids are."""
    return sorted({number // PIECE for number in numbers})


def pieces_changed_after(store: Store, seen: int) -> list[int]:
    """Return which pieces (ids from n * PIECE) have rows that changed after this version."""
    return sorted(int(n) for n, at in store.hash(keys.BOOK_PIECES).items() if int(at) > seen)


def version_and_last_id(store: Store) -> tuple[int, int]:
    """Return both in one question."""
    found = store.pipeline([("GET", keys.BOOK_VERSION), ("GET", keys.LAST_SUBSCRIBER)])
    return int(found[0] or 0), int(found[1] or 0)


def ids_at(store: Store, addresses: Sequence[str]) -> list[int | None]:
    """Return the id at each normalised address, former ones too; None where nobody has it."""
    found = store.command("HMGET", keys.ADDRESSES, *addresses) if addresses else []
    return [int(number) if number else None for number in found]


def addresses(store: Store) -> dict[str, int]:
    """Return every normalised address, former ones too, with its id."""
    return {address: int(number) for address, number in store.hash(keys.ADDRESSES).items()}


def column_kinds(store: Store) -> dict[str, str]:
    """Return column -> how its values are indexed: index, ids or scan."""
    return store.hash(keys.COLUMNS)


def values(store: Store, column: str) -> list[str]:
    """Return the values of an indexed column."""
    return store.members(keys.values(column))


def has_value(store: Store, column: str, value: str) -> bool:
    """Return whether somebody has, or had, this value in a column."""
    return bool(store.command("SISMEMBER", keys.values(column), value))


def new_values(store: Store, column: str, candidates: Sequence[str]) -> set[str]:
    """Return those of the candidates that the column does not have."""
    if not candidates:
        return set()
    there = store.command("SMISMEMBER", keys.values(column), *candidates)
    return {value for value, known in zip(candidates, there, strict=True) if not known}


def count_values(store: Store, column: str) -> int:
    """Return how many values a column has."""
    return int(store.command("SCARD", keys.values(column)))


def drop_value(store: Store, column: str, value: str) -> None:
    """Take a value out of the values of a column."""
    store.command("SREM", keys.values(column), value)


def with_value(store: Store, column: str, value: str) -> bytes:
    """Return the ids with a value, as a bitmap."""
    return store.raw(keys.index(column, value))


def has(store: Store, column: str, value: str, number: int) -> bool:
    """Return whether somebody has a value of an indexed column."""
    return bool(store.command("GETBIT", keys.index(column, value), number))


def nobody_has(store: Store, column: str, value: str, *, bitmap: bool) -> bool:
    """Return whether the index has nobody with a value; `bitmap`: how the column is kept."""
    if bitmap:
        return not store.command("BITCOUNT", keys.index(column, value))
    return not store.command("STRLEN", keys.id_list(column, value))


def bitmaps(store: Store, column: str, wanted: Sequence[str]) -> list[bytes]:
    """Return the ids with each value of a column that keeps bitmaps."""
    raws = store.pipeline([("GET", keys.index(column, value)) for value in wanted])
    return [raw or b"" for raw in raws]


def id_lists(store: Store, column: str, wanted: Sequence[str]) -> list[bytes]:
    """Return the ids with each value of a column that keeps lists of ids; four bytes an id."""
    raws = store.pipeline([("GET", keys.id_list(column, value)) for value in wanted])
    return [raw or b"" for raw in raws]


def everyone(store: Store) -> bytes:
    """Return every id in the book, as a bitmap."""
    return store.raw(keys.EVERYONE)


def count_everyone(store: Store) -> int:
    """Return how many people are in the book."""
    return int(store.command("BITCOUNT", keys.EVERYONE))


def temporary_key() -> str:
    """Return the name of a bitmap that lives as long as a question."""
    return f"tmp:scan:{secrets.token_hex(8)}"


def keep_bitmap(store: Store, bits: bytes) -> str:
    """Keep a bitmap of ids for as long as a question takes; return its key."""
    name = temporary_key()
    store.command("SET", name, bits, "EX", _QUESTION)
    return name


def closed_lists(store: Store) -> dict[str, str]:
    """Return lists that are no more -> when, why, by whom and what told its people, as JSON."""
    return store.hash(keys.CLOSED)


def close_list(store: Store, name: str, facts: str) -> None:
    """Record that a list is no more."""
    store.command("HSET", keys.CLOSED, name, facts)


def audited(store: Store) -> dict[str, int]:
    """Return list or segment -> its people at the last audit of segments."""
    return {name: int(people) for name, people in store.hash(keys.AUDITED).items()}


def set_audited(store: Store, people: Mapping[str, int]) -> None:
    """Remember how many people each list and segment has."""
    words = [word for pair in people.items() for word in pair]
    if words:
        store.command("HSET", keys.AUDITED, *words)
