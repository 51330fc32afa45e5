"""One SMTP connection (RFC 5321), pipelined where the server offers it (RFC 2920).

MAIL, RCPT and DATA travel in one group: two round trips a message; with CHUNKING (RFC 3030) one.
Never a second message before the first is answered. What is known about a broken connection is told
exactly: before the last byte was handed to the kernel nothing was sent (`queued`), after it the end
is unknown (`in_doubt`).
"""

import contextlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from distro.lib import failpoints
from distro.model import Outcome, State
from distro.relay.connection import CLOSING
from distro.relay.endpoint import ConnectionBrokenError, Endpoint
from distro.relay.handshake import COMMAND, Handshake
from distro.relay.message import Message, commands_of
from distro.relay.reply import Reply, Scope, Stage, judge, queue_id

DATA_START, DATA_END = 120, 600  # seconds (RFC 5321 §4.5.3.2)


class Sent(NamedTuple):
    """The end of a transaction, and whom a refusal was about."""

    outcome: Outcome
    scope: Scope = Scope.RECIPIENT


class Session(Handshake):
    """A connection's life: `open`, many `send`, `quit`."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._relay = endpoint.name

    async def send(
        self, message: Message, may_begin: Callable[[], Awaitable[bool]], begun: Callable[[], None]
    ) -> Sent:
        """Send one letter.

        `may_begin` is asked after 354; `begun` is called before the first byte of the body.
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
        """Send MAIL, RCPT and the message as its last chunk in one group (RFC 3030): one round
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
                # Those before a break count.
                replies.append(await self._read(DATA_END))  # noqa: PERF401
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
        if stage is not Stage.END and reply.code != CLOSING and not self.closed:
            with contextlib.suppress(ConnectionBrokenError):
                await self._command("RSET", COMMAND)
        return self._sent(stage, reply)

    async def _group(self, commands: tuple[bytes, bytes, bytes]) -> tuple[Stage, Reply]:
        """Send MAIL, RCPT, DATA; return the first refusal, else DATA's reply.

        Leaves the session ready for the next message.
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
        # As it nearly always goes.
        if (
            len(replies) == 3
            and replies[2].code == 354
            and replies[0].code == replies[1].code == 250
        ):
            return Stage.DATA, replies[2]
        refusal = next(
            ((s, r) for s, r in zip(stages[:2], replies, strict=False) if not r.positive), None
        )
        if refusal is None:
            if len(replies) == 3 and 400 <= replies[2].code < 600 and replies[2].code != CLOSING:
                await self._command("RSET", COMMAND)
            return stages[len(replies) - 1], replies[-1]
        # RFC 2920 §3.1: accepted DATA for nobody, end it with a lone dot.
        if len(replies) == 3 and replies[2].code == 354:
            self._owed += 1
            self._write(b".\r\n")
            await self._read(DATA_START)
        if refusal[1].code != CLOSING and not self.closed:
            await self._command("RSET", COMMAND)
        return refusal

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
        """Return an end without a reply."""
        return Sent(Outcome(state, code, text, relay=self._relay, inside=inside), scope)

    def _sent(self, stage: Stage, reply: Reply) -> Sent:
        if stage is Stage.END and 200 <= reply.code < 300:
            return Sent(
                Outcome(State.ACCEPTED, reply.code, reply.text, queue_id(reply.text), self._relay)
            )
        verdict = judge(stage, reply)
        if (
            reply.code == CLOSING
            or (stage is Stage.DATA and not 400 <= reply.code < 600)
            or reply.code < 200
        ):
            self.abort(str(reply))
        return Sent(
            Outcome(verdict.state, reply.code, reply.text, relay=self._relay), verdict.scope
        )

    def _body(self, data: bytes) -> None:
        if failpoints.armed("body"):  # a rehearsal: die with half of it on the wire
            self._write(data[: len(data) // 2])
            failpoints.point("body")
            data = data[len(data) // 2 :]
        self._write(data)
        failpoints.point("dot")
