"""Encode quoted-printable (RFC 2045 §6.7) in pieces that can be spliced.

A static piece ends with a soft line break before a slot, and the slot's value with one after it, so
that each stands on lines of its own. No line begins with a dot (RFC 5321 §4.5.2 needs no stuffing
then) or with "From " (mbox tools leave it alone, and a signature holds).
"""

import binascii
import re

SOFT = b"=\r\n"
_SAFE_VALUE = re.compile(
    rb"[A-Za-z0-9:/@_+,;?&%~!*()'-][A-Za-z0-9:/@._+,;?&%~!*()'"
    rb" -]{0,72}[A-Za-z0-9:/@._+,;?&%~!*()'-]"
)


def encode(text: bytes) -> bytes:
    """Encode UTF-8 text whose lines end in LF; the result's lines end in CRLF."""
    lines = binascii.b2a_qp(text, istext=True).split(b"\n")
    return b"\r\n".join(_guarded(line) for line in lines)


def _guarded(line: bytes) -> bytes:
    """Return a line that begins with a dot or with "From " gets its first character encoded, within
    76 characters.
    """
    if line[:1] == b"." or line[:5] == b"From ":
        first = b"=%02X" % line[0]
        rest = line[1:]
        return first + rest if len(rest) <= 72 else first + SOFT + _guarded(rest)
    return line


def is_plain(text: bytes) -> bool:
    """Return whether a slot's value may stand as it is, on a line of its own."""
    return bool(_SAFE_VALUE.fullmatch(text)) and not text.startswith(b"From")


def value(text: bytes) -> bytes:
    """Return a slot's value on its own lines, ended by a soft break."""
    if is_plain(text):
        return text + SOFT
    one_line = text.replace(b"\r", b" ").replace(b"\n", b" ")
    return encode(one_line) + SOFT
