"""Take what came back from the mail server on this machine by LMTP (RFC 2033).

Each message is on the disk before it is acknowledged; one that cannot be written is refused for
now, and the mail server tries again.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from distro import log
from distro.incoming.mailroom import MOST_BYTES

Put = Callable[[bytes, str], object]
_SECONDS = 60.0  # that a silent client is waited for


class _Handler:
    """Puts each message into the mailroom."""

    def __init__(self, put: Put) -> None:
        self.put = put

    async def handle_RCPT(  # noqa: N802 - the library names it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take any recipient, since the mail server has decided who comes here; one at a time.

        Each has a token of its own, and each would want an answer of its own after the text (RFC
        2033 §4.2). The mail server brings the others in a transaction of their own.
        """
        del server, session, options
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a message, and acknowledge it once it is on the disk."""
        del server, session
        try:
            self.put(envelope.content, envelope.rcpt_tos[0] if envelope.rcpt_tos else "")
        except OSError as error:
            log.get().error("a message that came back cannot be written", why=str(error))
            return "451 4.3.0 cannot be written now"
        return "250 2.0.0 kept"


@contextlib.contextmanager
def listening(address: str, put: Put) -> Iterator[int]:
    """Listen for messages in a thread of its own; gives the port."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.lmtp import LMTP

    class _Lmtp(Controller):
        """A server of LMTP instead of SMTP."""

        def factory(self) -> Any:
            return LMTP(
                self.handler,
                data_size_limit=MOST_BYTES,
                enable_SMTPUTF8=True,
                timeout=_SECONDS,
                ident="distro",
            )

    host, _, port = address.rpartition(":")
    server = _Lmtp(_Handler(put), hostname=host.strip("[]"), port=int(port), ready_timeout=10)
    server.start()
    try:
        yield int(port)
    finally:
        server.stop()


def serve(address: str, put: Put, stop: threading.Event) -> None:
    """Listen until `stop`."""
    with listening(address, put):
        log.get().info("listening for answers by LMTP", at=address)
        stop.wait()
