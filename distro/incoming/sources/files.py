"""Read messages from a file, an mbox, a Maildir or a pipe."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from distro.errors import NotFoundError, UsageError
from distro.incoming.mailroom import MOST_BYTES
from distro.lib.files import read_regular

_FROM = b"From "
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LINE = 65_536  # bytes of a line that are read at once


def messages(source: str) -> Iterator[tuple[str, bytes]]:
    """Yield each message with where it lies.

    `source`: a file with one message or an mbox (RFC 4155), a Maildir, a folder of messages, or "-"
    for standard input. Raises NotFoundError, UsageError.
    """
    if source == "-":
        yield "pipe", sys.stdin.buffer.read(MOST_BYTES)
        return
    path = Path(source)
    try:
        if path.is_dir():
            yield from _folder(path)
        else:
            yield from _file(path)
    except FileNotFoundError:
        raise NotFoundError(f"there is no {source}") from None
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from None


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    parts = [path / part for part in ("new", "cur") if (path / part).is_dir()] or [path]
    for part in parts:
        for found in sorted(p for p in part.iterdir() if p.is_file() and p.name[0] != "."):
            yield found.name, read_regular(found, MOST_BYTES)


def _file(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        is_mbox = file.read(len(_FROM)) == _FROM
        if is_mbox:
            file.seek(0)
            yield from _mbox(path.name, file)
            return
    yield path.name, read_regular(path, MOST_BYTES)


def _mbox(name: str, file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the messages of an mbox; each begins with a line "From " after an empty one."""
    lines: list[bytes] = []
    size, number, after_empty = 0, 0, True
    while line := file.readline(_LINE):
        if after_empty and line.startswith(_FROM) and size:
            number += 1
            yield f"{name}#{number}", _whole(lines)
            lines, size = [], 0
        if size < MOST_BYTES:
            lines.append(line)
        size += len(line)
        after_empty = line in (b"\n", b"\r\n")
    if lines:
        yield f"{name}#{number + 1}", _whole(lines)


def _whole(lines: list[bytes]) -> bytes:
    """Return a message of an mbox without its first line, and with ">From " as it was."""
    return _QUOTED.sub(rb"\1", b"".join(lines[1:]))
