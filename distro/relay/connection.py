"""One TCP connection to a mail server: bytes and TLS out, replies in, counted and in order.

What was handed to the kernel is known exactly: `_unwritten` says whether bytes of ours are still
here when the connection breaks.
"""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from typing import cast

from distro.lib.inline_task import Waiter, create_waiter
from distro.relay.endpoint import ConnectionBrokenError, Endpoint
from distro.relay.reply import Reply, ReplyReader

CLOSING = 421  # "service not available, closing transmission channel" (RFC 5321 §4.2.3)
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", 0)  # Linux
_SEND_BUFFER = 256 * 1024  # bytes
_NEVER = float("inf")


class Connection(asyncio.Protocol):
    """A connection's bytes and replies."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.deadline = _NEVER  # loop time at which the pool gives this connection up
        self.closed = False
        self.why_closed = ""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._reader = ReplyReader(endpoint.secrets)
        self._replies: list[Reply] = []
        self._owed = 1  # replies that the server has still to give; the first is its greeting
        self._wanted = 0
        self._waiter: Waiter | None = None
        self._unwritten = False  # bytes of ours that the kernel has not taken yet

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, set so that every unwritten byte is known."""
        self._transport = cast("asyncio.Transport", transport)
        # So that pause_writing tells of every unwritten byte. TLS pauses from `high` on, plain text
        # above it: with 0, TLS would pause and go on in turn whatever is written, and a letter that
        # was sent could pass for one that was not.
        self._transport.set_write_buffer_limits(
            high=1 if transport.get_extra_info("sslcontext") else 0, low=0
        )
        self._unwritten = False

    def pause_writing(self) -> None:
        """Note that bytes of ours are still here."""
        self._unwritten = True

    def resume_writing(self) -> None:
        """Note that the kernel has all bytes."""
        self._unwritten = False

    def data_received(self, data: bytes) -> None:
        """Read replies, count them, and wake whoever waits for them."""
        try:
            found = self._reader.feed(data)
        except ValueError as error:
            self.abort(str(error))
            return
        self._owed -= len(found)
        if self._owed < 0:
            # One reply too many would stand for the next letter's answer, and each answer for the
            # one before it. Only a server that is closing may speak unasked (RFC 5321 §3.8).
            if found[-1].code != CLOSING or self._owed < -1:
                self.abort(f"a reply to no command: {found[-1]}")
                return
            self._owed = 0
        self._replies += found
        if self._waiter and len(self._replies) >= self._wanted and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whoever waits for a reply."""
        self.closed = True
        self.why_closed = self.why_closed or (str(exc) if exc else "closed by the relay")
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(ConnectionBrokenError(self.why_closed))

    # -- our side

    def certificate_until(self) -> datetime | None:
        """Return until when the relay's certificate is good; None without TLS."""
        certificate = self._transport.get_extra_info("peercert") if self._transport else None
        return (
            datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
            if certificate
            else None
        )

    async def quit(self) -> None:
        """Say goodbye and close; never raises."""
        if not self.closed:
            try:
                async with asyncio.timeout(2):
                    await self._command("QUIT", 2)
            except (ConnectionBrokenError, TimeoutError):
                pass
        self.abort("")

    def abort(self, why: str) -> None:
        """Close at once."""
        self.why_closed = self.why_closed or why
        self.closed = True
        if self._transport:
            self._transport.abort()

    def _no_delay(self) -> None:
        raw = self._transport.get_extra_info("socket") if self._transport else None
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            self._socket = raw
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A whole letter in one write.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def _quick_ack(self) -> None:
        """Acknowledge the next replies at once. A server that answers MAIL and RCPT before it has
        read the chunk holds its last reply back until those are acknowledged (RFC 896), and a
        kernel that saves acknowledgements lets it wait 40 ms.
        """
        if _QUICK_ACK and self._socket is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def _write(self, data: bytes) -> None:
        if self._transport and not self.closed:
            self._transport.write(data)

    async def _command(self, line: str, seconds: float) -> Reply:
        self._owed += 1
        self._write(line.encode() + b"\r\n")
        return await self._read(seconds)

    async def _read(self, seconds: float) -> Reply:
        return (await self._read_many(1, seconds))[0]

    async def _read_many(self, count: int, seconds: float) -> list[Reply]:
        """Return the next `count` replies; the server answers in order (RFC 2920 §3.1)."""
        if len(self._replies) < count:
            if self.closed:
                raise ConnectionBrokenError(self.why_closed or "closed")
            self._wanted = count
            self.deadline = self._loop.time() + seconds
            self._waiter = create_waiter()
            try:
                await self._waiter
            except ConnectionBrokenError:
                # A server that is closing says why first: 421 counts as the answer to whatever was
                # asked.
                if self._replies and self._replies[-1].code == CLOSING:
                    return [*self._replies, *[self._replies[-1]] * (count - len(self._replies))]
                raise
            finally:
                self._waiter = None
                self.deadline = _NEVER
        if len(self._replies) == count:
            taken, self._replies = self._replies, []
        else:
            taken, self._replies = self._replies[:count], self._replies[count:]
        return taken
