"""Read a document in a child process: one gigabyte, twenty seconds, no network."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from distro.documents import origins
from distro.documents.blocks import Document
from distro.errors import InputFileError
from distro.lib.confined import ChildFailedError, Limits, run_confined
from distro.readings import Choices

# The module that reads each kind of document.
READERS = {
    ".docx": "word",
    ".odt": "odt",
    ".rtf": "rtf",
    ".html": "page",
    ".htm": "page",
    ".mhtml": "page",
    ".mht": "page",
    ".eml": "message",
    ".pdf": "pdf",
}
SUFFIXES = tuple(READERS)
_REFUSED = {
    ".doc": "Open it in Word and save it as .docx.",
    ".docm": "It may hold programs: save it as .docx.",
    ".dotm": "It may hold programs: save it as .docx.",
    ".dotx": "It is a template: open it and save it as .docx.",
    ".pages": "In Pages: File > Export To > Word.",
    ".msg": "In Outlook: save the message as .eml, or its attachment by itself.",
}
_LIMITS = Limits(memory=1 << 30, output=200 << 20, seconds=20)


class Examined(NamedTuple):
    """The words that a file tells of its makers, and the file: without them, where asked."""

    tells: tuple[str, ...]
    raw: bytes
    stays: tuple[str, ...] = ()  # of them, what could not be taken out


class Answer(msgspec.Struct):
    """The answer of the child: a document, or why there is none."""

    document: Document | None = None
    examined: Examined | None = None
    why: str = ""
    instead: str = ""


def examine(name: str, raw: bytes, *, clean: bool) -> Examined:
    """Return what a file that travels with a release tells of its makers; nothing of one that
    cannot be read.

    `clean`: take it out.
    """
    if not origins.needs_child(name):
        return examined(name, raw, clean=clean)
    unknown = Examined((), raw, ("what it holds: it cannot be read",) if clean else ())
    try:
        answer = _asked(["clean" if clean else "examine", name], raw)
    except ChildFailedError:
        return unknown
    return answer.examined or unknown


def examined(name: str, raw: bytes, *, clean: bool) -> Examined:
    """Do what `examine` says, in this process."""
    tells = tuple(origins.origins(name, raw))
    if not clean:
        return Examined(tells, raw)
    bare = origins.cleaned(name, raw)
    return Examined(tells, bare, tuple(origins.origins(name, bare)))


def _asked(arguments: list[str], raw: bytes) -> Answer:
    """Ask the child process. Raises ChildFailedError."""
    answered, _ = run_confined(["-m", "distro.documents.child", *arguments], _LIMITS, given=raw)
    with answered:
        answered.seek(0)
        return msgspec.msgpack.decode(answered.read(), type=Answer)


def is_document(path: Path) -> bool:
    """Return whether a file is one for this package, by its name."""
    return path.suffix.lower() in (*SUFFIXES, *_REFUSED)


def read_document(path: Path, raw: bytes, choices: Choices) -> Document:
    """Return what stands in a document, the bytes of `path`. Raises InputFileError."""
    suffix = path.suffix.lower()
    if suffix in _REFUSED:
        raise InputFileError(f"{path}: {suffix} files are not read", hint=_REFUSED[suffix])
    if not raw.strip():
        raise InputFileError(f"{path} is empty", hint="Write a headline and a text into it.")
    given = msgspec.json.encode(choices).decode()
    try:
        answer = _asked([suffix, given], raw)
    except ChildFailedError as error:
        why = f" ({error})" if str(error) else ""
        raise InputFileError(
            f"{path}: it takes more memory or time than any release{why}",
            hint="Is it the right file? Copy its text into a new document.",
        ) from None
    if answer.document is None:
        raise InputFileError(f"{path}: {answer.why}", hint=answer.instead)
    return answer.document
