"""What files tell of their makers, and that it is gone when asked."""

import io
import struct
import zlib

import imagesize
import pytest
from pypdf import PdfReader, PdfWriter

from distro.documents.origins import cleaned, origins
from distro.documents.reader import Examined, examine
from tests.support.documents import paragraph, zipped
from tests.support.documents import word as docx


def exif(order: str, turned: int = 1) -> bytes:
    """Return Exif with an orientation, an author, and a pointer to GPS fields."""
    sign, mark = (">", b"MM") if order == "big" else ("<", b"II")
    entries = [(0x0112, 3, turned), (0x013B, 2, 99), (0x8825, 4, 200)]
    packed = b"".join(
        struct.pack(f"{sign}HHI", tag, kind, 1)
        + (struct.pack(f"{sign}HH", value, 0) if kind == 3 else struct.pack(f"{sign}I", value))
        for tag, kind, value in entries
    )
    head = mark + struct.pack(f"{sign}HI", 42, 8)
    return head + struct.pack(f"{sign}H", len(entries)) + packed + b"\0\0\0\0"


def jpeg(*segments: bytes) -> bytes:
    frame = b"\xff\xc0\0\x11\x08\0\x10\0\x20\x03\1\x22\0\2\x11\1\3\x11\1"
    made = b"".join(b"\xff\xe1" + struct.pack(">H", len(s) + 2) + s for s in segments)
    return b"\xff\xd8" + made + frame + b"\xff\xda\0\x02" + b"pixels" + b"\xff\xd9"


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0))
    + chunk(b"tEXt", b"Author\0Bo")
    + chunk(b"IEND", b"")
)


def pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": "Bo", "/Title": "Plan"})
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


CORE = (
    '<c:coreProperties xmlns:c="x" xmlns:dc="y"><dc:title>Plan</dc:title>'
    "<dc:creator>Bo</dc:creator><c:lastModifiedBy>Ana</c:lastModifiedBy></c:coreProperties>"
)
OFFICE = zipped({"docProps/core.xml": CORE, "word/document.xml": "<a/>"})


@pytest.mark.parametrize(
    ("name", "raw", "tells"),
    [
        ("a.jpg", jpeg(b"Exif\0\0" + exif("big")), ["its author", "where it was taken (GPS)"]),
        ("a.JPEG", jpeg(b"Exif\0\0" + exif("little")), ["its author", "where it was taken (GPS)"]),
        ("a.jpg", jpeg(b"ns.adobe/xap C:\\Users\\Bo Lund\\x"), ["a path on somebody's machine"]),
        ("a.png", PNG, ["its author"]),
        ("a.pdf", pdf(), ["its author (Bo)"]),
        ("a.docx", OFFICE, ["its author (Bo)", "who changed it last (Ana)"]),
        ("a.docx", docx(paragraph("x")), []),
        ("a.gif", b"GIF89a", []),
    ],
)
def test_a_file_tells_and_then_does_not(name: str, raw: bytes, tells: list[str]) -> None:
    assert origins(name, raw) == tells
    assert origins(name, cleaned(name, raw)) == []
    examined = examine(name, raw, clean=True)
    assert list(examined.tells) == tells
    assert list(examined.stays) == []
    assert origins(name, examined.raw) == []


def test_a_turned_picture_stays_turned_and_the_picture_stays() -> None:
    bare = cleaned("a.jpg", jpeg(b"Exif\0\0" + exif("little", turned=6)))
    assert b"\x01\x12\0\x03\0\0\0\x01\0\x06" in bare
    assert bare.endswith(b"pixels\xff\xd9")
    assert imagesize.get(io.BytesIO(bare)) == (16, 32)  # as it is shown
    assert imagesize.get(io.BytesIO(cleaned("a.png", PNG))) == (3, 2)


def test_a_clean_pdf_is_a_pdf() -> None:
    assert len(PdfReader(io.BytesIO(cleaned("a.pdf", pdf()))).pages) == 1


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.pdf", "a.docx"])
@pytest.mark.parametrize("raw", [b"", b"\xff\xd8\xff\xe1\0\0", b"\x89PNG\r\n", b"PK\3\4"])
def test_a_broken_file_tells_nothing_and_is_not_called_clean(name: str, raw: bytes) -> None:
    assert examine(name, raw, clean=False) == Examined((), raw)
    examined = examine(name, raw, clean=True)
    assert list(examined.stays) == (
        ["what it holds: it cannot be read"] if name in ("a.pdf", "a.docx") else []
    )


@pytest.mark.parametrize(
    ("raw", "tells"),
    [
        (zipped({"word/comments.xml": "<a/>", "word/document.xml": "<a/>"}), "comments"),
        (zipped({"word/document.xml": "<w:p><w:del w:id='1'>"}), "tracked changes"),
        (zipped({"xl/comments1.xml": "<a/>"}), "comments"),
    ],
)
def test_what_cannot_be_taken_out_is_said(raw: bytes, tells: str) -> None:
    examined = examine("a.docx", raw, clean=True)
    assert list(examined.tells) == list(examined.stays) == [tells]


def test_what_follows_a_picture_is_cut_off() -> None:
    two = jpeg(b"Exif\0\0" + exif("big")) + jpeg(b"Exif\0\0" + exif("big"))
    assert b"Exif" not in cleaned("a.jpg", two)
