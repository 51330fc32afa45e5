"""Find the files that travel with a release, pictures and attachments, beside the release file."""

import io
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

import imagesize

from distro.documents.reader import examine
from distro.lib.commonmark import parser
from distro.lib.files import read_beside
from distro.model import PICTURES, Enclosed

LARGEST = 20_000_000  # bytes of one file
LARGEST_OF_ALL = 60_000_000  # bytes of all files of an edition
MOST = 50  # files of an edition
MOST_ADDRESSES = 40  # e-mail addresses in an attachment, before it looks like somebody's contacts
LONGEST_NAME = 150  # characters
# No control characters, and none that turn the direction of what stands around them ("fdp.exe"
# would read "exe.pdf").
_UNFIT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    rf"|.{{{LONGEST_NAME + 1}}}",
    re.DOTALL,
)
_REFUSED = {
    ".exe",
    ".js",
    ".bat",
    ".cmd",
    ".com",
    ".scr",
    ".vbs",
    ".jar",
    ".msi",
    ".lnk",
    ".iso",
    ".ps1",
    ".hta",
    ".html",
    ".htm",
    ".svg",
}
_KINDS = frozenset(
    [
        ".pdf",
        ".docx",
        ".doc",
        ".odt",
        ".rtf",
        ".txt",
        ".md",
        ".pages",
        ".xlsx",
        ".xls",
        ".ods",
        ".csv",
        ".tsv",
        ".json",
        ".geojson",
        ".xml",
        ".pptx",
        ".ppt",
        ".odp",
        ".epub",
        ".ics",
        ".vcf",
        ".zip",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".heic",
        ".avif",
        ".bmp",
        ".eps",
        ".ai",
        ".psd",
        ".mp3",
        ".m4a",
        ".wav",
        ".ogg",
        ".flac",
        ".aac",
        ".mp4",
        ".mov",
        ".webm",
        ".m4v",
        ".srt",
        ".vtt",
    ],
)
_AT_DOMAIN = re.compile(rb"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_LOCAL = re.compile(rb"[A-Za-z0-9._+-]{1,64}$")


@dataclass(slots=True)
class Enclosing:
    """The files of a release: their bytes by hash, and what is wrong as (a picture?, sentence)."""

    files: list[Enclosed] = field(default_factory=list)
    raw: list[tuple[str, bytes]] = field(default_factory=list)
    wrong: list[tuple[bool, str]] = field(default_factory=list)
    # Pictures without words for those who do not see them.
    unspoken: list[str] = field(default_factory=list)
    inside: Mapping[str, bytes] = field(default_factory=dict)
    clean: bool = False
    # What files tell of their makers, a sentence each, and what was taken out.
    tells: list[str] = field(default_factory=list)
    record: list[str] = field(default_factory=list)


def enclose(
    folder: Path | None,
    body: str,
    attachments: tuple[str, ...],
    private: Sequence[Path] = (),
    inside: Mapping[str, bytes] | None = None,
    *,
    clean: bool = False,
) -> Enclosing:
    """Find every picture of a text and every attachment in the release's folder; nothing `private`
    is taken.

    `inside`: the pictures that a document brings, by name. `clean`: take out of each what it tells
    of its makers.
    """
    found = Enclosing(inside=inside or {}, clean=clean)
    wanted = [(unquote(source), source) for source in dict(_pictures(body))]
    wanted += [(name, "") for name in dict.fromkeys(attachments)]
    if len(wanted) > MOST:
        found.wrong.append(
            (False, f"{len(wanted)} files cannot travel with a release; {MOST} are the most")
        )
        return found
    for name, source in wanted:
        _take(found, folder or Path(), name, source, private)
    found.unspoken = [
        unquote(source) for source, alt in dict(_pictures(body)).items() if not alt.strip()
    ]
    return found


def _pictures(body: str) -> Iterator[tuple[str, str]]:
    """Yield what the images of a text point at on this machine, and their words; those of the web
    are not fetched.
    """
    for token in parser().parse(body):
        for child in token.children or []:
            source = str(child.attrGet("src") or "") if child.type == "image" else ""
            if source and not urlsplit(source).scheme and not source.startswith("//"):
                yield source, child.content


def _take(found: Enclosing, folder: Path, name: str, source: str, private: Sequence[Path]) -> None:
    """Read a file and add it, or the reason why it may not travel with the release."""
    try:
        raw = _examined(found, name, _read(found, folder, name, private))
        file = _checked(folder / name, raw, source)
    except _UnfitError as error:
        found.wrong.append((bool(source), str(error)))
        return
    found.files.append(file)
    found.raw.append((file.hash, raw))


def _examined(found: Enclosing, name: str, raw: bytes) -> bytes:
    """Return a file, without what it tells of its makers where that was asked; note it."""
    examined = examine(name, raw, clean=found.clean)
    if examined.stays:
        raise _UnfitError(
            f"{name} cannot be cleaned of {', '.join(examined.stays)}: take it out in the program"
            " that made it"
        )
    if examined.tells:
        told = ", ".join(examined.tells)
        if found.clean:
            found.record.append(f"took out of {name}: {told}")
        else:
            found.tells.append(f"{name} tells {told}: --clean-files takes it out")
    return examined.raw


class _UnfitError(Exception):
    """A file that may not travel with a release, with the reason."""


def _read(found: Enclosing, folder: Path, name: str, private: Sequence[Path]) -> bytes:
    """Return the bytes of a file beside the release, within what all of them may have."""
    if _UNFIT.search(name):
        shown = _UNFIT.sub("?", name)[:60]
        raise _UnfitError(
            f"{shown}: a file's name is one line of at most {LONGEST_NAME} characters"
        )
    left = min(LARGEST, LARGEST_OF_ALL - sum(file.size for file in found.files))
    if name in found.inside:
        if len(found.inside[name]) > left:
            raise _UnfitError(f"{name} is too large: {left:,} bytes are left for it")
        return found.inside[name]
    try:
        return read_beside(folder, name, left, private)
    except OSError as error:
        why = error.strerror or error
        raise _UnfitError(f"{name} cannot be read beside the release: {why}") from None
    except ValueError:  # a NUL, or a loop of links
        raise _UnfitError(f"{name[:60]!r} is no name of a file") from None


def _checked(path: Path, raw: bytes, source: str) -> Enclosed:
    """Return a file as it will travel; `source`: where the text shows it, "" for an attachment."""
    name, suffix = path.name, path.suffix.lower()
    if not source and suffix not in _REFUSED and suffix not in _KINDS:
        raise _UnfitError(
            f"{name}: {suffix or 'a file without an ending'} is no kind of file that a release"
            " brings (documents, tables, pictures, sound, film, .zip)"
        )
    people = _addresses_in(raw)
    if people > MOST_ADDRESSES:
        raise _UnfitError(
            f"{name} holds {people:,} e-mail addresses: is it a list of contacts? At most"
            f" {MOST_ADDRESSES} may go out with a release"
        )
    if suffix in _REFUSED:
        raise _UnfitError(f"{name}: receivers refuse letters with {suffix} files")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    width = 0
    if source:
        width = imagesize.get(io.BytesIO(raw))[0] if kind in PICTURES else -1
        if width <= 0:
            raise _UnfitError(f"{name} is no PNG, JPEG or GIF, which every mail program shows")
    return Enclosed(name, kind, len(raw), Enclosed.hash_of(raw), source, width)


def _addresses_in(raw: bytes) -> int:
    """Return how many different e-mail addresses a file shows, up to a thousand."""
    found: set[bytes] = set()
    for place in islice(_AT_DOMAIN.finditer(raw), 100_000):
        local = _LOCAL.search(raw[max(0, place.start() - 64) : place.start()])
        if local:
            found.add((local.group() + place.group()).lower())
            if len(found) == 1000:
                break
    return len(found)
