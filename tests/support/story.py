"""The whole story in one process, without Celery: sweep, wake-ups, a memory relay."""

import time
from collections.abc import Callable

from distro.flow.freeze import advance
from distro.flow.record import Delivery
from distro.flow.sending_process import SendingProcess
from distro.flow.sweep import Sweep
from distro.installation.context import Installation
from distro.model import Outcome
from distro.relay.message import Message
from distro.relay.work import Lanes, PoolOf, Work
from tests.support.memory_relay import MemoryPool


class Story:
    """Runs wake-ups until nothing more happens."""

    def __init__(
        self,
        installation: Installation,
        answer: Callable[[Message], Outcome | None] | None = None,
        *,
        lanes: int = 3,
        pool_of: PoolOf | None = None,
    ) -> None:
        self.installation = installation
        self.answer = answer
        self.lanes = lanes
        self.pool_of = pool_of or self._memory
        self.pools: list[MemoryPool[Delivery]] = []
        self.sweep = Sweep(installation, call_again=0)
        self._sender: SendingProcess | None = None

    @property
    def sender(self) -> SendingProcess:
        """The sending process, begun when it is first needed."""
        self._sender = self._sender or SendingProcess(self.installation, self.pool_of, patience=5)
        return self._sender

    def _memory(self, work: Work[Delivery]) -> Lanes:
        self.pools.append(MemoryPool(self.lanes, work, self.answer))
        return self.pools[-1]

    @property
    def letters(self) -> list[tuple[str, bytes]]:
        return [kept for pool in self.pools for kept in pool.kept]

    def run(self, rounds: int = 3) -> None:
        """Sweep and follow every wake-up, so many times."""
        for _ in range(rounds):
            wakes = self.sweep.once()
            while wakes:
                wake = wakes.pop()
                wakes += (
                    self.sender.deliver(wake.distribution, wake.batch, 5)
                    if wake.deliver
                    else advance(self.installation, wake.distribution)
                )
            self._settle()

    def _settle(self) -> None:
        """Until every outcome is written and every batch given back: `deliver` returns before
        that.
        """
        end = time.monotonic() + 10
        while self._sender and not self._sender.idle:
            assert time.monotonic() < end, "letters in flight did not end"
            time.sleep(0.002)

    def stop(self) -> None:
        if self._sender:
            self._sender.stop()
