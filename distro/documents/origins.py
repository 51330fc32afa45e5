"""Find what a file says of who made it, where and on what machine, and take it out when asked.

Pictures are read here; documents and PDFs by the child process (`child`).
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

from distro.documents.archive import Archive
from distro.documents.blocks import UnreadableError

_OFFICE = (".docx", ".xlsx", ".pptx")
_COMMENTS = re.compile(r"(?:^|/)comments?\d*\.xml$|/comments/|threadedComments")
_CHANGES = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo)[ >]")
_PARTS = ("docProps/core.xml", "docProps/app.xml")
_NAMES = {
    "creator": "its author",
    "lastModifiedBy": "who changed it last",
    "Manager": "a manager",
    "Company": "a company",
}
_PATH = re.compile(rb"(?:[A-Za-z]:\\\\?Users\\\\?|/Users/|/home/)[\w .-]{2,40}")
_LATITUDE = 0x8825  # of Exif 2.32: the pointer to the GPS fields
_EXIF_NAMES = {0x013B: "its author", 0xA430: "the camera's owner", 0xA431: "the camera's number"}


def origins(name: str, raw: bytes) -> list[str]:
    """Return what a file tells of its makers, in words; [] for nothing, or for another kind."""
    reader = _readers().get(_suffix(name))
    if reader is None:
        return []
    return list(dict.fromkeys(reader[0](raw)))


def cleaned(name: str, raw: bytes) -> bytes:
    """Return a file without what it tells of its makers; as it was, for another kind."""
    reader = _readers().get(_suffix(name))
    return reader[1](raw) if reader else raw


def needs_child(name: str) -> bool:
    """Return whether a file is of a kind that a hostile one may make costly."""
    return _suffix(name) in (".pdf", *_OFFICE)


def _suffix(name: str) -> str:
    return name[name.rfind(".") :].lower() if "." in name else ""


_Reader = tuple[Callable[[bytes], Iterator[str]], Callable[[bytes], bytes]]


def _readers() -> dict[str, _Reader]:
    jpeg, office = (_jpeg, _bare_jpeg), (_office, _bare_office)
    return {
        ".jpg": jpeg,
        ".jpeg": jpeg,
        ".png": (_png, _bare_png),
        ".pdf": (_pdf, _bare_pdf),
        **dict.fromkeys(_OFFICE, office),
    }


# -- JPEG (ITU T.81 annex B: segments of marker, length, content)


def _segments(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, begin and end of the segments before the picture itself."""
    at = 2
    while at + 4 <= len(raw) and raw[at] == 0xFF and raw[at + 1] not in (0xDA, 0xD9):
        length = int.from_bytes(raw[at + 2 : at + 4], "big")
        if length < 2:
            return
        yield raw[at + 1], at, min(at + 2 + length, len(raw))
        at += 2 + length


def _jpeg(raw: bytes) -> Iterator[str]:
    for marker, begin, end in _segments(raw):
        content = raw[begin + 4 : end]
        if marker == 0xE1 and content[:6] == b"Exif\0\0":
            yield from _exif(content[6:])
        elif marker == 0xE1:
            yield from _xmp(content)
        if marker == 0xED and b"8BIM" in content:
            yield "words about it (IPTC)"
        if marker in (0xE1, 0xED) and _PATH.search(content):
            yield "a path on somebody's machine"


def _xmp(content: bytes) -> Iterator[str]:
    """Yield what Adobe's metadata tells."""
    if b"GPSLatitude" in content:
        yield "where it was taken (GPS)"
    if b"dc:creator" in content or b"photoshop:AuthorsPosition" in content:
        yield "its author"


def _exif(tiff: bytes) -> Iterator[str]:
    """Yield what the first directory of Exif tells (TIFF 6.0 section 2)."""
    for tag, value in _directory(tiff):
        if tag == _LATITUDE:
            yield "where it was taken (GPS)"
        elif tag in _EXIF_NAMES:
            yield _EXIF_NAMES[tag]
        elif tag == 0x8769:
            for inner, _ in _directory(tiff, value):
                if inner in _EXIF_NAMES:
                    yield _EXIF_NAMES[inner]


def _directory(tiff: bytes, at: int = 0) -> Iterator[tuple[int, int]]:
    """Yield tag and value of a directory's entries; `at` 0: the first directory."""
    order = "little" if tiff[:2] == b"II" else "big"

    def number(where: int, size: int) -> int:
        return int.from_bytes(tiff[where : where + size], order)  # type: ignore[arg-type]

    at = at or number(4, 4)
    for n in range(min(number(at, 2), 200)):
        entry = at + 2 + 12 * n
        yield number(entry, 2), number(entry + 8, 2 if number(entry + 2, 2) == 3 else 4)


def _bare_jpeg(raw: bytes) -> bytes:
    """Take Exif, XMP and IPTC out; a turned picture stays turned."""
    kept = bytearray(raw[:2])
    last = 2
    for marker, begin, end in _segments(raw):
        last = end
        if marker not in (0xE1, 0xED):
            kept += raw[begin:end]
        elif raw[begin + 4 : begin + 10] == b"Exif\0\0":
            turned = dict(_directory(raw[begin + 10 : end])).get(0x0112, 1)
            kept += _orientation(turned) if 1 < turned <= 8 else b""
    # What follows the end of the picture (others of the same moment, a film) is not shown.
    end = raw.find(b"\xff\xd9", last)
    return bytes(kept) + (raw[last : end + 2] if end > 0 else raw[last:])


def _orientation(turned: int) -> bytes:
    """Return an Exif segment that only says how a picture is turned."""
    entry = b"\x01\x12\0\x03\0\0\0\x01" + turned.to_bytes(2, "big") + b"\0\0"
    exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01" + entry + b"\0\0\0\0"
    return b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif


# -- PNG (chunks of length, kind, content, checksum)

_TELLING = (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME")


def _chunks(raw: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 8
    while at + 12 <= len(raw):
        end = at + 12 + int.from_bytes(raw[at : at + 4], "big")
        yield raw[at + 4 : at + 8], at, min(end, len(raw))
        at = end


def _png(raw: bytes) -> Iterator[str]:
    for kind, begin, end in _chunks(raw):
        content = raw[begin + 8 : end - 4]
        if kind == b"eXIf":
            yield from _exif(content)
        elif kind in _TELLING[:3] and content[:6].lower() == b"author":
            yield "its author"
        elif kind == b"iTXt" and content.startswith(b"XML:com.adobe.xmp"):
            yield from _xmp(content)
        elif kind in _TELLING[:3] and _PATH.search(content):
            yield "a path on somebody's machine"


def _bare_png(raw: bytes) -> bytes:
    kept = (raw[begin:end] for kind, begin, end in _chunks(raw) if kind not in _TELLING)
    return raw[:8] + b"".join(kept)


# -- Office documents and PDF


def _office(raw: bytes) -> Iterator[str]:
    archive = Archive(raw)
    for part in _PARTS:
        root = archive.xml(part)
        for element in root if root is not None else ():
            what = _NAMES.get(element.tag.rpartition("}")[2])
            if what and (element.text or "").strip():
                yield f"{what} ({(element.text or '').strip()[:60]})"
    if any(map(_COMMENTS.search, archive.names)):
        yield "comments"
    if _CHANGES.search(archive.read("word/document.xml")):
        yield "tracked changes"
    if any(_PATH.search(archive.read(name)) for name in ("xl/workbook.xml", "word/settings.xml")):
        yield "a path on somebody's machine"


def _bare_office(raw: bytes) -> bytes:
    made = io.BytesIO()
    archive = Archive(raw)
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.infolist():
            content = archive.read(part.filename)
            if part.filename in _PARTS:
                root = archive.xml(part.filename)
                content = b"" if root is None else _emptied(root)
            new.writestr(part.filename, content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _emptied(root: ET.Element) -> bytes:
    for element in list(root):
        if element.tag.rpartition("}")[2] in (*_NAMES, "Template"):
            root.remove(element)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _pdf(raw: bytes) -> Iterator[str]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(raw), strict=False)
        if reader.is_encrypted:
            return
        told = reader.metadata
        author = str(told.author or "").strip() if told is not None else ""
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise UnreadableError(f"its PDF is broken ({type(error).__name__})") from None
    if author:
        yield f"its author ({author[:60]})"
    if _PATH.search(raw):
        yield "a path on somebody's machine"


def _bare_pdf(raw: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(raw), strict=False))
    writer.metadata = None
    writer.xmp_metadata = None
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
