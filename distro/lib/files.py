"""Read files that somebody named: regular files only, never more bytes than agreed, and only from
where they may come.

A release, a spreadsheet or a setting may name any path. A pipe would hang the reader, a device
would fill the memory, and a symbolic link could lead to a secret. Every refusal is an OSError whose
`strerror` is a sentence for people.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|AGE-SECRET-KEY-1")
_LONG_KEY = re.compile(r"(?:[\w\"'-]{1,60}[ \t]?\.[ \t]?){40}")
_LOOKED_THROUGH = 65_536  # bytes at the beginning of a file in which a private key is looked for


def read_regular(path: Path, limit: int) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes. Raises OSError."""
    # O_NONBLOCK: opening a pipe without a writer returns at once instead of waiting for one.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _check(os.fstat(descriptor), limit, path)
        raw = file.read(limit + 1)
        if len(raw) > limit:  # it grew meanwhile
            raise OSError(errno.EFBIG, "it is being written to", str(path))
        return raw


def require_regular(path: Path, limit: int) -> None:
    """Check that a file that is going to be read in pieces is a regular one of at most `limit`
    bytes. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(os.fstat(descriptor), limit, path)
    finally:
        os.close(descriptor)


def _check(found: os.stat_result, limit: int, path: Path) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe, not a file", str(path))
    if found.st_size > limit:
        raise OSError(
            errno.EFBIG,
            f"{found.st_size / 1e6:.1f} MB is too large (at most {limit / 1e6:.3g} MB)",
            str(path),
        )


def read_text(path: Path, limit: int = 1_000_000) -> str:
    """Return the text of a small UTF-8 file, such as settings. Raises OSError,
    UnicodeDecodeError.
    """
    return read_regular(path, limit).decode("utf-8-sig")


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes the place of `path` once the block ends well, and that nobody else may
    read. Raises OSError.

    Its own name is new each time: in a shared folder, a file or a link that somebody put there
    before would be written to.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with os.fdopen(
            os.open(
                part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            ),
            "wb",
        ) as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a small TOML file says. Raises OSError, and ValueError with a sentence for what
    is none.
    """
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start})") from None
    if _LONG_KEY.search(text):  # the parser takes the square of its parts
        raise ValueError("a key of over 40 parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_beside(folder: Path, name: str, limit: int, private: Iterable[Path] = ()) -> bytes:
    """Return the bytes of a file that lies in `folder` or below it, wherever links lead. Raises
    OSError.

    Hidden files, files at or below a `private` path, and files that hold a private key are refused:
    who writes a release chooses the names, and whatever is attached goes out to everybody.
    """
    where = (folder / name).resolve(strict=True)
    inside = folder.resolve()
    if not where.is_relative_to(inside):
        raise PermissionError(errno.EACCES, "it lies outside the release's folder", name)
    if any(part.startswith(".") for part in where.relative_to(inside).parts):
        raise PermissionError(errno.EACCES, "it is hidden, so it is not meant for readers", name)
    if any(where.is_relative_to(path.resolve()) for path in private):
        raise PermissionError(
            errno.EACCES,
            "it belongs to this installation: its data, settings, keys or subscribers",
            name,
        )
    raw = read_regular(where, limit)
    if _PRIVATE_KEY.search(raw[:_LOOKED_THROUGH]):
        raise PermissionError(errno.EACCES, "it holds a private key", name)
    return raw
