"""Halts of one domain, or one provider: nobody there is written to for a while, in whatever
distribution; the others go on.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from distro.errors import DistroError, RefusedError
from distro.installation.context import Installation
from distro.lib.mailbox_providers import provider_of
from distro.store import AsyncStore

_LOOK = 0.5  # seconds between two looks: a second after the order no letter begins


@dataclass(frozen=True, slots=True)
class DomainHalt:
    """A domain, or a provider's group, that is halted alone."""

    until: float  # unix seconds, by Redis' clock
    reason: str
    actor: str = ""


def halt_domain(
    installation: Installation, domain: str, seconds: float, *, actor: str, reason: str
) -> DomainHalt:
    """Write to nobody at this domain (or of this provider's group) for a while; the others go on. 0
    seconds: lift it.

    Letters that wait for it go on by themselves when the time is over.
    """
    key = domain.strip().casefold().removeprefix("@")
    if not key or any(c.isspace() for c in key):
        raise RefusedError(
            f'"{domain}" is no domain',
            hint="Like outlook.com, or a provider: microsoft, google, yahoo, apple.",
        )
    stop = DomainHalt(installation.store.now_ms() / 1000 + seconds, reason, actor)
    if seconds > 0:
        installation.store.command("HSET", "stops", key, json.dumps([stop.until, reason, actor]))
    else:
        installation.store.command("HDEL", "stops", key)
    return stop


def read_halts(answer: Sequence[bytes]) -> dict[str, DomainHalt]:
    """The halted domains, as HGETALL gives them."""
    return {
        answer[n].decode(): DomainHalt(*json.loads(answer[n + 1])) for n in range(0, len(answer), 2)
    }


class DomainHalts:
    """The halts that a sending process knows of."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self.known: dict[str, DomainHalt] = {}
        self.ahead = 0.0  # seconds by which Redis' clock is ahead of this host's

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            with contextlib.suppress(DistroError):
                seconds, micros = await self.store.command("TIME")
                self.ahead = int(seconds) + int(micros) / 1e6 - time.time()
                self.known = read_halts(await self.store.command("HGETALL", "stops"))
            await asyncio.sleep(_LOOK)

    def of(self, address: str) -> DomainHalt | None:
        """The halt of this address's domain or provider, if there is one now."""
        if not self.known:
            return None
        domain = address.rpartition("@")[2].casefold()
        found = self.known.get(domain) or self.known.get(provider_of(domain))
        return found if found and self.left(found) > 0 else None

    def left(self, stop: DomainHalt) -> float:
        """Seconds until a halt ends, by Redis' clock, as it was said."""
        return stop.until - time.time() - self.ahead
