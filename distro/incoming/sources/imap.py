"""Fetch what came back from a mailbox (IMAP, RFC 9051; IDLE, RFC 2177).

A message is kept on the disk before it is marked, with a keyword of ours, or as seen where the
server allows none. Whoever dies in between fetches it again, which does no harm.
"""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from distro import log
from distro.errors import DistroError
from distro.incoming.mailroom import MOST_BYTES

MARK = "$DistroRead"
_IDLE = 540.0  # seconds of one IDLE; servers end it after half an hour (RFC 2177 §3)
_POLL = 60.0  # seconds between two looks where the server has no IDLE
_TIMEOUT = 60.0
_AGAIN = (5.0, 300.0)  # seconds until the next try, and at most

Put = Callable[[str, bytes], object]


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """A folder that is open, and the flag by which a message in it is known as read.

    That is a keyword of ours where the server keeps it (RFC 9051 §2.3.2): people may look in.
    """

    client: Any
    mark: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The place of the mailbox, and who reads it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True
    ca_file: str = ""

    @classmethod
    def at(cls, url: str, ca_file: str = "") -> "Mailbox":
        """Return the mailbox of imaps://user:secret@host:port/FOLDER.

        imap:// asks for STARTTLS, but on this machine.
        """
        parts = urlsplit(url)
        tls = parts.scheme == "imaps"
        return cls(
            parts.hostname or "",
            parts.port or (993 if tls else 143),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            unquote(parts.path.strip("/")) or "INBOX",
            tls,
            ca_file,
        )

    @property
    def here(self) -> bool:
        """Return whether it is on this machine, where nobody listens in."""
        return self.host in ("127.0.0.1", "localhost", "::1")


@contextlib.contextmanager
def opened(mailbox: Mailbox) -> Iterator[OpenMailbox]:
    """Open a mailbox; the certificate is verified. Raises DistroError."""
    import imapclient  # slow to import, and only needed where there is a mailbox

    context = ssl.create_default_context(cafile=mailbox.ca_file or None)
    try:
        client = imapclient.IMAPClient(
            mailbox.host,
            mailbox.port,
            ssl=mailbox.tls,
            ssl_context=context if mailbox.tls else None,
            timeout=_TIMEOUT,
        )
        try:
            if not mailbox.tls and not mailbox.here:
                client.starttls(context)
            client.login(mailbox.user, mailbox.password)
            flags = client.select_folder(mailbox.folder).get(b"PERMANENTFLAGS", ())
            keeps = any(flag in (b"\\*", MARK.encode()) for flag in flags)
            yield OpenMailbox(client, MARK if keeps else "\\Seen")
        finally:
            with contextlib.suppress(Exception):
                client.logout()
    except (OSError, ssl.SSLError, imapclient.exceptions.IMAPClientError) as error:
        raise DistroError(
            f"the mailbox on {mailbox.host} cannot be read: {_words(error)}",
            hint="Look at [feedback] imap: host, user, password, folder.",
        ) from error


def _words(error: BaseException) -> str:
    text = str(error)
    return text[2:-1] if text.startswith("b'") else text or type(error).__name__


def fetch(mailbox: OpenMailbox, put: Put, *, mark: bool = True) -> int:
    """Put every message that is not marked, and mark it; return how many there were."""
    client = mailbox.client
    found = client.search(["UNKEYWORD", MARK] if mailbox.mark == MARK else ["UNSEEN"])
    for number in found:
        sizes = client.fetch([number], ["RFC822.SIZE"])
        size = int(sizes.get(number, {}).get(b"RFC822.SIZE", 0))
        part = "BODY.PEEK[]" if size <= MOST_BYTES else f"BODY.PEEK[]<0.{MOST_BYTES}>"
        answer = client.fetch([number], [part]).get(number, {})
        raw = next((v for k, v in answer.items() if k.startswith(b"BODY[")), None)
        if isinstance(raw, bytes):
            put("imap", raw)
        if mark:
            client.add_flags([number], [mailbox.mark])
    return len(found)


def follow(mailbox: Mailbox, put: Put, stop: threading.Event) -> None:
    """Fetch what is there and what comes, until `stop`; a mailbox that is away is tried again."""
    pause = _AGAIN[0]
    while not stop.is_set():
        try:
            with opened(mailbox) as found:
                log.get().info("the mailbox of answers is open", host=mailbox.host)
                pause = _AGAIN[0]
                _fetch_and_wait(found, put, stop)
        except (DistroError, OSError) as error:
            log.get().warning(
                "the mailbox of answers cannot be read; tried again",
                why=str(error)[:300],
                again_in=f"{pause:.0f}s",
            )
            stop.wait(pause)
            pause = min(pause * 2, _AGAIN[1])


def _fetch_and_wait(mailbox: OpenMailbox, put: Put, stop: threading.Event) -> None:
    client = mailbox.client
    idles = b"IDLE" in client.capabilities()
    while not stop.is_set():
        fetch(mailbox, put)
        if not idles:
            client.noop()
            stop.wait(_POLL)
            continue
        client.idle()
        waited = 0.0
        while waited < _IDLE and not stop.is_set():
            if client.idle_check(timeout=5):
                break
            waited += 5
        client.idle_done()
