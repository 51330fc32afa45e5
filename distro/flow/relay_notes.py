"""Publish in Redis why a sending process sends nothing, and what a relay allows it."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable

from distro import log
from distro.errors import StoreGoneError
from distro.model import RelayLimits
from distro.store import AsyncStore, processes


class RelayNotes:
    """The notes of one process; made on its event loop."""

    def __init__(self, store: AsyncStore, process: str) -> None:
        self.store = store
        self.process = process
        self.trouble = ""  # why nothing is sent; "": it goes on
        self._limits: dict[str, RelayLimits] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def stuck(self, why: str) -> None:
        """Note why nothing is sent."""
        self.trouble = why
        self._soon(self._write_trouble())

    def going_on(self) -> None:
        """Note that a letter was taken again."""
        if self.trouble:
            self.trouble = ""
            self._soon(self._write_trouble())

    def learnt(self, relay: str, limits: RelayLimits, distributions: Iterable[str]) -> None:
        """Note the limits of a relay, also among the events of what is being sent."""
        self._limits[relay] = limits
        setting = setting_of(limits)
        if setting:
            log.get().info("a relay's limit is learnt", relay=relay, limit=setting)
        self._soon(self._write_limits(relay, limits))
        for distribution in distributions if setting else ():
            self._soon(self._write_event(distribution, f"{relay}: {setting}"))

    async def keep(self) -> None:
        """Write again what still holds: a note that is not renewed is old."""
        if self.trouble:
            await self._write_trouble()
        for relay, limits in self._limits.items():
            await self._write_limits(relay, limits)

    async def close(self) -> None:
        """Take back that something is wrong: nobody sends any more."""
        self.trouble = ""
        await self._write_trouble()

    async def _write_trouble(self) -> None:
        with contextlib.suppress(StoreGoneError):
            await processes.note_trouble(self.store, self.process, self.trouble)

    async def _write_limits(self, relay: str, limits: RelayLimits) -> None:
        with contextlib.suppress(StoreGoneError):
            await processes.note_limits(self.store, self.process, relay, limits)

    async def _write_event(self, distribution: str, reason: str) -> None:
        with contextlib.suppress(StoreGoneError):
            await processes.note_event(self.store, distribution, "learnt", reason)

    def _soon(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def setting_of(limits: RelayLimits) -> str:
    """Return limits as settings name them: connections = 15, letters_per_connection = 100."""
    settings = []
    if limits.connections:
        settings.append(f"connections = {limits.connections}")
    if limits.letters:
        settings.append(f"letters_per_connection = {limits.letters}")
    if limits.idle:
        settings.append(f"idle connections are closed after {limits.idle:.0f} s")
    return ", ".join(settings)
