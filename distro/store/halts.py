"""Keep halts of one domain or one provider's group."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from distro.store import keys
from distro.store.async_client import AsyncStore
from distro.store.client import Store


@dataclass(frozen=True, slots=True)
class DomainHalt:
    """A domain, or a provider's group, that is halted alone."""

    until: float  # unix seconds, by Redis' clock
    reason: str
    actor: str = ""


def set_halt(store: Store, domain: str, halt: DomainHalt) -> None:
    """Halt a domain or group."""
    halted = json.dumps([halt.until, halt.reason, halt.actor])
    store.command("HSET", keys.HALTS, domain, halted)


def lift(store: Store, domain: str) -> None:
    """Lift the halt of a domain or group."""
    store.command("HDEL", keys.HALTS, domain)


def count(store: Store) -> int:
    """Return how many domains and groups have a halt on record."""
    return int(store.command("HLEN", keys.HALTS))


async def read(store: AsyncStore) -> dict[str, DomainHalt]:
    """Return domain or group -> its halt."""
    answer: Sequence[bytes] = await store.command("HGETALL", keys.HALTS)
    return {
        domain.decode(): _halt(halt) for domain, halt in zip(answer[::2], answer[1::2], strict=True)
    }


def everything(store: Store) -> dict[str, DomainHalt]:
    """Return domain or group -> its halt, also of those that are over."""
    return {domain: _halt(halt) for domain, halt in store.hash(keys.HALTS).items()}


def _halt(kept: str | bytes) -> DomainHalt:
    return DomainHalt(*json.loads(kept))
