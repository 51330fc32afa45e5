"""A local SMTP mailbox that speaks PIPELINING: it keeps every letter as a file and sends nothing
anywhere.

For the demo, for trying things out and for tests: `refuse` scripts what it says to a recipient,
`pace` how fast it is.
"""

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable
from email.parser import BytesHeaderParser
from email.policy import default as email_policy
from pathlib import Path
from typing import Self

from distro.errors import DistroError
from distro.installation.ports import listening

_EHLO = (
    "250-mailbox\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
    "250-ENHANCEDSTATUSCODES\r\n250 SIZE 30000000"
)
_TO = re.compile(r"<([^>]*)>")


PAGES = 8026  # where `distro mailbox` shows its letters, unless told otherwise


def check_ports(host: str, port: int, pages: int) -> None:
    """Check that the mailbox and its pages can listen. Raises DistroError with what to do where
    another program has a port.
    """
    listening(
        f"{host}:{port}", "the mailbox", "--port NUMBER, and the same one in [[relay]] url"
    ).close()
    listening(f"{host}:{pages}", "the mailbox's pages", "distro mailbox --pages NUMBER").close()


class Mailbox:
    """An SMTP server in a thread of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pace: float = 0.0,
        refuse: Callable[[str], str | None] = lambda _: None,
        ehlo: str = _EHLO,
    ) -> None:
        self.folder = folder
        self.pace = pace  # seconds between two acceptances, all connections together
        self.refuse = refuse  # a reply to RCPT, or None
        self.ehlo = ehlo
        self.host, self.port = host, port  # port 0: a free one
        self.accepted: list[tuple[str, Path]] = []
        self.commands: list[str] = []
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="mailbox", daemon=True
        )

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Of an earlier run.
        self.accepted += [(_receiver(path), path) for path in sorted(self.folder.glob("*.eml"))]
        self._thread.start()
        if not self._ready.wait(10):
            raise DistroError(
                f"the mailbox cannot listen on {self.host}:{self.port}",
                hint=(
                    "Another program has the port: --port NUMBER, and the same one in [[relay]]"
                    " url."
                ),
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._session, self.host, self.port, limit=2**22)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for writer in list(self._writers):
            writer.close()
        await asyncio.sleep(0)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        say("220 mailbox ESMTP distro")
        to: list[str] = []
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            verb = command.upper()
            if verb.startswith(("EHLO", "HELO")):
                say(self.ehlo if verb.startswith("EHLO") else "250 mailbox")
            elif verb.startswith("MAIL"):
                to = []
                say("250 2.1.0 ok")
            elif verb.startswith("RCPT"):
                found = _TO.search(command)
                refusal = self.refuse(found[1]) if found else "501 5.1.3 no address"
                if found and not refusal:
                    to.append(found[1])
                say(refusal or "250 2.1.5 ok")
            elif verb == "DATA":
                if not to:
                    say("503 5.5.1 no valid recipients")
                    continue
                say("354 go ahead")
                await writer.drain()
                say(await self._keep(to, await _message(reader)))
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                break
            else:
                say("250 2.0.0 ok")
            await writer.drain()

    async def _keep(self, to: list[str], raw: bytes) -> str:
        if self.pace:
            async with self._lock:
                await asyncio.sleep(self.pace)
        number = len(self.accepted) + 1
        path = self.folder / f"{number:06}.eml"
        path.write_bytes(raw)
        self.accepted += [(address, path) for address in to]
        return f"250 2.0.0 ok: queued as MBX{number}"


def _receiver(path: Path) -> str:
    """Return whom a kept letter was for."""
    with path.open("rb") as file:
        return BytesHeaderParser(policy=email_policy).parse(file)["To"] or ""


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Return the lines up to the lone dot, unstuffed (RFC 5321 §4.5.2)."""
    lines = []
    while (line := await reader.readline()) != b".\r\n":
        if not line:
            raise ConnectionError("the client went away in the middle of a letter")
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)
