"""Build the MIME parts of a letter (RFC 2046): text and HTML as alternatives, pictures related to
them, attachments beside them.

Each part is encoded once per edition; only the two alternatives have slots.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from distro.letter import quoted_printable
from distro.letter.slots import Slots

# "=_" cannot occur in quoted-printable (RFC 2045 §6.7).
_ALTERNATIVE, _RELATED, _MIXED = (
    "=_distro_alternative_=",
    "=_distro_related_=",
    "=_distro_mixed_=",
)

_PIECE = 54  # characters of a file's name in one line of a header
_CHARSET = "UTF-8''"  # and no language (RFC 2231 §4)


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file as a part of a letter; `id`: of a picture, its Content-ID without brackets."""

    name: str
    type: str
    raw: bytes
    id: str = ""

    @property
    def key(self) -> str:
        """Return the hash in its Content-ID, by which a page asks for it."""
        return self.id.partition("@")[0]


def body_of(
    text: str, html: str, slots: Slots, parts: Sequence[FilePart] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return the Content-Type of the whole, and its body: static text and names of slots in
    turn.
    """
    pieces = [f"--{_ALTERNATIVE}\r\n{_text_head('plain')}"]
    _spliced(pieces, text, slots)
    pieces[-1] += f"\r\n--{_ALTERNATIVE}\r\n{_text_head('html')}"
    _spliced(pieces, html, slots)
    pieces[-1] += f"\r\n--{_ALTERNATIVE}--\r\n"
    kind = f'multipart/alternative; boundary="{_ALTERNATIVE}"'
    pictures, attachments = [p for p in parts if p.id], [p for p in parts if not p.id]
    if pictures:
        # RFC 2387 §3.1.
        kind = _around(
            pieces, kind, _RELATED, 'multipart/related; type="multipart/alternative"', pictures
        )
    if attachments:
        kind = _around(pieces, kind, _MIXED, "multipart/mixed", attachments)
    return kind, tuple(pieces)


def _around(
    pieces: list[str], kind: str, boundary: str, outer: str, parts: Sequence[FilePart]
) -> str:
    """Put what there is into a larger whole, as its first part."""
    pieces[0] = f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n{pieces[0]}"
    pieces[-1] += (
        "".join(f"\r\n--{boundary}\r\n{_file(part)}" for part in parts) + f"\r\n--{boundary}--\r\n"
    )
    return f'{outer}; boundary="{boundary}"'


def _file(part: FilePart) -> str:
    """Return a file in base64, lines of 76."""
    encoded = base64.encodebytes(part.raw).decode().replace("\n", "\r\n")
    identity = f"Content-ID: <{part.id}>\r\n" if part.id else ""
    name, filename = _names(part.name)
    shown = "inline" if part.id else "attachment"
    return (
        f"Content-Type: {part.type};\r\n {name}\r\nContent-Transfer-Encoding:"
        f" base64\r\n{identity}Content-Disposition: {shown};\r\n {filename}\r\n\r\n{encoded}"
    )


def _names(name: str) -> tuple[str, str]:
    """Return a file's name as `name` of its type, for readers of before 1997, and as `filename` of
    its disposition.

    Beyond ASCII `filename*` is in pieces that fit a line (RFC 2231 §3, §4.1), and `name` is encoded
    as RFC 2047 has it: it does not allow that (§5), but it is what older programs write and read.
    """
    if name.isascii() and not any(c in name for c in '"\\\r\n') and len(name) <= _PIECE:
        return f'name="{name}"', f'filename="{name}"'
    words = [
        f"=?utf-8?B?{base64.b64encode(piece.encode()).decode()}?="
        for piece in _pieces(name, lambda text: len(text.encode()), 42)
    ]
    cut = [
        quote(piece, safe="")
        for piece in _pieces(name, lambda text: len(quote(text, safe="")), _PIECE)
    ]
    pieces = (
        [f"filename*{n}*={'' if n else _CHARSET}{piece}" for n, piece in enumerate(cut)]
        if len(cut) > 1
        else [f"filename*={_CHARSET}{cut[0]}"]
    )
    return 'name="' + "\r\n ".join(words) + '"', ";\r\n ".join(pieces)


def _pieces(text: str, length: Callable[[str], int], most: int) -> list[str]:
    """Cut a text between characters, so that each piece is at most so long."""
    pieces = [""]
    for character in text:
        if length(pieces[-1] + character) > most:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _text_head(subtype: str) -> str:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding:"
        " quoted-printable\r\n\r\n"
    )


def _spliced(pieces: list[str], text: str, slots: Slots) -> None:
    """Append a text to the pieces; static text ends in a soft break where a slot follows."""
    parts = slots.pattern.split(text)
    for n in range(0, len(parts), 2):
        static = quoted_printable.encode(parts[n].encode())
        last = n == len(parts) - 1
        pieces[-1] += static.decode() + ("" if last else "=\r\n")
        if not last:
            pieces += [parts[n + 1], ""]
