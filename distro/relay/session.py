"""One SMTP connection (RFC 5321), pipelined where the server offers it (RFC 2920).

MAIL, RCPT and DATA travel in one group: two round trips a message; with CHUNKING (RFC 3030) one.
Never a second message
before the first is answered.
What is known about a broken connection is told exactly: before the last byte was handed to the
kernel nothing was sent
(`queued`), after it the end is unknown (`in_doubt`).
"""

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, cast

from distro.lib import failpoints
from distro.lib.inline_task import Waiter, create_waiter
from distro.lib.smtp_codes import enhanced
from distro.model import Outcome, State
from distro.relay.message import Message, commands_of
from distro.relay.reply import Reply, ReplyReader, Scope, Stage, judge, queue_id

# RFC 5321 §4.5.3.2, seconds
CONNECT, GREETING, COMMAND, DATA_START, DATA_END = 30, 300, 300, 120, 600
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", 0)  # Linux
_SEND_BUFFER = 256 * 1024  # bytes
CLOSING = 421  # "service not available, closing transmission channel" (RFC 5321 §4.2.3)
_NEVER = float("inf")


class ConnectionBrokenError(Exception):
    """The connection is gone, or the server said something that is no SMTP."""


class RelayRefusedError(Exception):
    """The relay does not let us in: it is closing, busy, without TLS, or refuses our password."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        super().__init__(f"{stage}: {reply}")
        self.reply = reply
        self.verdict = judge(stage, reply)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a relay is and how we speak to it."""

    host: str
    port: int
    tls: str = "starttls"  # implicit, starttls, off
    user: str = ""
    password: str = field(default="", repr=False)
    helo: str = ""
    source_address: str = ""
    context: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def plain(self) -> str:
        """Return what AUTH PLAIN tells (RFC 4616)."""
        return base64.b64encode(f"\0{self.user}\0{self.password}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what a server may repeat of our password: some answer with the command that they
        do not know.
        """
        return (
            (self.plain, base64.b64encode(self.password.encode()).decode(), self.password)
            if self.password
            else ()
        )


class Sent(NamedTuple):
    """How a transaction ended, and about whom a refusal was."""

    outcome: Outcome
    scope: Scope = Scope.RECIPIENT


class Session(asyncio.Protocol):
    """A connection's life: `open`, many `send`, `quit`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._relay = endpoint.name
        self.extensions: dict[str, str] = {}
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
        self._transport = cast("asyncio.Transport", transport)
        # So that pause_writing tells of every unwritten byte. TLS pauses from `high` on, plain text
        # above it: with 0, TLS
        # would pause and go on in turn whatever is written, and a letter that was sent could pass
        # for one that was not.
        self._transport.set_write_buffer_limits(
            high=1 if transport.get_extra_info("sslcontext") else 0, low=0
        )
        self._unwritten = False

    def pause_writing(self) -> None:
        self._unwritten = True

    def resume_writing(self) -> None:
        self._unwritten = False

    def data_received(self, data: bytes) -> None:
        try:
            found = self._reader.feed(data)
        except ValueError as error:
            self.abort(str(error))
            return
        self._owed -= len(found)
        if self._owed < 0:
            # One reply too many would stand for the next letter's answer, and each answer for the
            # one before it. Only a
            # server that is closing may speak unasked (RFC 5321 §3.8).
            if found[-1].code != CLOSING or self._owed < -1:
                self.abort(f"a reply to no command: {found[-1]}")
                return
            self._owed = 0
        self._replies += found
        if self._waiter and len(self._replies) >= self._wanted and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.why_closed = self.why_closed or (str(exc) if exc else "closed by the relay")
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(ConnectionBrokenError(self.why_closed))

    # -- our side

    async def open(self) -> None:
        """Connect, greet, encrypt, authenticate. Raises OSError, ssl.SSLError,
        ConnectionBrokenError, RelayRefusedError.
        """
        e = self.endpoint
        implicit = e.context if e.tls == "implicit" else None
        async with asyncio.timeout(CONNECT):
            await self._loop.create_connection(
                lambda: self,
                e.host,
                e.port,
                ssl=implicit,
                server_hostname=e.host if implicit else None,
                local_addr=(e.source_address, 0) if e.source_address else None,
            )
        self._no_delay()
        greeting = await self._read(GREETING)
        if greeting.code != 220:
            raise RelayRefusedError(Stage.GREETING, greeting)
        await self._ehlo()
        if e.tls == "starttls":
            await self._start_tls()
        if e.user:
            await self._authenticate()

    def _no_delay(self) -> None:
        raw = self._transport.get_extra_info("socket") if self._transport else None
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            self._socket = raw
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER
            )  # a whole letter in one write

    def _quick_ack(self) -> None:
        """Acknowledge the next replies at once. A server that answers MAIL and RCPT before it has
        read the chunk holds its
        last reply back until those are acknowledged (RFC 896), and a kernel that saves
        acknowledgements lets it wait 40 ms.
        """
        if _QUICK_ACK and self._socket is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    async def _ehlo(self) -> None:
        name = self.endpoint.helo or socket.getfqdn() or "localhost"
        self.extensions = {}
        self._reader.lines = []  # of the greeting
        reply = await self._command(f"EHLO {name}", GREETING)
        if reply.positive:
            keywords = [line.split(" ", 1) for line in self._reader.lines[1:] if line]
            self.extensions = {w[0].upper(): w[1] if len(w) > 1 else "" for w in keywords}
            return
        reply = await self._command(f"HELO {name}", GREETING)
        if not reply.positive:
            raise RelayRefusedError(Stage.GREETING, reply)

    async def _start_tls(self) -> None:
        """RFC 3207; what arrived before the handshake is thrown away, and EHLO is said again."""
        if "STARTTLS" not in self.extensions:
            raise RelayRefusedError(
                Stage.GREETING,
                Reply(
                    454, "the relay offers no STARTTLS; smtp://…?tls=off would send in clear text"
                ),
            )
        reply = await self._command("STARTTLS", GREETING)
        if reply.code != 220:
            raise RelayRefusedError(Stage.GREETING, reply)
        # Whatever is here already came in clear text, from whoever stands between: it must not
        # count inside TLS.
        if (
            self._replies
            or self._reader.pending
            or not self._transport
            or self.endpoint.context is None
        ):
            raise ConnectionBrokenError("bytes in clear text after STARTTLS")
        async with asyncio.timeout(CONNECT):
            secured = await self._loop.start_tls(
                self._transport, self, self.endpoint.context, server_hostname=self.endpoint.host
            )
        if secured is None:
            raise ConnectionBrokenError("no TLS")
        self.connection_made(secured)
        self._reader = ReplyReader(self.endpoint.secrets)
        await self._ehlo()

    async def _authenticate(self) -> None:
        """RFC 4954: PLAIN, or LOGIN where only that is offered."""
        e = self.endpoint
        # Old servers write AUTH=LOGIN.
        told = [(word.partition("="), rest) for word, rest in self.extensions.items()]
        offered = [
            mechanism
            for (word, _, first), rest in told
            if word == "AUTH"
            for mechanism in f"{first} {rest}".upper().split()
        ]
        if (
            not offered
        ):  # a server that does not know the command would only see the password, and may repeat it
            raise RelayRefusedError(
                Stage.AUTH,
                Reply(
                    503,
                    "5.5.1 it offers no AUTH here; take user and password out of its url, or ask"
                    " for the port that does",
                ),
            )
        if "PLAIN" in offered:
            reply = await self._command(f"AUTH PLAIN {e.plain}", COMMAND)
        else:
            reply = await self._command("AUTH LOGIN", COMMAND)
            for secret in (e.user, e.password):
                if reply.code == 334:
                    reply = await self._command(base64.b64encode(secret.encode()).decode(), COMMAND)
        if reply.code != 235:  # without the server's words: they may hold the password
            raise RelayRefusedError(
                Stage.AUTH,
                Reply(
                    reply.code, f"{enhanced(reply.text)} it refuses our user or password".strip()
                ),
            )

    async def send(
        self, message: Message, may_begin: Callable[[], Awaitable[bool]], begun: Callable[[], None]
    ) -> Sent:
        """One transaction. `may_begin` is asked after 354; `begun` is called before the first byte
        of the body.
        """
        if self._replies or self._reader.pending:
            return self._spoke_unasked()
        size = sum(map(len, message.pieces))
        commands = commands_of(message, size, self.extensions)
        if isinstance(commands, Reply):
            return self._ended(State.FAILED, commands.text, code=commands.code)
        if "CHUNKING" in self.extensions and "PIPELINING" in self.extensions:
            return await self._chunk(commands, message, size, may_begin, begun)
        try:
            stage, reply = await self._group(commands)
        except ConnectionBrokenError as error:
            return self._ended(State.QUEUED, str(error), Scope.RELAY)
        if stage is not Stage.DATA or reply.code != 354:
            return self._sent(stage, reply)
        if not await may_begin():
            self.abort("withdrawn at 354")  # the only way out after 354 without sending
            return self._ended(State.QUEUED, "withdrawn")
        if self.closed:
            return self._ended(State.QUEUED, self.why_closed, Scope.RELAY)
        begun()
        self._owed += 1
        self._body(b"".join((*message.pieces, b".\r\n")))
        try:
            (end,) = await self._read_many(1, DATA_END)
        except ConnectionBrokenError as error:
            if self._unwritten:
                return self._ended(
                    State.QUEUED,
                    f"{error}, before the end of the message",
                    Scope.RELAY,
                    inside=True,
                )
            return self._ended(
                State.IN_DOUBT, f"{error}, after the end of the message", Scope.RELAY
            )
        return self._sent(Stage.END, end)

    async def _chunk(
        self,
        commands: tuple[bytes, bytes, bytes],
        message: Message,
        size: int,
        may_begin: Callable[[], Awaitable[bool]],
        begun: Callable[[], None],
    ) -> Sent:
        """RFC 3030: MAIL, RCPT and the whole message as its last chunk in one group, one round
        trip.
        """
        if not await may_begin():
            return self._ended(State.QUEUED, "withdrawn")
        if self.closed:
            return self._ended(State.QUEUED, self.why_closed, Scope.RELAY)
        begun()
        self._owed += 3
        self._body(b"".join((*commands[:2], b"BDAT %d LAST\r\n" % size, *message.pieces)))
        self._quick_ack()
        stages = (Stage.MAIL, Stage.RCPT, Stage.END)
        replies: list[Reply] = []
        try:
            # the server answers each in order, and takes the chunk even where it refused before it
            for _ in stages:
                replies.append(await self._read(DATA_END))  # noqa: PERF401 - those before a break count
        except ConnectionBrokenError as error:
            if self._unwritten:
                return self._ended(
                    State.QUEUED,
                    f"{error}, before the end of the message",
                    Scope.RELAY,
                    inside=True,
                )
            if not any(400 <= r.code < 600 for r in replies):
                return self._ended(
                    State.IN_DOUBT, f"{error}, after the end of the message", Scope.RELAY
                )
        stage, reply = next(
            ((s, r) for s, r in zip(stages, replies, strict=False) if not r.positive),
            (stages[-1], replies[-1]),
        )
        refused = stage is Stage.RCPT and 400 <= reply.code < 600
        if (
            stage is not Stage.END
            and not refused
            and len(replies) == len(stages)
            and replies[-1].positive
        ):
            return self._ended(
                State.IN_DOUBT,
                f"the relay said {reply} and then {replies[-1]}"[:500],
                Scope.RELAY,
                code=reply.code,
            )
        if stage is not Stage.END and reply.code != 421 and not self.closed:
            with contextlib.suppress(ConnectionBrokenError):
                await self._command("RSET", COMMAND)
        return self._sent(stage, reply)

    async def _group(self, commands: tuple[bytes, bytes, bytes]) -> tuple[Stage, Reply]:
        """MAIL, RCPT, DATA; gives the first refusal, else DATA's reply. Leaves the session ready
        for the next message.
        """
        stages = (Stage.MAIL, Stage.RCPT, Stage.DATA)
        if "PIPELINING" in self.extensions:
            self._owed += 3
            self._write(b"".join(commands))
            replies = await self._read_many(3, COMMAND)
        else:
            replies = []
            for command in commands:
                self._owed += 1
                self._write(command)
                replies.append(await self._read(COMMAND))
                if not (replies[-1].positive or replies[-1].code == 354):
                    break
        if (
            len(replies) == 3
            and replies[2].code == 354
            and replies[0].code == replies[1].code == 250
        ):  # as it nearly always goes
            return Stage.DATA, replies[2]
        refusal = next(
            ((s, r) for s, r in zip(stages[:2], replies, strict=False) if not r.positive), None
        )
        if refusal is None:
            if len(replies) == 3 and 400 <= replies[2].code < 600 and replies[2].code != 421:
                await self._command("RSET", COMMAND)
            return stages[len(replies) - 1], replies[-1]
        if (
            len(replies) == 3 and replies[2].code == 354
        ):  # RFC 2920 §3.1: accepted DATA for nobody, end it with a lone dot
            self._owed += 1
            self._write(b".\r\n")
            await self._read(DATA_START)
        if refusal[1].code != 421 and not self.closed:
            await self._command("RSET", COMMAND)
        return refusal

    def _spoke_unasked(self) -> Sent:
        """End a connection on which something arrived between two letters: nothing of the next one
        was sent.
        """
        reply = self._replies[-1] if self._replies else Reply(0, "half a reply to no command")
        self.abort(str(reply))
        return self._ended(State.QUEUED, reply.text, Scope.RELAY, code=reply.code)

    def _ended(
        self,
        state: State,
        text: str,
        scope: Scope = Scope.RECIPIENT,
        *,
        code: int = 0,
        inside: bool = False,
    ) -> Sent:
        """How it ended without a reply."""
        return Sent(Outcome(state, code, text, relay=self._relay, inside=inside), scope)

    def _sent(self, stage: Stage, reply: Reply) -> Sent:
        if stage is Stage.END and 200 <= reply.code < 300:
            return Sent(
                Outcome(State.ACCEPTED, reply.code, reply.text, queue_id(reply.text), self._relay)
            )
        verdict = judge(stage, reply)
        if (
            reply.code == 421
            or (stage is Stage.DATA and not 400 <= reply.code < 600)
            or reply.code < 200
        ):
            self.abort(str(reply))
        return Sent(
            Outcome(verdict.state, reply.code, reply.text, relay=self._relay), verdict.scope
        )

    async def rehearse(self, sender: str, recipient: str) -> tuple[Stage, Reply] | None:
        """Ask for a transaction and take it back before any letter (RSET): the refusal and what it
        answers; None: it would be taken.

        The addresses are our own settings'. Raises ConnectionBrokenError.
        """
        for stage, line in (
            (Stage.MAIL, f"MAIL FROM:<{sender}>"),
            (Stage.RCPT, f"RCPT TO:<{recipient}>"),
        ):
            reply = await self._command(line, COMMAND)
            if not reply.positive:
                return stage, reply
        await self._command("RSET", COMMAND)
        return None

    def certificate_until(self) -> datetime | None:
        """Until when the relay's certificate is good; None without TLS."""
        told = self._transport.get_extra_info("peercert") if self._transport else None
        return (
            datetime.fromtimestamp(ssl.cert_time_to_seconds(told["notAfter"]), UTC)
            if told
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

    # -- bytes

    def _body(self, data: bytes) -> None:
        if failpoints.armed("body"):  # a rehearsal: die with half of it on the wire
            self._write(data[: len(data) // 2])
            failpoints.point("body")
            data = data[len(data) // 2 :]
        self._write(data)
        failpoints.point("dot")

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
        """The next `count` replies, in order (RFC 2920 §3.1: the server answers in order)."""
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
                if self._replies and self._replies[-1].code == 421:
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
