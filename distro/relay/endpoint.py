"""A server to connect to, and why a connection to it ends."""

import base64
import ssl
from dataclasses import dataclass, field

from distro.relay.reply import Reply, Stage, judge


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
    """The address of a relay, and how we speak to it."""

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
        """Return the relay as logs name it: host:port."""
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
