"""What a sending process tells others by way of Redis: why it sends nothing now, and what a relay
taught it.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine, Iterable

from distro import log
from distro.errors import StoreGoneError
from distro.relay.capacity import Learnt
from distro.store import AsyncStore


class RelayNotes:
    """The notes of one process; made on its event loop."""

    def __init__(self, store: AsyncStore, process: str) -> None:
        self.store = store
        self.process = process
        self.trouble = ""  # why nothing is sent; "": it goes on
        self._learnt: dict[str, Learnt] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def stuck(self, why: str) -> None:
        """Note why nothing is sent."""
        self.trouble = why
        self._soon(self._write())

    def going_on(self) -> None:
        """Note that a letter was taken again."""
        if self.trouble:
            self.trouble = ""
            self._soon(self._write())

    def learnt(self, relay: str, what: Learnt, distributions: Iterable[str]) -> None:
        """Note a limit of a relay, also among the events of what is being sent."""
        self._learnt[relay] = what
        told = setting_of(what)
        if told:
            log.get().info("a relay's limit is learnt", relay=relay, limit=told)
        self._soon(self._write_learnt(relay, what, told, list(distributions)))

    async def keep(self) -> None:
        """Write again what still holds: a note that is not renewed is old."""
        if self.trouble:
            await self._write()
        for relay, what in self._learnt.items():
            await self._write_learnt(relay, what, "", [])

    async def _write(self) -> None:
        with contextlib.suppress(StoreGoneError):
            if self.trouble:
                await self.store.command(
                    "HSET",
                    "trouble",
                    self.process,
                    json.dumps({"at": int(time.time()), "why": self.trouble}),
                )
            else:
                await self.store.command("HDEL", "trouble", self.process)

    async def _write_learnt(
        self, relay: str, what: Learnt, told: str, distributions: list[str]
    ) -> None:
        with contextlib.suppress(StoreGoneError):
            fields = {
                "at": int(time.time()),
                "connections": what.connections,
                "letters": what.letters,
                "idle": round(what.idle, 1),
            }
            await self.store.command(
                "HSET", "learnt", f"{relay} {self.process}", json.dumps(fields)
            )
            for distribution in distributions if told else ():
                event = {
                    "at": int(time.time() * 1000),
                    "act": "learnt",
                    "actor": "",
                    "reason": f"{relay}: {told}",
                }
                await self.store.command("RPUSH", f"ev:{distribution}", json.dumps(event))

    async def close(self) -> None:
        """Take back that something is the matter: nobody sends any more."""
        self.trouble = ""
        await self._write()

    def _soon(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def setting_of(what: Learnt) -> str:
    """Return a limit as settings say it: connections = 15, letters_per_connection = 100."""
    told = []
    if what.connections:
        told.append(f"connections = {what.connections}")
    if what.letters:
        told.append(f"letters_per_connection = {what.letters}")
    if what.idle:
        told.append(f"idle connections are closed after {what.idle:.0f} s")
    return ", ".join(told)
