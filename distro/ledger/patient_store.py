"""Ask Redis until it answers: nothing new is begun, and nothing is forgotten, meanwhile."""

import asyncio
from typing import TypeVar

from distro import log
from distro.errors import StoreGoneError
from distro.store import AsyncStore, Call

T = TypeVar("T")
_FIRST, _LONGEST = 0.1, 1.0  # seconds between two tries


class PatientStore:
    """A store that is asked again and again while it is away."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._away = False

    async def call(self, call: Call[T]) -> T:
        """Run a script, however long Redis is away; each script bears to be run twice."""
        pause = _FIRST
        while True:
            try:
                answer = await self._store.call(call)
            except StoreGoneError as error:
                if not self._away:
                    log.get().warning(
                        "Redis does not answer: nothing new is begun until it does",
                        why=error.message,
                    )
                self._away = True
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LONGEST)
            else:
                if self._away:
                    log.get().info("Redis answers again")
                self._away = False
                return answer
