"""A receiving server with a log and a temper: what it took, exactly, and what it does to those who speak to it."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

Reply = str | None    # "250 …", DROP, HANG, or None for the usual one
DROP, HANG, RESET = "DROP", "HANG", "RESET"


@dataclass(frozen=True)
class Taken:
    """One message that was taken, noted before it was answered."""

    recipient: str
    message_id: str
    at: float            # unix seconds
    begun: float         # when its first byte came


class Sink:
    """An SMTP server on a loop of its own. `gap()` seconds pass between taking a message and answering."""

    def __init__(self, *, gap: Callable[[], float] = lambda: 0.0, reply: Callable[[str, str], Reply] = lambda verb, to: None) -> None:
        self.gap = gap
        self.reply = reply                # (MAIL, RCPT, DATA, END, BODY; recipient) -> another reply
        self.taken: list[Taken] = []
        self.begun: list[tuple[str, float]] = []
        self.port = 0
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)

    @property
    def copies(self) -> Counter[str]:
        return Counter(t.recipient for t in self.taken)

    def cut(self) -> None:
        """Every connection breaks now."""
        def abort() -> None:
            for writer in list(self._writers):
                writer.transport.abort()

        self._loop.call_soon_threadsafe(abort)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=2**22)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.01)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):   # the last one: the sink itself ends
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink ESMTP\r\n")
        to, sender = "", False
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            verb = command[:4].upper()
            if verb == "RCPT":
                to = command.partition("<")[2].partition(">")[0]
            told = self.reply(verb, to)
            if told == DROP:
                return
            if told == HANG:
                await asyncio.sleep(3600)
            if told is None:
                told = {"EHLO": "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000", "DATA": "354 go", "QUIT": "221 bye"}.get(verb, "250 2.0.0 ok")
            if verb == "MAIL":
                sender = told.startswith("2")
            if verb == "RCPT" and not (sender and told.startswith("2")):
                told, to = told if sender else "503 5.5.1 no sender", ""
            if verb == "DATA" and not to:
                told = "503 5.5.1 nobody"
            writer.write(told.encode() + b"\r\n")
            await writer.drain()
            if verb == "QUIT" or told.startswith("421"):
                return
            if verb == "DATA" and told.startswith("354"):
                await self._body(to, reader, writer)
                to = ""

    async def _body(self, to: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        begun = time.time()
        self.begun.append((to, begun))
        if self.reply("BODY", to) == DROP:
            raise ConnectionResetError
        raw = first + await reader.readuntil(b"\r\n.\r\n")
        told = self.reply("END", to)
        if told is None or told.startswith("2") or told in (RESET, HANG):
            head = raw.lower().find(b"message-id:")
            found = raw[head + 11:raw.find(b">", head) + 1].strip().decode("ascii", "replace")
            self.taken.append(Taken(to, found, time.time(), begun))
        if told == HANG:
            await asyncio.sleep(3600)
        if told in (DROP, RESET):
            raise ConnectionResetError
        wait = self.gap()
        if wait:
            await asyncio.sleep(wait)
        writer.write((told or f"250 2.0.0 queued as S{len(self.taken)}").encode() + b"\r\n")
        await writer.drain()


def jitter(seed: int, most: float) -> Callable[[], float]:
    """Up to so many seconds, at random."""
    dice = random.Random(seed)
    return lambda: dice.random() * most
