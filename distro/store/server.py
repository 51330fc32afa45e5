"""Start a Redis server: its settings, how fast it writes, its append-only file."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from distro.store import keys
from distro.store.client import Store

_EVERY = 3600  # seconds between two rewrites of the append-only file


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The settings of a server, and how full it is."""

    append_only: bool
    fsync: str  # always, everysec, no
    eviction: str  # of keys when memory is full; "noeviction" keeps them
    used: int  # bytes
    limit: int  # bytes; 0: none


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a server."""

    used: int  # bytes
    limit: int  # bytes; 0: none


def memory(store: Store) -> Memory:
    """Return the memory of the server."""
    said = store.command("INFO", "memory")
    return Memory(int(said.get("used_memory", 0)), int(said.get("maxmemory", 0)))


def info(store: Store) -> ServerInfo:
    """Return how the server is set; needs the right to ask for its configuration."""
    persistence, full = store.command("INFO", "persistence"), memory(store)
    return ServerInfo(
        append_only=bool(persistence.get("aof_enabled")),
        fsync=_setting(store, "appendfsync"),
        eviction=_setting(store, "maxmemory-policy"),
        used=full.used,
        limit=full.limit,
    )


def _setting(store: Store, name: str) -> str:
    return dict(_pairs(store.command("CONFIG", "GET", name))).get(name, "")


def _pairs(answer: Any) -> Iterator[tuple[str, str]]:
    """Yield the pairs of CONFIG GET's answer, whether it comes as a map or flat."""
    if isinstance(answer, dict):
        flat = [word for item in answer.items() for word in item]
    else:
        flat = list(answer) if isinstance(answer, list) else []
    texts = [word.decode() if isinstance(word, bytes) else str(word) for word in flat]
    yield from zip(texts[::2], texts[1::2], strict=True)


def write_ms(store: Store, times: int = 20) -> float:
    """Return how many milliseconds a write takes, on average of so many."""
    began = time.perf_counter()
    for _ in range(times):
        store.command("SET", "tmp:doctor", "x", "EX", 60)
    return (time.perf_counter() - began) / times * 1000


def want_rewrite(store: Store) -> None:
    """Note that the append-only file holds something that must go."""
    store.command("SET", keys.REWRITE_WANTED, store.now_ms())


def rewrite_due(store: Store) -> bool:
    """Return whether the append-only file must be written anew now; at most once an hour.

    True takes the wish for it; one that failed is wished for again.
    """
    persistence = store.command("INFO", "persistence")
    if persistence.get("aof_rewrite_in_progress") or persistence.get("aof_rewrite_scheduled"):
        return False
    if store.text(keys.REWRITE_BEGAN):
        if persistence.get("aof_last_bgrewrite_status") == "ok":
            store.command("DEL", keys.REWRITE_BEGAN)
        else:
            store.command("RENAMENX", keys.REWRITE_BEGAN, keys.REWRITE_WANTED)
    if not store.text(keys.REWRITE_WANTED) or not persistence.get("aof_enabled"):
        return False
    if not once_in(store, "rewrite", _EVERY):
        return False
    store.command("RENAME", keys.REWRITE_WANTED, keys.REWRITE_BEGAN)
    return True


def once_in(store: Store, what: str, seconds: int) -> bool:
    """Return True to the first who asks about a thing within so many seconds."""
    return bool(store.command("SET", f"tmp:{what}", int(time.time()), "NX", "EX", seconds))


def done_with(store: Store, what: str) -> None:
    """Let the next one have a thing before its seconds are over."""
    store.command("DEL", f"tmp:{what}")
