"""A receiving server with a log and a temper: what it took, exactly, and what it does to those who
speak to it.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.server import ThreadedServer

Reply = str | None  # "250 …", DROP, HANG, or None for the usual one
DROP, HANG, RESET = "DROP", "HANG", "RESET"


@dataclass(frozen=True)
class Taken:
    """One message that was taken, noted before it was answered."""

    recipient: str
    message_id: str
    at: float  # unix seconds
    begun: float  # when its first byte came


class Sink(ThreadedServer):
    """An SMTP server on a loop of its own. `gap()` seconds pass between taking a message and
    answering.
    """

    def __init__(
        self,
        *,
        gap: Callable[[], float] = lambda: 0.0,
        reply: Callable[[str, str], Reply] = lambda verb, to: None,
    ) -> None:
        super().__init__()
        self.gap = gap
        self.reply = reply  # (MAIL, RCPT, DATA, END, BODY; recipient) -> another reply
        self.taken: list[Taken] = []
        self.begun: list[tuple[str, float]] = []

    @property
    def copies(self) -> Counter[str]:
        return Counter(t.recipient for t in self.taken)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink ESMTP\r\n")
        to, sender = "", False
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            verb = command[:4].upper()
            if verb == "RCPT":
                to = command.partition("<")[2].partition(">")[0]
            reply = self.reply(verb, to)
            if reply == DROP:
                return
            if reply == HANG:
                await asyncio.sleep(3600)
            if reply is None:
                reply = {
                    "EHLO": "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000",
                    "DATA": "354 go",
                    "QUIT": "221 bye",
                }.get(verb, "250 2.0.0 ok")
            if verb == "MAIL":
                sender = reply.startswith("2")
            if verb == "RCPT" and not (sender and reply.startswith("2")):
                reply, to = reply if sender else "503 5.5.1 no sender", ""
            if verb == "DATA" and not to:
                reply = "503 5.5.1 nobody"
            writer.write(reply.encode() + b"\r\n")
            await writer.drain()
            if verb == "QUIT" or reply.startswith("421"):
                return
            if verb == "DATA" and reply.startswith("354"):
                await self._body(to, reader, writer)
                to = ""

    async def _body(
        self, to: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first = await reader.readexactly(1)
        begun = time.time()
        self.begun.append((to, begun))
        if self.reply("BODY", to) == DROP:
            raise ConnectionResetError
        raw = first + await reader.readuntil(b"\r\n.\r\n")
        reply = self.reply("END", to)
        if reply is None or reply.startswith("2") or reply in (RESET, HANG):
            head = raw.lower().find(b"message-id:")
            found = raw[head + 11 : raw.find(b">", head) + 1].strip().decode("ascii", "replace")
            self.taken.append(Taken(to, found, time.time(), begun))
        if reply == HANG:
            await asyncio.sleep(3600)
        if reply in (DROP, RESET):
            raise ConnectionResetError
        wait = self.gap()
        if wait:
            await asyncio.sleep(wait)
        writer.write((reply or f"250 2.0.0 queued as S{len(self.taken)}").encode() + b"\r\n")
        await writer.drain()


def jitter(seed: int, most: float) -> Callable[[], float]:
    """Up to so many seconds, at random."""
    dice = random.Random(seed)
    return lambda: dice.random() * most
