"""Twins of the SMTP pool that obey the same contract (tests/contract/test_relays.py): a folder of
.eml files, a list.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic

from distro.model import Outcome, State
from distro.relay.message import Message
from distro.relay.work import J, Work


class _Twin(Generic[J]):
    """Lanes that hand each letter to `keep` instead of a server."""

    name = "twin"

    def __init__(self, lanes: int, work: Work[J]) -> None:
        self.lanes = lanes
        self.work = work
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def take(self, message: Message) -> Outcome:
        """Store a letter and answer as a relay would."""
        raise NotImplementedError

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._lane()) for _ in range(self.lanes)]

    async def stop(self, seconds: float) -> None:
        self._stopping = True
        await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _lane(self) -> None:
        while not self._stopping:
            await self.work.demand()
            job = await self.work.take()
            if job is None:
                continue
            if not await self.work.may_begin(job):
                self.work.done(job, Outcome(State.QUEUED, text="withdrawn", relay=self.name))
                continue
            self.work.begun(job)
            self.work.done(job, self.take(job.message))


class FolderPool(_Twin[J]):
    """Letters as files, one each, named by their Message-ID: for trying things out without a
    server.
    """

    def __init__(self, folder: Path, lanes: int, work: Work[J]) -> None:
        super().__init__(lanes, work)
        self.folder = folder
        self.name = f"folder:{folder.name}"
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, message: Message) -> Outcome:
        raw = b"".join(message.pieces)
        found = raw[:2000].lower().find(b"message-id: <")
        name = (
            raw[found + 13 : raw.find(b"@", found)].decode("ascii", "replace")
            if found >= 0
            else str(len(raw))
        )
        fresh = self.folder / f".{name}.part"
        try:
            fresh.write_bytes(raw)
            fresh.rename(self.folder / f"{name}.eml")
        except OSError as error:
            return Outcome(State.DEFERRED, 452, f"4.3.1 {error.strerror}", relay=self.name)
        return Outcome(State.ACCEPTED, 250, f"2.0.0 kept as {name}", name[:16], self.name)


class MemoryPool(_Twin[J]):
    """Letters in a list, for tests; `answer` may give another outcome for a message."""

    name = "memory:0"

    def __init__(
        self, lanes: int, work: Work[J], answer: Callable[[Message], Outcome | None] | None = None
    ) -> None:
        super().__init__(lanes, work)
        self.kept: list[tuple[str, bytes]] = []
        self.answer = answer

    def take(self, message: Message) -> Outcome:
        refused = self.answer(message) if self.answer else None
        if refused:
            return refused
        self.kept.append((message.recipient, b"".join(message.pieces)))
        return Outcome(State.ACCEPTED, 250, "2.0.0 ok", f"M{len(self.kept)}", self.name)
