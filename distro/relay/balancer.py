"""Balance several relays: each gets its share of the letters by weight, and one that cannot be
reached is passed over.

A relay waits for its turn while another, which is moving, has had less than its share; one that has
neither a free connection nor ended a letter for a second is not waited for. Weight 0 is a reserve:
used when nobody else can be reached.
"""

import asyncio
from collections.abc import Sequence
from typing import Generic

from distro import log
from distro.model import Outcome, RelayLimits
from distro.relay.endpoint import Endpoint
from distro.relay.pool import Pool
from distro.relay.work import J, Work

_SLACK = 4  # letters that a relay may be ahead of its share
_MOVING = 1.0  # seconds since its last letter
_REFUSED_FOR = 600.0  # seconds that a relay which refuses us is left alone while another serves


class _Member(Work[J]):
    """One of the relays: passes on what its lanes ask and tell, in its turn."""

    def __init__(
        self,
        endpoint: Endpoint,
        lanes: int,
        weight: int,
        unanswered: int,
        letters: int,
        relays: "Balancer[J]",
    ) -> None:
        self.balancer = relays
        self.weight = weight
        self.pool = Pool(endpoint, lanes, self, unanswered=unanswered, letters=letters)
        self.share = 0.0  # letters had, over the weight
        self.free = 0  # lanes that ask for a letter
        self.ended = 0.0  # loop time of its last letter's end
        self.away_until = 0.0

    async def demand(self) -> None:
        await self.balancer.wait_for_share(self)
        await self.balancer.work.demand()

    async def take(self) -> J | None:
        self.free += 1
        try:
            await self.balancer.wait_for_share(self)
            job = await self.balancer.work.take()
        finally:
            self.free -= 1
        if job is not None:
            self.share += 1 / (self.weight or 1)
            self.balancer.moved()
        return job

    async def may_begin(self, job: J) -> bool:
        return await self.balancer.work.may_begin(job)

    def begun(self, job: J) -> None:
        self.balancer.work.begun(job)

    def done(self, job: J, outcome: Outcome) -> None:
        self.ended = asyncio.get_running_loop().time()
        self.balancer.work.done(job, outcome)
        self.balancer.moved()

    def unreachable(self, why: str, pause: float) -> None:
        self.balancer.leave(self, pause, why)
        if not self.balancer.reachable():
            self.balancer.work.unreachable(why, pause)

    def refused(self, why: str) -> None:
        self.balancer.leave(self, _REFUSED_FOR, why)
        if not self.balancer.reachable():
            self.away_until = 0.0  # whoever resumes wants it tried
            self.balancer.work.refused(why)

    def learnt(self, relay: str, what: RelayLimits) -> None:
        self.balancer.work.learnt(relay, what)

    def broken(self, error: BaseException) -> None:
        self.balancer.work.broken(error)


class Balancer(Generic[J]):
    """The lanes of a process to several relays; (endpoint, lanes, weight, bodies unanswered at
    most, letters a connection) each.
    """

    def __init__(
        self, relays: Sequence[tuple[Endpoint, int, int, int, int]], work: Work[J]
    ) -> None:
        self.work = work
        self.members = [
            _Member(endpoint, lanes, weight, unanswered, letters, self)
            for endpoint, lanes, weight, unanswered, letters in relays
            if lanes
        ]
        self.lanes = sum(lanes for _, lanes, *_ in relays)
        self._waiting: list[asyncio.Future[None]] = []
        self._stopping = False

    def start(self) -> None:
        """Start the pools of all relays."""
        for member in self.members:
            member.pool.start()

    async def stop(self, seconds: float) -> None:
        """Let what is in flight end, for at most so many seconds, and close every connection."""
        self._stopping = True
        self.moved()
        await asyncio.gather(*(member.pool.stop(seconds) for member in self.members))

    def moved(self) -> None:
        """Let those that wait look again whether it is their share."""
        for waiter in self._waiting:
            _wake(waiter)
        self._waiting = []

    def leave(self, member: _Member[J], pause: float, why: str) -> None:
        """Leave a relay alone for so many seconds."""
        now = asyncio.get_running_loop().time()
        member.away_until = now + pause
        if self.reachable():
            log.get().warning(
                "a relay is passed over; the others go on", why=why, again_in=f"{pause:.0f}s"
            )
        self.moved()

    def reachable(self) -> bool:
        """Return whether any relay may be tried now."""
        now = asyncio.get_running_loop().time()
        return any(m.away_until <= now for m in self.members)

    async def wait_for_share(self, member: _Member[J]) -> None:
        """Wait until it is this relay's turn, or everything stops."""
        loop = asyncio.get_running_loop()
        while not self._stopping and not self._has_turn(member, loop.time()):
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiting.append(waiter)
            timer = loop.call_later(0.25, _wake, waiter)
            try:
                await waiter
            finally:
                timer.cancel()

    def _has_turn(self, member: _Member[J], now: float) -> bool:
        if member.away_until > now:
            return False
        others = [m for m in self.members if m is not member and m.weight and m.away_until <= now]
        if member.weight == 0:
            return not others
        moving = [m for m in others if m.free or now - m.ended < _MOVING]
        if not moving:
            return True
        # Who was away has no claim to what it missed.
        member.share = max(member.share, max(m.share for m in moving) - 2 * _SLACK)
        return member.share <= min(m.share for m in moving) + _SLACK / member.weight


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
