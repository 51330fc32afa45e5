"""Run coroutines that go on at once, inside the callback that brings what they wait for.

An asyncio task goes on a turn of its event loop later: a future, a callback, another look at all
sockets, and whatever else is due first. Between two letters of a connection there is no time for
that (docs/performance.md). An inline task waits for an `InlineFuture`, which its holder answers as
it would a future; any other future wakes it as it would wake a task.
"""

import asyncio
import threading
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any


class InlineFuture(Awaitable[Any]):
    """A future that an inline task awaits, once.

    Whoever has it answers it, and the task goes on before that returns.
    """

    __slots__ = ("_done", "_task")

    def __init__(self, task: "InlineTask") -> None:
        self._task = task
        self._done = False

    def done(self) -> bool:
        """Return whether it has been answered, or nobody waits any more."""
        return self._done or self._task.end.done()

    def set_result(self, value: Any) -> None:
        """Answer with a value and let the task go on."""
        self._done = True
        self._task.go(value)

    def set_exception(self, error: Exception) -> None:
        """Answer with an error and let the task go on."""
        self._done = True
        self._task.go(error=error)

    def __await__(self) -> Generator["InlineFuture", Any, Any]:
        return (yield self)


Waiter = InlineFuture | asyncio.Future[Any]


class _Running(threading.local):
    """The task that runs in a thread now."""

    task: "InlineTask | None" = None


_running = _Running()


def create_waiter() -> Waiter:
    """Return something to await now, and once: of the inline task that asks, or of an asyncio
    task.
    """
    task = _running.task
    return InlineFuture(task) if task else asyncio.get_running_loop().create_future()


class InlineTask:
    """Runs one coroutine; `end` is done when it is. What needs a task of asyncio (its timeouts do)
    has no place in one.
    """

    __slots__ = ("_coroutine", "end")

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._coroutine = coroutine

    def go(self, value: Any = None, *, error: Exception | None = None) -> None:
        """Begin, or go on, until it waits again or ends."""
        if self.end.done():
            return
        before, _running.task = _running.task, self
        try:
            waits_for = self._coroutine.throw(error) if error else self._coroutine.send(value)
        except StopIteration:
            self.end.set_result(None)
        except BaseException as raised:  # noqa: BLE001 - whoever awaits `end` gets it
            self.end.set_exception(raised)
        else:
            if type(waits_for) is not InlineFuture:
                # What a task says too: it was awaited, not only yielded.
                waits_for._asyncio_future_blocking = False  # noqa: SLF001
                waits_for.add_done_callback(self._woken)
        finally:
            _running.task = before

    def _woken(self, _: "asyncio.Future[Any]") -> None:
        self.go()

    def close(self) -> None:
        """Let go of it, where it stands."""
        self.end.cancel()
        self._coroutine.close()
