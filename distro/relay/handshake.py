"""The beginning of an SMTP connection: greeting, EHLO, STARTTLS, AUTH."""

import asyncio
import base64
import socket

from distro.lib.smtp_codes import enhanced
from distro.relay.connection import Connection
from distro.relay.endpoint import ConnectionBrokenError, Endpoint, RelayRefusedError
from distro.relay.reply import Reply, ReplyReader, Stage

CONNECT, GREETING, COMMAND = 30, 300, 300  # seconds (RFC 5321 §4.5.3.2)


class Handshake(Connection):
    """A connection that is greeted, encrypted and authenticated as its endpoint asks."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self.extensions: dict[str, str] = {}  # EHLO keyword -> its parameters (RFC 5321 §4.1.1.1)

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
        """Encrypt (RFC 3207); what arrived before the handshake is thrown away, EHLO is said
        again.
        """
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
        """Log in (RFC 4954) by PLAIN, or by LOGIN where only that is offered."""
        e = self.endpoint
        # Old servers write AUTH=LOGIN.
        offers = [(word.partition("="), rest) for word, rest in self.extensions.items()]
        offered = [
            mechanism
            for (word, _, first), rest in offers
            if word == "AUTH"
            for mechanism in f"{first} {rest}".upper().split()
        ]
        # A server that does not know the command would only see the password, and may repeat it.
        if not offered:
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
