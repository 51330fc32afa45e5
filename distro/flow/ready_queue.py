"""Queue the letters that are ready to send, and match each with a connection that waits for one."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from distro.lib.inline_task import Waiter, create_waiter

J = TypeVar("J")


class ReadyQueue(Generic[J]):
    """Gives each letter to one lane; made on the event loop."""

    def __init__(self, idle: float) -> None:
        self.ready: deque[J] = deque()
        self.busy = 0  # lanes that have a letter
        self.closed = False
        self.idle = idle  # seconds that a lane waits for a letter
        self._loop = asyncio.get_running_loop()
        self._takers: deque[tuple[float, Waiter]] = deque()  # until when each lane waits
        self._sleepers: list[Waiter] = []  # lanes without a connection

    @property
    def lanes(self) -> int:
        """Return how many lanes have a connection: those that wait, and those that send."""
        return len(self._takers) + self.busy

    @property
    def waiting(self) -> bool:
        """Return whether a lane waits for a letter."""
        return bool(self._takers)

    def offer(self, item: J) -> None:
        """Give an item to the lane that has waited longest, or keep it ready for the next."""
        while self._takers:
            _, taker = self._takers.popleft()
            if not taker.done():
                self.busy += 1
                taker.set_result(item)
                return
        self.ready.append(item)
        self.wake_lanes()  # a lane may have gone to sleep since this letter was asked for

    async def take(self, ask: Callable[[], None]) -> J | None:
        """Return the next item; `ask` is called if there is none.

        None after some idle seconds, or when everything stops.
        """
        if self.ready:
            self.busy += 1
            return self.ready.popleft()
        if self.closed:
            return None
        taker = create_waiter()
        self._takers.append((self._loop.time() + self.idle, taker))
        ask()
        item: J | None = await taker
        return item

    def withdraw(self, which: Callable[[J], bool]) -> list[J]:
        """Return those of the ready letters, which will not be sent now."""
        back = [item for item in self.ready if which(item)]
        self.ready = deque(item for item in self.ready if not which(item))
        return back

    async def sleep(self) -> None:
        """Wait, without a connection, until somebody calls."""
        sleeper = create_waiter()
        self._sleepers.append(sleeper)
        await sleeper

    def wake_lanes(self) -> None:
        """Let lanes without a connection open one: there may be something to send."""
        for sleeper in self._sleepers:
            _resolve(sleeper)
        self._sleepers = []

    def expire_waiters(self) -> None:
        """Let lanes that have waited for long enough go without an item."""
        while self._takers and (
            self._takers[0][0] <= self._loop.time() or self._takers[0][1].done()
        ):
            _resolve(self._takers.popleft()[1])

    def close(self) -> None:
        """Let every waiting lane go."""
        self.closed = True
        self.wake_lanes()
        while self._takers:
            _resolve(self._takers.popleft()[1])


def _resolve(waiting: Waiter) -> None:
    if not waiting.done():
        waiting.set_result(None)
