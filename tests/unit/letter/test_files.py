"""Pictures and attachments: where they are found, how they travel, and who may open them."""

import email
import email.policy
import struct
import zlib
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path

import dkim
import pytest

from distro.errors import SettingsError
from distro.letter import Filler, compile_letter
from distro.letter.context import LetterContext
from distro.letter.dkim import load_signer, make_key
from distro.letter.mime import FilePart, _file
from distro.letter.templates import Templates
from distro.mailing.branding import brand_of
from distro.mailing.compose import context_for, files_of
from distro.model import Edition
from distro.readings import Level
from distro.settings.load import load
from distro.submit import read
from distro.tokens import SecretKeys

KEYS = SecretKeys((b"sign",), b"pepper")
RELEASE = """---
headline: Boats
attachments: [factsheet.pdf, "rapport d'été.pdf"]
---
Twelve boats came.

![Three boats at a pier](boats.png "Boats. Photo: Ana")

The end, with ![an icon](boats.png) in a line, and ![far](https://elsewhere.example/x.png).
"""


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, payload: bytes) -> bytes:
        return (
            struct.pack(">I", len(payload))
            + kind
            + payload
            + struct.pack(">I", zlib.crc32(kind + payload))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * (width * 3 + 1) * height))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "boats.png").write_bytes(png(900, 20))
    (tmp_path / "factsheet.pdf").write_bytes(b"%PDF-1.4 facts")
    (tmp_path / "rapport d'été.pdf").write_bytes(b"%PDF-1.4 " + b"x" * 5000)
    path = tmp_path / "release.md"
    path.write_text(RELEASE, encoding="utf-8")
    return path


def filler_of(release: Path, attached: int = 2_000_000) -> Filler:
    reading = read(release)
    assert reading.edition is not None
    assert not reading.errors
    (release.parent / "key").write_bytes(make_key("ed25519"))
    envelope = LetterContext(
        "17",
        "House",
        "press@press.example",
        "",
        "1 Street",
        datetime(2026, 11, 24, tzinfo=UTC),
        files=files_of([reading]),
        attached=attached,
    )
    letter = compile_letter(reading.edition, envelope, Templates(Path("/nowhere")))
    return Filler(
        letter,
        distribution=17,
        site_url="https://press.example",
        keys=KEYS,
        signers=(load_signer("press.example", "k", release.parent / "key"),),
    )


def test_a_letter_with_everything_parses_back_and_verifies(release: Path) -> None:
    """RFC 2046, RFC 2387, RFC 2392, RFC 2231."""
    filler = filler_of(release)
    raw = b"".join(filler.fill(42, 981, "ana@daily.example", "Ana"))
    message = email.message_from_bytes(raw, policy=email.policy.default)

    assert not any(part.defects for part in message.walk())
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
        "application/pdf",
    ]
    attached = {
        part.get_filename(): part.get_content()
        for part in message.walk()
        if part.get_content_disposition() == "attachment"
    }
    assert attached == {
        "factsheet.pdf": b"%PDF-1.4 facts",
        "rapport d'été.pdf": b"%PDF-1.4 " + b"x" * 5000,
    }
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert picture.get_content() == png(900, 20)
    page = str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page
    assert 'alt="Three boats at a pier"' in page
    assert 'width="552"' in page
    assert "Boats. Photo: Ana" in page
    assert "elsewhere.example/x.png" not in page
    text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "[Three boats at a pier]" in text
    assert "factsheet.pdf (1 KB)" in text
    record = load_signer("press.example", "k", release.parent / "key").record.encode()
    assert dkim.DKIM(raw).verify(dnsfunc=lambda name, timeout=5: record)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_what_does_not_fit_is_a_link_of_the_readers_own(release: Path) -> None:
    filler = filler_of(release, attached=1000)
    raw = b"".join(filler.fill(42, 981, "ana@daily.example", "Ana"))
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert [
        p.get_filename() for p in message.walk() if p.get_content_disposition() == "attachment"
    ] == ["factsheet.pdf"]
    view = filler.links(42, 981, "ana@daily.example")[2].decode()
    page = filler.page(42, 981, "ana@daily.example")
    assert f'href="{view}/' in page
    assert "été.pdf" in page
    assert f"{view}/" in filler.plain(42, 981, "ana@daily.example")
    assert f'src="{view}/' in page, "the page shows the picture from its own address"


def test_a_changed_picture_is_another_version(release: Path) -> None:
    before = read(release).edition
    (release.parent / "boats.png").write_bytes(png(10, 10))
    after = read(release).edition
    assert before is not None
    assert after is not None
    assert before.version != after.version
    assert Edition.from_json(after.to_json()) == after


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere.pdf", "cannot be read beside the release"),
        ("run.exe", "receivers refuse"),
        ("large.pdf", "at most 20 MB"),
    ],
)
def test_a_file_that_cannot_travel_is_an_error_on_its_line(
    release: Path, name: str, sentence: str
) -> None:
    (release.parent / "run.exe").write_bytes(b"MZ")
    with (release.parent / "large.pdf").open("wb") as file:
        file.truncate(21_000_000)
    release.write_text(RELEASE.replace("factsheet.pdf", name), encoding="utf-8")
    [problem] = read(release).errors
    assert sentence in problem.message
    assert problem.line == 3


def test_a_picture_without_words_is_told(release: Path) -> None:
    release.write_text("# Boats\n\nText.\n\n![](boats.png)\n", encoding="utf-8")
    assert any(
        "no words for readers who do not see it" in p.message for p in read(release).problems
    )


def test_what_is_no_picture_is_told(release: Path) -> None:
    (release.parent / "boats.png").write_bytes(b"<svg/>")
    [problem] = read(release).errors
    assert problem.level is Level.ERROR
    assert "PNG, JPEG or GIF" in problem.message


def test_a_brand_colours_links_and_puts_its_logo_into_the_masthead(release: Path) -> None:
    (release.parent / "logo.png").write_bytes(png(400, 80))
    (release.parent / "distro.toml").write_text(
        '[brand]\naccent = "#7a1fa2"\naccent_dark = "#ce93d8"\nlogo = "logo.png"\nlinks = {Website'
        ' = "https://press.example"}\n[sender]\nname = "The House"\n'
    )
    settings = load(release.parent / "distro.toml")
    reading = read(release)
    assert reading.edition is not None
    envelope = context_for(
        settings,
        reading.edition,
        "17",
        datetime(2026, 11, 24, tzinfo=UTC),
        files=files_of([reading]),
    )
    letter = compile_letter(reading.edition, envelope, Templates(Path("/nowhere")))
    raw = b"".join(
        Filler(letter, distribution=17, site_url="https://press.example", keys=KEYS).fill(
            1, 2, "a@b.example", "A"
        )
    )
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert [p.get_filename() for p in message.walk() if p.get_content_type() == "image/png"] == [
        "logo.png",
        "boats.png",
    ]
    assert 'alt="The House"' in letter.html
    assert "#0b5570" not in letter.html
    assert "#7a1fa2" in letter.html
    assert "#ce93d8" in letter.html
    assert 'href="https://press.example" style="color:#7a1fa2' in letter.html
    assert "Website:\nhttps://press.example" in letter.text


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ('accent = "#ffff00"', "contrast"),
        ('accent = "yellow"', "brand.accent"),
        ('logo = "logo.svg"', "PNG, JPEG or GIF"),
        ('logo = "none.png"', "cannot be read"),
        ('links = {A = "http://a.example"}', "https://"),
    ],
)
def test_a_brand_that_cannot_be_read_is_told(tmp_path: Path, setting: str, why: str) -> None:
    (tmp_path / "distro.toml").write_text(f"[brand]\n{setting}\n")
    with pytest.raises(SettingsError) as error:
        brand_of(load(tmp_path / "distro.toml"), "press.example")
    assert why in error.value.message + " ".join(error.value.details)


@pytest.mark.parametrize(
    "name",
    [
        "factsheet.pdf",
        "rapport d'été.pdf",
        'a "quoted" name.pdf',
        "الميناء.pdf",
        "Übersicht der Häfen – Zahlen und Karten für das Jahr 2027, überarbeitet.pdf",
        "港口救援协议全文及附件说明（二零二七年三月最终版本）.docx",
        "long " * 28 + ".pdf",
    ],
)
def test_a_files_name_is_read_by_new_programs_and_by_old_ones(name: str) -> None:
    """RFC 2231 in pieces for all; `name` as RFC 2047 words for those of before."""
    header = _file(FilePart(name, "application/pdf", b"%PDF-1.4"))
    message = email.message_from_string(header, policy=email.policy.default)
    assert message.get_filename() == name
    assert max(map(len, header.split("\r\n"))) <= 76
    old = str(email.message_from_string(header).get_param("name"))
    assert str(make_header(decode_header(old))) == name
