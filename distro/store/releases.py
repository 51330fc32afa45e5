"""Keep releases, their editions and the files that travel with them."""

from collections.abc import Iterable, Iterator

from distro.store import keys
from distro.store.client import Store


def keep_file(store: Store, name: str, raw: bytes) -> None:
    """Keep a picture or attachment under its hash."""
    store.command("SET", keys.file(name), raw, "NX")


def file(store: Store, name: str) -> bytes:
    """Return a picture or attachment by its hash."""
    return store.raw(keys.file(name))


def pieces_of_file(store: Store, name: str, size: int, piece: int) -> Iterator[bytes]:
    """Yield a file in pieces of so many bytes, so that a slow reader never holds all of it."""
    for start in range(0, size, piece):
        yield store.command("GETRANGE", keys.file(name), start, start + piece - 1)


def file_names(store: Store) -> list[str]:
    """Return the hashes of all kept files."""
    prefix = keys.file("")
    return [key.removeprefix(prefix) for key in store.names(keys.file("*"))]


def idle_seconds(store: Store, name: str) -> int:
    """Return for how long nobody has asked for a file; 0 where it is not there any more."""
    return int(store.command("OBJECT", "IDLETIME", keys.file(name)) or 0)


def forget_files(store: Store, names: Iterable[str]) -> int:
    """Drop files; return how many were there."""
    gone = [keys.file(name) for name in names]
    return int(store.command("UNLINK", *gone)) if gone else 0


def editions(store: Store) -> Iterator[bytes]:
    """Yield every edition of every release, as JSON."""
    for key in store.names(keys.edition("*")):
        yield store.raw(key)
