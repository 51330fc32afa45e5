"""What the sending processes and the other parts of an installation say of themselves."""

import time

from distro.store.async_client import AsyncStore
from distro.store.client import Store

ALIVE_SECONDS = 20  # a process says every five seconds that it lives
_FORGET_SECONDS = 3600


async def say_alive(store: AsyncStore, process: str) -> None:
    """Record that a sending process lives, and forget those that were silent for an hour."""
    now = int(time.time())
    await store.command("ZADD", "alive", now, process)
    await store.command("ZREMRANGEBYSCORE", "alive", "-inf", now - _FORGET_SECONDS)


async def say_gone(store: AsyncStore, process: str) -> None:
    """Record that a sending process ends."""
    await store.command("ZREM", "alive", process)


def alive(store: Store) -> list[str]:
    """Return the names of the sending processes that live."""
    since = int(time.time()) - ALIVE_SECONDS
    return [raw.decode() for raw in store.command("ZRANGEBYSCORE", "alive", since, "+inf")]
