"""A store at whose questions a process dies."""

from collections.abc import Callable
from typing import Any, TypeVar

import redis

from distro.store import Call, Store

T = TypeVar("T")


class Crash(BaseException):
    """The process dies here."""


class CrashingStore(Store):
    """Dies at its n-th question, before it is asked or after it is answered."""

    def __init__(self, url: str, at: int, *, after: bool) -> None:
        super().__init__(redis.Redis.from_url(url, protocol=2))
        self.left, self.after = at, after

    def _dying(self, ask: Callable[[], T]) -> T:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Crash
        answer = ask()
        if self.left == 0:
            raise Crash
        return answer

    def call(self, call: Call[T]) -> T:
        return self._dying(lambda: super(CrashingStore, self).call(call))

    def command(self, *words: Any) -> Any:
        return self._dying(lambda: super(CrashingStore, self).command(*words))

    def pipeline(self, commands: list[tuple[bytes | str | float, ...]]) -> list[Any]:
        return self._dying(lambda: super(CrashingStore, self).pipeline(commands))
