"""Keep how far each receiver of webhooks is: of each distribution the events that it has."""

from collections.abc import Sequence

from distro.model import DistributionId
from distro.store import distributions, edge_keys, keys
from distro.store.client import Store

_LOOKED_AT = 300  # distributions, the newest
_LEASE = 60  # seconds for which one process alone tells a receiver


def lease(store: Store, name: str, process: str) -> bool:
    """Return whether this process is the one that tells a receiver now."""
    key = edge_keys.webhook_lease(name)
    if store.command("SET", key, process, "NX", "EX", _LEASE):
        return True
    held = store.command("GET", key)
    if held and held.decode() == process:
        store.command("EXPIRE", key, _LEASE)
        return True
    return False


def begin(store: Store, name: str, url: str) -> None:
    """Begin with a receiver, or with another address of it: what happened before is not told."""
    key = edge_keys.webhook(name)
    if store.command("HGET", key, "url") == url.encode():
        return
    lengths = _lengths(store)
    told = {f"D{number}": length for number, length in lengths.items()}
    words = [word for pair in told.items() for word in pair]
    store.command("DEL", key)
    store.command("HSET", key, "url", url, *words)


def behind(store: Store, name: str) -> list[tuple[DistributionId, int]]:
    """Return the distributions with events that a receiver does not have, and how many it has."""
    lengths = _lengths(store)
    names = [f"D{number}" for number in lengths]
    told = store.command("HMGET", edge_keys.webhook(name), *names) if names else []
    found = []
    for (number, length), has in zip(lengths.items(), told, strict=True):
        if length > int(has or 0):
            found.append((number, int(has or 0)))
    return found


def _lengths(store: Store) -> dict[DistributionId, int]:
    numbers = distributions.newest(store, _LOOKED_AT)
    answers: Sequence[int] = store.pipeline([("LLEN", keys.events(number)) for number in numbers])
    return dict(zip(numbers, map(int, answers), strict=True))


def told(store: Store, name: str, number: str, events: int) -> None:
    """Note that a receiver has so many events of a distribution, and is well."""
    key = edge_keys.webhook(name)
    store.command("HSET", key, f"D{number}", events)
    store.command("HDEL", key, f"tries:{number}", f"next:{number}", "failing_since", "why")


def failed(store: Store, name: str, number: str, next_ms: int, why: str) -> None:
    """Note that a receiver did not take the next event of a distribution, and when it is tried
    again.
    """
    key = edge_keys.webhook(name)
    store.command("HINCRBY", key, f"tries:{number}", 1)
    store.command("HSET", key, f"next:{number}", next_ms, "why", why)
    store.command("HSETNX", key, "failing_since", store.now_ms())


def tries(store: Store, name: str, number: str) -> tuple[int, int]:
    """Return how often the next event of a distribution was tried, and when it is again (ms)."""
    found = store.command("HMGET", edge_keys.webhook(name), f"tries:{number}", f"next:{number}")
    return int(found[0] or 0), int(found[1] or 0)


def end(store: Store, name: str) -> None:
    """Tell a receiver nothing more: it said that it is gone."""
    store.command("HSET", edge_keys.webhook(name), "gone", store.now_ms())


def state(store: Store, name: str) -> dict[str, str]:
    """Return what is kept of a receiver: gone, failing_since, why."""
    return store.hash(edge_keys.webhook(name))
