"""Decode a file's bytes into lines of text: encoding, size, and what is no text at all."""

import errno
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from distro.errors import InputFileError
from distro.lib.files import read_regular

MAX_BYTES = 300_000  # a release of a hundred pages; above it somebody named the wrong file


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file and how it was read."""

    name: str
    text: str
    encoding: str
    folder: Path | None = None  # where it lies


def load(path: Path) -> Source:
    """Read a text file in UTF-8, UTF-16 with its mark, or else Windows-1252. Raises
    InputFileError.
    """
    return replace(decode(path.name, read_bytes(path, MAX_BYTES)), folder=path.parent)


def read_bytes(path: Path, largest: int) -> bytes:
    """Return the bytes of a release's file. Raises InputFileError."""
    try:
        return read_regular(path, largest)
    except IsADirectoryError:
        raise InputFileError(
            f"{path} is a folder, not a release", hint="Name the file: one per language."
        ) from None
    except FileNotFoundError:
        raise InputFileError(f"{path}: there is no such file", hint=_neighbours(path)) from None
    except OSError as error:
        hint = (
            "Photos and films belong in `attachments:`, not in the text."
            if error.errno == errno.EFBIG
            else ""
        )
        raise InputFileError(f"{path}: cannot be read ({error.strerror})", hint=hint) from None


def decode(name: str, raw: bytes) -> Source:
    """Decode the bytes of the file `name`; raises InputFileError for what is empty or no text."""
    if not raw.strip():
        raise InputFileError(f"{name} is empty", hint="Write a headline and a text into it.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Source(name, _lines(raw.decode("utf-16", "replace")), "UTF-16")
    if raw[:4] == b"PK\x03\x04":
        raise InputFileError(
            f"{name} is an archive or a document under another name",
            hint="Give a Word document its ending .docx, an OpenDocument text .odt.",
        )
    if (
        b"\0" in raw
        or sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in raw[:4096])
        > len(raw[:4096]) // 50
    ):
        raise InputFileError(
            f"{name} is not a text file", hint="Save it as plain text or Markdown (UTF-8)."
        )
    try:
        return Source(name, _lines(raw.decode("utf-8-sig")), "UTF-8")
    except UnicodeDecodeError:
        return Source(name, _lines(raw.decode("cp1252", "replace")), "Windows-1252")


def _lines(text: str) -> str:
    """Return composed characters, one kind of line end, no control characters but tab. Raises
    InputFileError.

    Unicode's stream-safe format (UAX 15) has at most 30 marks on one character; composing takes the
    square of their number.
    """
    marks = "".join(c for c in set(text) if unicodedata.combining(c))
    if marks and (found := re.search(f"[{re.escape(marks)}]{{31}}", text)):
        raise InputFileError(
            f"line {text.count(chr(10), 0, found.start()) + 1}: over 30 accents on one letter",
            hint="No language writes that; take it out.",
        )
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return re.sub("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\u200b]", "", text)


def _neighbours(path: Path) -> str:
    import difflib

    try:
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], 1)
    except OSError:
        near = []
    return (
        f"Did you mean {path.with_name(near[0])}?"
        if near
        else "See which files are here with `ls`."
    )


def slug_of(headline: str) -> str:
    """Return the identity of a release made from its headline: ASCII words joined by hyphens, 60
    characters at most.
    """
    import hashlib

    ascii_text = unicodedata.normalize("NFKD", headline).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_text)
    slug = ""
    for word in words:
        if len(slug) + len(word) > 59:
            break
        slug = f"{slug}-{word}" if slug else word
    return (
        slug if len(slug) >= 3 else "release-" + hashlib.sha256(headline.encode()).hexdigest()[:10]
    )
