"""Halt one domain or provider alone: nobody there is written to for a while, the others go on."""

import asyncio
import contextlib
import time

from distro.errors import DistroError, RefusedError
from distro.installation.context import Installation
from distro.installation.rights import admit, check_whole
from distro.lib.mailbox_providers import provider_of
from distro.model import domain_of
from distro.store import AsyncStore, halts
from distro.store.halts import DomainHalt

_LOOK = 0.5  # seconds between two looks: a second after the order no letter begins


def halt_domain(
    installation: Installation, domain: str, seconds: float, *, actor: str, reason: str
) -> DomainHalt:
    """Write to nobody at a domain, or of a provider's group, for so many seconds; 0 lifts it.

    Letters that wait go on by themselves when the time is over. Raises RefusedError for what is
    no domain.
    """
    check_whole(installation, "to halt a domain")
    key = domain.strip().casefold().removeprefix("@")
    if not key or any(c.isspace() for c in key):
        raise RefusedError(
            f'"{domain}" is no domain',
            hint="Like outlook.com, or a provider: microsoft, google, yahoo, apple.",
        )
    actor = admit(
        installation, actor, "halt", about=f"@{key}", wanted=f"for {seconds:.0f} s", why=reason
    )
    halt = DomainHalt(installation.store.now_ms() / 1000 + seconds, reason, actor)
    if seconds > 0:
        halts.set_halt(installation.store, key, halt)
    else:
        halts.lift(installation.store, key)
    return halt


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
                self.ahead = await self.store.now() - time.time()
                self.known = await halts.read(self.store)
            await asyncio.sleep(_LOOK)

    def of(self, address: str) -> DomainHalt | None:
        """Return the halt of an address's domain or provider; None where there is none now."""
        if not self.known:
            return None
        domain = domain_of(address)
        found = self.known.get(domain) or self.known.get(provider_of(domain))
        return found if found and self.left(found) > 0 else None

    def left(self, halt: DomainHalt) -> float:
        """Return the seconds until a halt ends, by Redis' clock."""
        return halt.until - time.time() - self.ahead
