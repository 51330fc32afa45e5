"""Keep releases, their editions and the files that travel with them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from distro.model import Edition
from distro.store import keys
from distro.store.client import Call, Store
from distro.store.distribution import Distribution
from distro.store.release_scripts import EditionText


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """The fate of a release after it was sent."""

    name: str = ""  # held or killed; "": it may be used
    word: str = ""  # number of the distribution that says so, or that corrected it last
    hold_until_ms: int = 0  # when the next word about a hold is promised; 0: not said


def status(store: Store, slug: str) -> ReleaseStatus:
    """Return what became of a release."""
    name, word, until = (
        (raw or b"").decode()
        for raw in store.command("HMGET", keys.release(slug), "status", "word", "hold_until")
    )
    return ReleaseStatus(name, word, int(until or 0))


def texts_of(store: Store, found: Distribution) -> list[EditionText]:
    """Return the editions of a distribution as they are kept, to be sent once more."""
    return [
        EditionText(lang, found.versions[lang], store.text(keys.edition(found.versions[lang])))
        for lang in found.languages
    ]


def current_versions(store: Store, slug: str) -> dict[str, str]:
    """Return language -> version of what a release says now."""
    found: dict[str, str] = json.loads(
        store.command("HGET", keys.release(slug), "editions") or b"{}"
    )
    return found


def editions_of(store: Store, versions: Mapping[str, str]) -> dict[str, Edition]:
    """Return language -> edition of these versions, in their order."""
    texts = {lang: store.text(keys.edition(version)) for lang, version in versions.items()}
    return {lang: Edition.from_json(text) for lang, text in texts.items() if text}


def late(store: Store) -> dict[str, int]:
    """Return the releases that somebody proved to hold after their note went out, each with a count
    that grows when it happens again.
    """
    return {slug: int(count) for slug, count in store.hash(keys.LATE).items()}


def forget_late(store: Store, slug: str, count: int) -> None:
    """Take a release off that list, unless it happened again since `count`."""
    store.call(Call("forget_late", (slug, count), bool))


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
