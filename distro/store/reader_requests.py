"""Keep the requests of readers, and the letters to single readers that wait."""

import json
from collections.abc import Iterable

from distro.store import keys
from distro.store.client import Store

_KEPT_MS = 28 * 86_400_000  # a burst of unsubscribing is kept so long


def queue_letter(store: Store, letter: str, after_ms: int = 0) -> None:
    """Have a letter to one reader (JSON) leave after so many milliseconds."""
    queue_letters(store, [letter], after_ms)


def queue_letters(store: Store, letters: Iterable[str], after_ms: int) -> None:
    """Have letters leave after so many milliseconds, or put them off until then."""
    due = store.now_ms() + after_ms
    words = [word for letter in letters for word in (due, letter)]
    store.command("ZADD", keys.WAITING_LETTERS, *words)


def due_letters(store: Store, most: int) -> list[str]:
    """Return at most so many letters whose time has come."""
    words = ("ZRANGEBYSCORE", keys.WAITING_LETTERS, "-inf", store.now_ms(), "LIMIT", 0, most)
    return [letter.decode() for letter in store.command(*words)]


def drop_letter(store: Store, letter: str) -> None:
    """Take a letter out of those that wait."""
    store.command("ZREM", keys.WAITING_LETTERS, letter)


def ask(store: Store, request: str) -> None:
    """Note what somebody asked for on a page (JSON)."""
    store.command("RPUSH", keys.REQUESTS, request)


def first_request(store: Store) -> bytes | None:
    """Return the request that has waited longest; None where none waits."""
    request: bytes | None = store.command("LINDEX", keys.REQUESTS, 0)
    return request


def drop_request(store: Store, request: bytes) -> None:
    """Take an answered request away."""
    store.command("LREM", keys.REQUESTS, 1, request)


def keep_undo(store: Store, word: str, subscriber: int, seconds: int) -> None:
    """Let a word take back somebody's unsubscribing within so many seconds."""
    store.command("SET", keys.undo(word), subscriber, "EX", seconds)


def take_undo(store: Store, word: str) -> int:
    """Use such a word up; return whose it was, 0 where nobody's."""
    return int(store.command("GETDEL", keys.undo(word)) or 0)


def count_within(store: Store, what: str, seconds: int) -> int:
    """Count one more; return how many there were since the first, within so many seconds."""
    return store.count_in_window(keys.rate(what), seconds)


def note_burst(store: Store, domain: str, readers: int, distribution: str) -> None:
    """Record that so many readers of a domain unsubscribed within seconds."""
    burst = json.dumps([store.now_ms(), readers, distribution])
    store.command("HSET", keys.BURSTS, domain, burst)


def bursts(store: Store) -> list[tuple[str, int, int, str]]:
    """Return the bursts of four weeks by domain: domain, when (ms), readers, distribution."""
    since = store.now_ms() - _KEPT_MS
    found = [(domain, *json.loads(burst)) for domain, burst in store.hash(keys.BURSTS).items()]
    old = [domain for domain, at, *_ in found if at < since]
    if old:
        store.command("HDEL", keys.BURSTS, *old)
    return sorted(burst for burst in found if burst[0] not in old)
