"""A mail server with the limits that providers set, and with bad days."""

import asyncio
import contextlib
import random
import ssl
from collections import Counter
from dataclasses import dataclass

from tests.support.server import ThreadedServer


@dataclass(frozen=True)
class Temper:
    """What a relay allows, and how often something goes wrong."""

    connections: int = 30  # at once; beyond it 421 at the greeting
    letters: int = 1000  # a connection; then 421 at the next one
    greylisted: float = 0.0  # seconds from the first connection in which MAIL gets 450
    greeting: float = 0.0  # seconds until it greets
    answer: float = 0.0  # seconds until it answers a letter
    drops: float = 0.0  # share of letters at which the connection breaks …
    after: bool = False  # … after the message's end, which is kept: nobody can know
    tls_fails: float = 0.0  # share of handshakes that break

    def seconds(self, letters: int, lanes: int) -> float:
        """The time that this relay itself needs for so many letters on so many lanes."""
        at_once = min(lanes, self.connections)
        sessions = letters / self.letters + letters * self.drops + at_once
        return (
            letters * (self.answer + 0.002)
            + sessions * (self.greeting + 0.02) / max(0.1, 1 - self.tls_fails)
        ) / at_once


class LimitedServer(ThreadedServer):
    """Notes every letter that it took, by recipient."""

    def __init__(self, temper: Temper, seed: int, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.temper, self.tls, self.dice = temper, tls, random.Random(seed)
        self.taken: Counter[str] = Counter()
        self.at_once = self.peak = self.knocked = 0
        self.began = 0.0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.began = self.began or asyncio.get_running_loop().time()
        if self.at_once >= self.temper.connections:
            self.knocked += 1
            writer.write(b"421 4.7.0 too many connections\r\n")
            await writer.drain()
            return
        self.at_once += 1
        self.peak = max(self.peak, self.at_once)
        try:
            await asyncio.sleep(self.temper.greeting)
            writer.write(b"220 limited\r\n")
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await self._session(reader, writer)
        finally:
            self.at_once -= 1

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        letters, recipient, secure = 0, "", self.tls is None
        while line := await reader.readline():
            verb = line.split(maxsplit=1)[0].upper() if line.strip() else b""
            reply = b"250 2.0.0 ok"
            if verb == b"EHLO":
                reply = (
                    b"250-limited\r\n250 PIPELINING" if secure else b"250-limited\r\n250 STARTTLS"
                )
            elif verb == b"STARTTLS":
                writer.write(b"220 go\r\n")
                await writer.drain()
                if self.dice.random() < self.temper.tls_fails or self.tls is None:
                    return
                await writer.start_tls(self.tls)
                secure = True
                continue
            elif verb == b"MAIL":
                recipient = ""
                if letters >= self.temper.letters:
                    writer.write(b"421 4.7.0 too many letters\r\n")
                    await writer.drain()
                    return
                if asyncio.get_running_loop().time() - self.began < self.temper.greylisted:
                    reply = b"450 4.7.1 later"
                else:
                    recipient = "?"
            elif verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0] if recipient else ""
                reply = reply if recipient else b"503 5.5.1 no sender"
            elif verb == b"DATA" and recipient:
                writer.write(b"354 go\r\n")
                await writer.drain()
                breaks = self.dice.random() < self.temper.drops
                if breaks and not self.temper.after:
                    await reader.readline()
                    return
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(self.temper.answer)
                self.taken[recipient] += 1
                if breaks:
                    return
                letters += 1
            elif verb == b"DATA":
                reply = b"503 5.5.1 nobody"
            writer.write((b"221 bye" if verb == b"QUIT" else reply) + b"\r\n")
            await writer.drain()
            if verb == b"QUIT":
                return
