"""Keep staged imports."""

from collections.abc import Mapping

from distro.store import keys
from distro.store.client import Store


def new_number(store: Store) -> int:
    """Return the number of a new import."""
    return int(store.command("INCR", keys.LAST_IMPORT))


def add_piece(store: Store, number: int, packed: bytes, seconds: int) -> None:
    """Stage a piece of judged rows; what is not taken within so many seconds is forgotten."""
    key = keys.stage(number)
    store.pipeline([("RPUSH", key, packed), ("EXPIRE", key, seconds)])


def count_pieces(store: Store, number: int) -> int:
    """Return how many pieces are staged."""
    return int(store.command("LLEN", keys.stage(number)))


def piece(store: Store, number: int, index: int) -> bytes | None:
    """Return a staged piece; None where somebody else finished the import."""
    packed: bytes | None = store.command("LINDEX", keys.stage(number), index)
    return packed


def describe(store: Store, number: int, fields: Mapping[str, str | int]) -> None:
    """Keep what an import is: its list, file, state."""
    words = [word for pair in fields.items() for word in pair]
    store.command("HSET", keys.imported(number), *words)


def description(store: Store, number: int | str) -> dict[str, str]:
    """Return what an import is and how far it is; {} where there is none of that number."""
    return store.hash(keys.imported(number))


def begin(store: Store, number: int) -> None:
    """Promise to take an import: from here on a sweep would finish it."""
    store.pipeline(
        [
            ("SADD", keys.OPEN_IMPORTS, number),
            ("HSET", keys.imported(number), "state", "taking"),
            ("PERSIST", keys.stage(number)),
        ]
    )


def end(store: Store, number: int) -> None:
    """Note that all of an import is in the book."""
    store.pipeline(
        [
            ("SREM", keys.OPEN_IMPORTS, number),
            ("HSET", keys.imported(number), "state", "done"),
            ("UNLINK", keys.stage(number)),
            ("UNLINK", keys.import_ids(number)),
        ]
    )


def forget(store: Store, number: int) -> None:
    """Drop what was staged."""
    store.pipeline([("UNLINK", keys.stage(number)), ("UNLINK", keys.imported(number))])


def open_imports(store: Store) -> list[int]:
    """Return the imports whose pieces are not all in the book."""
    return [int(number) for number in store.members(keys.OPEN_IMPORTS)]
