"""One pipelined connection to Redis for the event loop of a sending process, spoken with hiredis.

A sending process asks Redis a thousand times a second, one group commit at a time: this costs it
half of what a general client does (docs/performance.md). It knows no retries: whoever asks decides
about them.
"""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import hiredis
import redis

from distro.errors import StoreGoneError
from distro.lib.inline_task import Waiter, create_waiter
from distro.store import clock
from distro.store.client import Call, T, digest, sentinel_parts, source, translated

_ANSWER = 20.0  # seconds for one answer
_CONNECT = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server, and how it is entered."""

    path: str = ""  # of a unix socket; "" : host and port
    host: str = ""
    port: int = 6379
    user: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    tls: bool = False


async def address_of(url: str) -> Address:
    """Read unix://, redis://, rediss:// or sentinel://; a sentinel is asked who the primary is, at
    each connection.
    """
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "unix":
        return Address(
            path=parts.path,
            user=user,
            password=password,
            database=int(parse_qs(parts.query).get("db", ["0"])[0]),
        )
    if parts.scheme == "sentinel":
        from redis.asyncio import Sentinel

        hosts, service, number = sentinel_parts(url)
        sentinel = Sentinel(hosts, socket_timeout=5)  # type: ignore[no-untyped-call]
        host, port = await sentinel.discover_master(service)
        return Address(host=host, port=port, user=user, password=password, database=number)
    database = parts.path.strip("/") or parse_qs(parts.query).get("db", ["0"])[0]
    return Address(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 6379,
        user=user,
        password=password,
        database=int(database),
        tls=parts.scheme == "rediss",
    )


class _Connection(asyncio.Protocol):
    """Requests out, replies in, in the same order."""

    def __init__(self) -> None:
        self.open = True
        self._reader = hiredis.Reader()
        self._waiting: deque[Waiter] = deque()
        self._transport: asyncio.WriteTransport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are no subclasses

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            asked = self._waiting.popleft()
            if not asked.done():
                asked.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        waiting, self._waiting = self._waiting, deque()
        for asked in waiting:
            if not asked.done():
                asked.set_exception(
                    StoreGoneError(f"Redis does not answer ({exc or 'connection closed'})")
                )

    async def ask(self, args: tuple[Any, ...]) -> Any:
        """Send one request and return its answer.

        Raises StoreGoneError when the connection breaks or nothing is answered in time.
        """
        if not self.open or self._transport is None:
            raise StoreGoneError("Redis does not answer (connection closed)")
        answer = create_waiter()
        self._waiting.append(answer)
        self._transport.write(hiredis.pack_command(args))
        timer = self._loop.call_later(_ANSWER, self.abort)
        try:
            return await answer
        finally:
            timer.cancel()

    def abort(self) -> None:
        self.open = False
        if self._transport:
            self._transport.abort()


class AsyncStore:
    """The store for the event loop of a sending process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()

    async def call(self, call: Call[T]) -> T:
        """Run a script; raises StoreGoneError if Redis is away."""
        try:
            answer = await self._ask(
                "EVALSHA", digest(call.script), *clock.script_keys(), *call.args
            )
        except hiredis.ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            answer = await self._ask("EVAL", source(call.script), *clock.script_keys(), *call.args)
        return call.read(answer)

    async def now(self) -> float:
        """Return Redis' time, unix seconds."""
        seconds, micros = await self.command("TIME")
        return int(seconds) + int(micros) / 1e6 + clock.offset() / 1000

    async def command(self, *args: bytes | str | float) -> Any:
        """Run one Redis command and return its raw answer; raise StoreGoneError if Redis is
        away.
        """
        return await self._ask(*args)

    async def _ask(self, *args: Any) -> Any:
        connection = self._connection
        if connection is None or not connection.open:
            # Its timeout needs a task.
            connection = await asyncio.get_running_loop().create_task(self._connected())
        answer = await connection.ask(args)
        if isinstance(answer, hiredis.ReplyError):
            raise translated(answer) or answer
        return answer

    async def _connected(self) -> _Connection:
        async with self._connecting:
            if self._connection is None or not self._connection.open:
                try:
                    async with asyncio.timeout(_CONNECT):
                        self._connection = await _opened(await address_of(self._url))
                except (OSError, TimeoutError, redis.RedisError) as error:
                    raise StoreGoneError(
                        f"Redis does not answer ({error or type(error).__name__})",
                        code="redis_away",
                    ) from None
            return self._connection

    async def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.abort()


async def _opened(where: Address) -> _Connection:
    loop = asyncio.get_running_loop()
    if where.path:
        _, connection = await loop.create_unix_connection(_Connection, where.path)
    else:
        _, connection = await loop.create_connection(
            _Connection,
            where.host,
            where.port,
            ssl=ssl.create_default_context() if where.tls else None,
        )
    greetings = (
        [("AUTH", *((where.user,) if where.user else ()), where.password)] if where.password else []
    )
    for args in (*greetings, ("SELECT", where.database)):
        answer = await connection.ask(args)
        if isinstance(answer, hiredis.ReplyError):
            connection.abort()
            raise translated(answer) or StoreGoneError(
                f"Redis refuses us ({answer})", hint="Look at the password in `redis = …`."
            )
    return connection
