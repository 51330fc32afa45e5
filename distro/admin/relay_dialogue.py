"""Ask each relay, in a real dialogue, whether it would take a letter of ours; take it back."""

import asyncio
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from distro.admin.finding import Finding, Grade
from distro.errors import DistroError
from distro.mailing.transport import endpoint_of
from distro.relay.endpoint import ConnectionBrokenError, RelayRefusedError
from distro.relay.reply import Reply, Stage
from distro.relay.session import Session
from distro.settings.load import Settings
from distro.settings.relays import Relay

_PATIENCE = 15  # seconds for all of it
_CERTIFICATE_DAYS = 14
_SMALL = (
    10_000_000  # bytes: a letter with its attachments may have more than a relay that takes less
)


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers of a relay about itself."""

    offers: dict[str, str]  # what it answered to EHLO
    certificate_days: int | None  # None: no TLS
    refused: tuple[Stage, Reply] | None  # what it would not take a letter for


def examine_relays(settings: Settings) -> Iterator[Finding]:
    """Talk to every relay as a letter would, and report what it answers."""
    sender = settings.feedback.return_path or settings.sender.address
    for relay in settings.relay:
        yield from _one(relay, sender, settings.sender.address)


def _one(relay: Relay, sender: str, recipient: str) -> Iterator[Finding]:
    try:
        heard = asyncio.run(asyncio.wait_for(_listen(relay, sender, recipient), _PATIENCE))
    except TimeoutError:
        yield Finding(
            "Relay",
            Grade.ERROR,
            f"{relay.name}: no answer within {_PATIENCE} s",
            "Is a firewall between? Try [[relay]] url with port 587",
        )
        return
    except (OSError, ssl.SSLError, ConnectionBrokenError, RelayRefusedError, DistroError) as error:
        why = (
            os.strerror(error.errno)
            if isinstance(error, OSError) and error.errno
            else str(error) or type(error).__name__
        )
        yield Finding(
            "Relay",
            Grade.ERROR,
            f"{relay.name}: {why}",
            "Look at [[relay]] url in distro.toml: host, port, user, ?tls=off",
        )
        return
    missing = [e for e in ("PIPELINING", "ENHANCEDSTATUSCODES") if e not in heard.offers]
    yield Finding(
        "Relay",
        Grade.OK,
        f"{relay.name} answers and offers {' '.join(sorted(heard.offers)) or 'nothing'}",
    )
    yield _would_take(heard, sender, recipient)
    yield from _limits(heard)
    if missing:
        yield Finding(
            "Relay",
            Grade.WARNING,
            f"it offers no {' and no '.join(missing)}: sending is slower, causes are less exact",
        )
    if relay.tls == "off" and relay.host not in ("127.0.0.1", "localhost", "::1"):
        yield Finding(
            "Relay",
            Grade.WARNING,
            "letters travel to it in clear text (?tls=off)",
            "Leave ?tls=off away, or use smtps://",
        )
    if heard.certificate_days is not None:
        yield Finding(
            "Relay",
            Grade.WARNING if heard.certificate_days < _CERTIFICATE_DAYS else Grade.OK,
            f"its certificate is good for {heard.certificate_days} days",
        )


def _would_take(heard: Heard, sender: str, recipient: str) -> Finding:
    """Say whether it takes letters of ours."""
    if heard.refused is None:
        return Finding("Relay", Grade.OK, f"it takes letters from {sender} (asked, and taken back)")
    stage, reply = heard.refused
    if stage is Stage.MAIL:
        later = 400 <= reply.code < 500
        return Finding(
            "Relay",
            Grade.WARNING if later else Grade.ERROR,
            f"it {'would not take letters now' if later else 'refuses letters'} from {sender}:"
            f" {reply}",
            "Ask its provider which senders it takes, or set [sender] address; user and password in"
            " [[relay]] url",
        )
    return Finding(
        "Relay",
        Grade.WARNING,
        f"it takes letters from {sender}, and would not send one to {recipient}: {reply}",
        "Right if it may only send elsewhere; else ask its provider",
    )


def _limits(heard: Heard) -> Iterator[Finding]:
    """Say what it limits by itself: the size of a letter (RFC 1870), letters a connection (LIMITS
    MAILMAX, RFC 9422).
    """
    size = heard.offers.get("SIZE", "")
    if size.isascii() and size.isdigit() and len(size) < 15 and int(size):
        small = int(size) < _SMALL
        yield Finding(
            "Relay",
            Grade.WARNING if small else Grade.OK,
            f"it takes letters up to {int(size) / 1e6:,.1f} MB",
            "Keep attachments and pictures smaller than that together" if small else "",
        )
    limits = dict(
        word.upper().partition("=")[::2] for word in heard.offers.get("LIMITS", "").split()
    )
    most = limits.get("MAILMAX", "")
    if most.isascii() and most.isdigit() and len(most) < 10:
        yield Finding(
            "Relay",
            Grade.OK,
            f"it takes {int(most):,} letters a connection",
            f"Write it into its [[relay]] in distro.toml: letters_per_connection = {int(most)}",
        )


async def _listen(relay: Relay, sender: str, recipient: str) -> Heard:
    session = Session(endpoint_of(relay))
    await session.open()
    until = session.certificate_until()
    refused = await session.rehearse(sender, recipient) if (sender + recipient).isascii() else None
    await session.quit()
    return Heard(session.extensions, (until - datetime.now(UTC)).days if until else None, refused)
