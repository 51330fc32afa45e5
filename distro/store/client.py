"""Connect threads to Redis: embedded, redis://, rediss://, unix:// or sentinel://. The event loop
of a sending process has its own connection, `async_client`.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

import redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.retry import Retry

from distro.errors import StoreGoneError
from distro.store import clock, keys
from distro.store.scope import EVERYTHING, Scope

T = TypeVar("T")
_SCRIPTS = Path(__file__).parent / "scripts"
_PATIENCE = 50  # retries …
_PAUSE = 0.2  # … seconds apart: ten seconds in all
_TIMEOUT = 20  # seconds for one answer; an AOF rewrite or a slow disk may take a while


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A script to run with its arguments, and how its answer is read."""

    script: str  # file name without .lua: claim
    args: tuple[bytes | str | int, ...]
    read: Callable[[Any], T]


@cache
def source(script: str) -> bytes:
    """Return the text that Redis runs: the shared helpers, then the script."""
    return (
        (_SCRIPTS / "_shared.lua").read_bytes() + b"\n" + (_SCRIPTS / f"{script}.lua").read_bytes()
    )


@cache
def digest(script: str) -> str:
    """Return what EVALSHA calls the script (its SHA-1, as Redis wants it)."""
    return hashlib.sha1(source(script), usedforsecurity=False).hexdigest()


_GONE = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.exceptions.OutOfMemoryError,
    redis.ReadOnlyError,
)


def translated(error: Exception) -> StoreGoneError | None:
    """Return what an error means for people when Redis is away or refuses to write; None: it is a
    bug of ours.
    """
    # A sentinel's tells of every object of the library.
    text = str(error).split(" : <", maxsplit=1)[0]
    if not isinstance(error, _GONE) and not text.startswith(
        ("MISCONF", "OOM", "READONLY", "NOREPLICAS", "LOADING")
    ):
        return None
    if text.startswith("MISCONF") or "No space left" in text:
        return StoreGoneError(
            "Redis refuses to write: its disk is full or cannot be written",
            hint="Free space where its data lies; it goes on by itself. Nothing is lost.",
        )
    if isinstance(error, redis.exceptions.OutOfMemoryError) or text.startswith("OOM"):
        return StoreGoneError(
            "Redis refuses to write: its memory limit is reached",
            hint="Raise `maxmemory`; everything goes on by itself. Nothing is lost.",
        )
    return StoreGoneError(
        f"Redis does not answer ({text or type(error).__name__})",
        code="redis_away",
    )


@contextlib.contextmanager
def _troubles_told() -> Iterator[None]:
    """Raise Redis' troubles as StoreGoneError; a bug of ours stays what it is."""
    try:
        yield
    except redis.RedisError as error:
        gone = translated(error)
        if gone is None:
            raise
        raise gone from error


class Store:
    """Typed access for threads: one-shot commands, sweep, tasks, pages."""

    def __init__(self, client: Any, scope: Scope = EVERYTHING) -> None:
        self._client = client
        self.scope = scope

    def seen_by(self, scope: Scope) -> "Store":
        """Return the same store as somebody sees it who may not see all."""
        return Store(self._client, scope)

    def call(self, call: Call[T]) -> T:
        """Run a script; raises StoreGoneError if Redis stays away."""
        try:
            with _troubles_told():
                answer = self._client.evalsha(digest(call.script), *clock.script_keys(), *call.args)
        except redis.exceptions.NoScriptError:
            answer = self.command("EVAL", source(call.script), *clock.script_keys(), *call.args)
        return call.read(answer)

    def command(self, *args: bytes | str | float) -> Any:
        """Run one Redis command and give its raw answer."""
        with _troubles_told():
            return self._client.execute_command(*args)

    def pipeline(self, commands: list[tuple[bytes | str | float, ...]]) -> list[Any]:
        """Run several commands in one round trip (not a transaction)."""
        if not commands:
            return []
        with _troubles_told(), self._client.pipeline(transaction=False) as pipe:
            for args in commands:
                pipe.execute_command(*args)
            return cast("list[Any]", pipe.execute())

    def text(self, key: str) -> str:
        """Return a string as text; "" when it is not there."""
        value = self.command("GET", key)
        return value.decode() if value is not None else ""

    def raw(self, key: str) -> bytes:
        """Return the bytes of a string; b"" where it is not there."""
        return cast("bytes", self.command("GET", key) or b"")

    def span(self, key: str, first: int, past: int) -> bytes:
        """Return the bytes from `first` up to, without, `past` of a string."""
        return (
            cast("bytes", self.command("GETRANGE", key, first, past - 1)) if past > first else b""
        )

    def hash(self, key: str) -> dict[str, str]:
        """Return a hash as texts; {} where it is not there."""
        answer = self.command("HGETALL", key)
        pairs = (
            answer.items()
            if isinstance(answer, Mapping)
            else zip(answer[::2], answer[1::2], strict=True)
        )
        return {k.decode(): v.decode("utf-8", "replace") for k, v in pairs}

    def members(self, key: str) -> list[str]:
        """Return the members of a set."""
        return [m.decode() for m in self.command("SMEMBERS", key)]

    def names(self, pattern: str) -> Iterator[str]:
        """Yield the keys that fit a pattern (`*` is anything), looked for in pieces that keep
        nobody waiting.
        """
        cursor = b"0"
        while True:
            cursor, found = self.command("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            yield from (name.decode() for name in found)
            if int(cursor) == 0:
                return

    def count_in_window(self, key: str, seconds: int) -> int:
        """Count one more under a key that forgets after so many seconds since the first; gives how
        many.
        """
        count, _ = self.pipeline([("INCR", key), ("EXPIRE", key, seconds, "NX")])
        return int(count)

    def elements(self, key: str) -> list[str]:
        """Return the elements of a list, first to last."""
        return [m.decode("utf-8", "replace") for m in self.command("LRANGE", key, 0, -1)]

    def scores(self, key: str) -> dict[str, int]:
        """Return a sorted set as member -> score, lowest first."""
        return _scores(self.command("ZRANGE", key, 0, -1, "WITHSCORES"))

    def scores_between(self, key: str, low: str, high: str, most: int) -> dict[str, int]:
        """Return at most so many members of a sorted set within two scores ("(5": above 5)."""
        limit = ("WITHSCORES", "LIMIT", 0, most)
        return _scores(self.command("ZRANGEBYSCORE", key, low, high, *limit))

    def now_ms(self) -> int:
        """Return Redis TIME, unix milliseconds: the one clock of the ledger."""
        seconds, micros = self.command("TIME")
        return int(seconds) * 1000 + int(micros) // 1000 + clock.offset()

    def rewrite_log(self) -> bool:
        """Have the server write its append-only file anew, beside what goes on; False: it does not
        let us.
        """
        try:
            self.command("BGREWRITEAOF")
        except redis.ResponseError:
            return False
        return True

    def holds_data(self) -> bool:
        """Return whether anybody was ever in the book, or anything was submitted."""
        return bool(self.command("EXISTS", keys.LAST_SUBSCRIBER, keys.LAST_DISTRIBUTION))

    def skip(self, key: str, numbers: int) -> None:
        """Leave out so many numbers of a sequence."""
        self.command("INCRBY", key, numbers)

    def keep_pepper(self, pepper: str) -> None:
        """Keep the key of address hashes; the first one counts, for ever."""
        self.command("SET", keys.PEPPER, pepper, "NX")

    def server_version(self) -> str:
        """Return the version of the server as it names itself."""
        return str(self.command("INFO", "server").get("valkey_version", ""))

    def ping(self) -> bool:
        """Return whether Redis answers."""
        return bool(self.command("PING"))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def connect(url: str, *, patience: int = _PATIENCE) -> Store:
    """Return a store for threads; nothing is asked of Redis yet."""
    return Store(_client(url, Retry(ConstantBackoff(_PAUSE), patience)))


def _client(url: str, retry: Retry) -> Any:
    options: dict[str, Any] = {
        "socket_timeout": _TIMEOUT,
        "socket_connect_timeout": 5,
        "retry": retry,
        "retry_on_error": [redis.ConnectionError, redis.TimeoutError],
        "protocol": 2,
    }
    if url.startswith("sentinel://"):
        return _sentinel(url, options)
    return redis.Redis.from_url(url, **options)


def _sentinel(url: str, options: dict[str, Any]) -> Any:
    hosts, service, database = sentinel_parts(url)
    # Not tried again here: the retries of the connection ask it anew each time.
    sentinel: Any = redis.Sentinel(
        hosts,
        sentinel_kwargs={
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "retry": Retry(NoBackoff(), 0),
        },
    )  # type: ignore[no-untyped-call]
    return sentinel.master_for(service, db=database, password=urlsplit(url).password, **options)


def sentinel_parts(url: str) -> tuple[list[tuple[str, int]], str, int]:
    """Return hosts with their ports, service and database of
    sentinel://[:password@]host:26379,host2:26379/service[/database].
    """
    parts = urlsplit(url)
    hosts = [h.rpartition(":") for h in parts.netloc.rpartition("@")[2].split(",")]
    service, _, database = parts.path.strip("/").partition("/")
    return (
        [(h[0] or h[2], int(h[2]) if h[0] else 26379) for h in hosts],
        service or "mymaster",
        int(database or 0),
    )


def _scores(flat: Sequence[Any]) -> dict[str, int]:
    nested = bool(flat) and isinstance(flat[0], (list, tuple))
    pairs = flat if nested else list(zip(flat[::2], flat[1::2], strict=True))
    return {member.decode(): int(float(score)) for member, score in pairs}
