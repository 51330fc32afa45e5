"""A scripted SMTP server: every reply can be another one, with TLS and AUTH, and it can drop the
line anywhere.
"""

import asyncio
import ssl
from collections.abc import Callable

from tests.support.server import ThreadedServer

# (verb, argument) -> a reply, "DROP", or None for the usual one.
Answer = Callable[[str, str], str | None]


class ScriptedServer(ThreadedServer):
    """Speaks what its script says; records commands and whole messages."""

    def __init__(
        self,
        script: Answer = lambda verb, argument: None,
        *,
        extensions: tuple[str, ...] = ("PIPELINING", "SIZE 30000000"),
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        password: str = "",
    ) -> None:
        super().__init__()
        self.script = script
        self.extensions = (
            extensions
            + (("STARTTLS",) if tls and not implicit else ())
            + (("AUTH PLAIN LOGIN",) if password else ())
        )
        self.tls, self.implicit, self.password = tls, implicit, password
        self.messages: list[tuple[str, bytes]] = []  # those that were accepted
        self.whole: list[bytes] = []  # every message that came to its end, refused or not
        self.commands: list[str] = []
        self.bodies = 0

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(
            self.session, "127.0.0.1", 0, limit=2**22, ssl=self.tls if self.implicit else None
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        greeting = self.script("GREETING", "") or "220 scripted"
        if greeting == "DROP":
            return
        say(greeting)
        await writer.drain()
        recipient, secure, refused = "", self.implicit, False
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            verb, _, argument = command.partition(" ")
            verb = verb.upper()
            self.commands.append(command)
            reply = self.script(verb, argument)
            if reply == "DROP":
                await writer.drain()
                return
            if reply is None:
                if verb in ("EHLO", "HELO"):
                    offered = [e for e in self.extensions if not (e == "STARTTLS" and secure)]
                    reply = "\r\n".join(
                        f"250{'-' if n < len(offered) else ' '}{word}"
                        for n, word in enumerate(["scripted", *offered])
                    )
                elif verb == "STARTTLS":
                    say("220 go ahead")
                    await writer.drain()
                    await writer.start_tls(self.tls)  # type: ignore[arg-type]
                    secure = True
                    continue
                elif verb == "AUTH":
                    reply = (
                        "235 2.7.0 welcome"
                        if await self._password(argument, reader, writer)
                        else "535 5.7.8 wrong password"
                    )
                elif verb == "RCPT":
                    recipient = command.partition("<")[2].partition(">")[0]
                    reply = "250 2.1.5 ok"
                elif verb == "DATA":
                    reply = "354 go"
                elif verb == "BDAT":
                    raw = await reader.readexactly(int(argument.split()[0]))
                    reply = self.script("END", recipient) or (
                        f"250 2.0.0 ok queued as S{self.bodies + 1}"
                        if recipient
                        else "503 5.5.1 nobody to send to"
                    )
                    self.bodies += bool(recipient)
                    if reply == "DROP":
                        return
                    if recipient and reply.startswith("2"):
                        self.messages.append((recipient, raw))
                else:
                    reply = {"QUIT": "221 bye"}.get(verb, "250 2.0.0 ok")
            if verb == "MAIL":
                refused, recipient = not reply.startswith("2"), ""
            if verb == "RCPT" and (refused or not reply.startswith("2")):
                reply, recipient = (
                    (reply if not reply.startswith("2") else "503 5.5.1 no sender"),
                    "",
                )
            if (
                verb == "DATA"
                and not recipient
                and reply == "354 go"
                and not self.script("DATA", "")
            ):
                reply = "503 5.5.1 nobody to send to"
            say(reply)
            await writer.drain()
            if verb == "QUIT":
                return
            if (
                verb == "DATA"
                and reply.startswith("354")
                and not await self._data(recipient, reader, writer)
            ):
                return

    async def _password(
        self, argument: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        import base64

        if argument.startswith("PLAIN "):
            return base64.b64decode(argument[6:]).decode().split("\0") == [
                "",
                "user",
                self.password,
            ]
        answers = []
        for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
            writer.write(prompt)
            await writer.drain()
            answers.append(base64.b64decode((await reader.readline()).strip()).decode())
        return answers == ["user", self.password]

    async def _data(
        self, recipient: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        reply = self.script("BODY", recipient)
        if reply == "DROP":
            return False
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        if not recipient:
            writer.write(b"554 5.5.1 no valid recipients\r\n")
            return True
        self.bodies += 1
        self.whole.append(b"".join(lines))
        reply = self.script("END", recipient)
        if reply == "DROP":
            return False
        if reply is None or reply.startswith("2"):
            self.messages.append((recipient, b"".join(lines)))
        writer.write((reply or f"250 2.0.0 ok queued as S{self.bodies}").encode() + b"\r\n")
        await writer.drain()
        return True
