"""Write header fields (RFC 5322 §2.2, §3.2; RFC 2047).

CPython's folding turns a long List-Unsubscribe into encoded words and drops the quotes of long
display names; both break what receivers read. Rules here: encoded words of at most 75 characters,
lines folded at spaces near 76, phrases quoted when they need it, structured values (addresses,
URLs, ids) never broken.
"""

import base64
import re
from datetime import datetime

from distro.errors import TemplateError

_FOLD = 76
# Whoever writes one into a value writes a header of their own (RFC 5322 §2.2).
_BREAKS = re.compile(r"[\r\n\0]")
# RFC 5322 §3.2.3 atext, and spaces between atoms.
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MAX_NAME = 120  # characters of a display name; nobody reads more


def field(name: str, value: str) -> bytes:
    """Return one header field whose value is already ASCII and structured: not encoded, folded only
    at its spaces.
    """
    return _folded(f"{name}:", value.split(" "))


def text_field(name: str, text: str) -> bytes:
    """Return an unstructured field such as Subject; what is not plain ASCII becomes encoded
    words.
    """
    clean = " ".join(_printable(text).split())
    if _is_plain(clean):
        return _folded(f"{name}:", clean.split(" "))
    return _folded(f"{name}:", encoded_words(clean))


def address_field(name: str, display: str, address: str) -> bytes:
    """Return an address with its display name: ``To: "Doe, Jane" <jane@outlet.example>``."""
    words = phrase(display)
    return _folded(f"{name}:", [*words, f"<{address}>"] if words else [address])


def phrase(display: str) -> list[str]:
    """Return a display name as the words of a phrase (RFC 5322 §3.2.5): atoms, one quoted string,
    or encoded words.
    """
    clean = " ".join(_printable(display).split())[:_MAX_NAME].strip()
    if not clean:
        return []
    if not _is_plain(clean):
        return encoded_words(clean)
    if _ATOM.fullmatch(clean):
        return clean.split(" ")
    quoted = clean.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'.split(" ")


def encoded_words(text: str) -> list[str]:
    """Return the text as encoded words (RFC 2047 §2), none over 75 characters, none breaking a
    character.

    Words end where base64 needs no padding, if a character ends there: GMime (mu, Balsa, notmuch)
    joins the words of a field before it decodes them, and stops at the first "=".
    """
    words, chunk, even = [], b"", 0
    for character in text:
        encoded = character.encode("utf-8", "replace")
        # 45 bytes are 60 in base64; with =?utf-8?b?…?= that is 72.
        if len(chunk) + len(encoded) > 45:
            cut = even or len(chunk)
            words.append(chunk[:cut])
            chunk, even = chunk[cut:], 0
        chunk += encoded
        if len(chunk) % 3 == 0 and len(chunk) > 20:
            even = len(chunk)
    words.append(chunk)
    return [f"=?utf-8?b?{base64.b64encode(w).decode()}?=" for w in words]


def date(when: datetime) -> str:
    """Return a date as RFC 5322 §3.3 has it, in English whatever the locale, with the real
    offset.
    """
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{days[when.weekday()]}, {when.day} {months[when.month - 1]} {when:%Y %H:%M:%S %z}"


def _is_plain(text: str) -> bool:
    """Return whether a text is ASCII that no reader would decode: "=?" would be taken for a
    word.
    """
    return text.isascii() and "=?" not in text


def _printable(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", text)


def _folded(name: str, words: list[str]) -> bytes:
    """Return the field with its line end; a word that does not fit stands on a line of its own."""
    lines, line = [], name
    for word in words:
        if len(line) + 1 + len(word) > _FOLD and line != name:
            lines.append(line)
            line = ""
        line += " " + word
    lines.append(line)
    if any(_BREAKS.search(line) for line in lines):
        raise TemplateError(
            f"the header field {name} would hold a line break or NUL",
            hint="Look for a line break in the settings, or in the front matter of the release.",
        )
    return "\r\n".join(lines).encode() + b"\r\n"
