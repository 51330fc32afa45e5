"""One letter for one recipient, and the commands that announce it to a relay."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distro.relay.reply import Reply

_DIGITS = 20  # RFC 1870 §3
_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")


class Message(NamedTuple):
    """One letter for one recipient: envelope and bytes, CRLF line ends, no line that begins with a
    dot.
    """

    sender: str
    recipient: str
    pieces: Sequence[bytes]
    envelope_id: str = ""  # what a bounce should call it (RFC 3461 §4.4): letters, digits, dots


def commands_of(
    message: Message, size: int, extensions: Mapping[str, str]
) -> tuple[bytes, bytes, bytes] | Reply:
    """Return MAIL, RCPT and DATA with what the relay offers.

    Returns the refusal that it would give instead where it cannot take the letter.
    """
    # It would end the command, and begin another.
    if _UNFIT.search(message.recipient) or _UNFIT.search(message.sender):
        return Reply(501, "5.1.3 an address with spaces, brackets or control characters is none")
    mail, rcpt = f"MAIL FROM:<{message.sender}>", f"RCPT TO:<{message.recipient}>"
    ascii_ = message.recipient.isascii()
    if "SIZE" in extensions:  # RFC 1870
        limit = extensions["SIZE"]
        if limit.isascii() and limit.isdigit() and len(limit) <= _DIGITS and 0 < int(limit) < size:
            return Reply(552, f"5.3.4 the letter has {size} bytes, the relay takes {limit}")
        mail = f"{mail} SIZE={size}"
    if not ascii_:
        if "SMTPUTF8" not in extensions:  # RFC 6531 §3.2
            return Reply(553, "5.6.7 the relay takes no international addresses")
        mail += " BODY=8BITMIME SMTPUTF8"
    # RFC 3461 §4: only failures, without the body, under our names.
    if "DSN" in extensions and message.envelope_id:
        mail = f"{mail} RET=HDRS ENVID={message.envelope_id}"
        rcpt = (
            f"{rcpt} NOTIFY=FAILURE ORCPT=rfc822;{_xtext(message.recipient)}"
            if ascii_
            else f"{rcpt} NOTIFY=FAILURE"
        )
    return f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode(), b"DATA\r\n"


def _xtext(text: str) -> str:
    """Encode as xtext (RFC 3461 §4): "+", "=" and invisible characters as + and two digits."""
    # Of ASCII: nearly every address.
    if text.isprintable() and not ("+" in text or "=" in text or " " in text):
        return text
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)
