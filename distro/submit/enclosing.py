"""Files that travel with a release: pictures in its text, and attachments; each found beside the release file."""

import io
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import imagesize

from distro.model import PICTURES, Enclosed
from distro.submit.prose import parser

LARGEST = 20_000_000                      # bytes of one file
_REFUSED = {".exe", ".js", ".bat", ".cmd", ".com", ".scr", ".vbs", ".jar", ".msi", ".lnk", ".iso", ".ps1", ".hta", ".html", ".htm", ".svg"}


@dataclass(slots=True)
class Enclosing:
    """What was found: the files, their bytes by hash, and what is wrong, as (about a picture?, sentence)."""

    files: list[Enclosed] = field(default_factory=list)
    raw: list[tuple[str, bytes]] = field(default_factory=list)
    wrong: list[tuple[bool, str]] = field(default_factory=list)
    unspoken: list[str] = field(default_factory=list)     # pictures without words for those who do not see them


def enclose(folder: Path | None, body: str, attachments: tuple[str, ...]) -> Enclosing:
    """Find every picture of a text and every attachment in the release's folder."""
    found = Enclosing()
    for source, alt in dict(_pictures(body)).items():
        _take(found, folder, unquote(source), source)
        if not alt.strip():
            found.unspoken.append(unquote(source))
    for name in dict.fromkeys(attachments):
        _take(found, folder, name, "")
    return found


def _pictures(body: str) -> Iterator[tuple[str, str]]:
    """What the images of a text point at on this machine, and their words; those of the web are not fetched."""
    for token in parser().parse(body):
        for child in token.children or []:
            source = str(child.attrGet("src") or "") if child.type == "image" else ""
            if source and not urlsplit(source).scheme and not source.startswith("//"):
                yield source, child.content


def _take(found: Enclosing, folder: Path | None, name: str, source: str) -> None:
    path = (folder or Path()) / name
    try:
        size = path.stat().st_size
        if size > LARGEST:
            found.wrong.append((bool(source), f"{name} has {size / 1e6:.1f} MB; at most {LARGEST // 1_000_000} MB can travel with a release"))
            return
        raw = path.read_bytes()
    except OSError as error:
        found.wrong.append((bool(source), f"{name} cannot be read beside the release ({error.strerror})"))
        return
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix.lower() in _REFUSED:
        found.wrong.append((bool(source), f"{name}: receivers refuse letters with {path.suffix.lower()} files"))
        return
    width = 0
    if source:
        width = imagesize.get(io.BytesIO(raw))[0] if kind in PICTURES else -1
        if width <= 0:
            found.wrong.append((True, f"{name} is no PNG, JPEG or GIF, which every mail program shows"))
            return
    digest = Enclosed.hash_of(raw)
    found.files.append(Enclosed(path.name, kind, size, digest, source, width))
    found.raw.append((digest, raw))
