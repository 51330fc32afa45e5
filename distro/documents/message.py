"""Read a message (.eml) with a release inside: in an attached document, or in its own text."""

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
from importlib import import_module

from distro.documents.blocks import Block, Document, Kind, Remark, UnreadableError
from distro.documents.reader import READERS
from distro.documents.text_lines import line_blocks
from distro.readings import Choices

_DOCUMENTS = (".docx", ".odt", ".rtf")
_MOST = 500  # parts of a message


def read(raw: bytes, choices: Choices) -> Document:
    """Return the release in a message: the only document attached, else the text itself."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [part for part, _ in zip(message.walk(), range(_MOST), strict=False)]
    attached = [(name, part) for part in parts if (name := _name(part)).endswith(_DOCUMENTS)]
    if len(attached) > 1:
        names = ", ".join(name for name, _ in attached[:5])
        raise UnreadableError(
            f"{len(attached)} documents are attached ({names})", "Save one, and submit that."
        )
    if attached:
        name, part = attached[0]
        found = _told(_document(name, part, choices), f"read from the attached {name}")
        return _embargo_in_both(found, message)
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        if body is not None and (content := _content(body)).strip():
            found = _text(content) if kind == "plain" else _page(content, choices)
            found = replace(found, format="a message", blocks=(*_subject(message), *found.blocks))
            others = ", ".join(filter(None, map(_name, parts)))[:200]
            return _told(found, f"attached and not read: {others}") if others else found
    raise UnreadableError("the message holds no text", "Save its attachment by itself.")


def _name(part: EmailMessage) -> str:
    try:
        return (part.get_filename() or "").lower()
    except (ValueError, LookupError, IndexError):
        return ""


def _document(name: str, part: EmailMessage, choices: Choices) -> Document:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise UnreadableError(f"its attachment {name} cannot be read")
    return _read_as(name[name.rindex(".") :], content, choices)


def _read_as(suffix: str, content: bytes, choices: Choices) -> Document:
    found: Document = import_module(f"distro.documents.{READERS[suffix]}").read(content, choices)
    return found


def _content(part: MIMEPart) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _text(content: str) -> Document:
    lines = content.replace("\r", "").split("\n")
    blocks = tuple(line_blocks(lines))
    return Document(format="", blocks=blocks, pieces=len(blocks) + 1)


def _page(content: str, choices: Choices) -> Document:
    # With the mark of UTF-8: the page's own word on its encoding is of the message's bytes.
    found = _read_as(".html", b"\xef\xbb\xbf" + content.encode(), choices)
    return replace(found, pieces=found.pieces + 1)


def _subject(message: EmailMessage) -> list[Block]:
    """Return the subject as a block: an embargo may stand there."""
    subject = " ".join(str(message.get("Subject", "")).split())
    return [Block(place="the subject", kind=Kind.TEXT, text=subject or "(no subject)")]


def _embargo_in_both(found: Document, message: EmailMessage) -> Document:
    """Return the document with an error where only the message around it speaks of an embargo."""
    body = message.get_body(("plain", "html"))
    around = f"{message.get('Subject', '')} {_content(body) if body is not None else ''}"
    said = re.search(r"[^\n<>]{0,40}embargo[^\n<>]{0,60}", around, re.IGNORECASE)
    if said and not any("embargo" in block.text.lower() for block in found.blocks):
        text = f'the message says "{said[0].strip()}", its document does not: write it there'
        return replace(found, remarks=(*found.remarks, Remark(text, error=True)))
    return found


def _told(found: Document, text: str) -> Document:
    return replace(found, remarks=(*found.remarks, Remark(text)))
