"""A store at whose questions a process dies."""

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

    def _maybe(self) -> bool:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Crash
        return self.left == 0

    def call(self, call: Call[T]) -> T:
        dies = self._maybe()
        answer = super().call(call)
        if dies:
            raise Crash
        return answer

    def command(self, *words: Any) -> Any:
        dies = self._maybe()
        answer = super().command(*words)
        if dies:
            raise Crash
        return answer

    def pipeline(self, commands: list[tuple[bytes | str | float, ...]]) -> list[Any]:
        dies = self._maybe()
        answer = super().pipeline(commands)
        if dies:
            raise Crash
        return answer
