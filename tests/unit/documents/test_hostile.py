"""Broken documents: an answer or a sentence, never a crash, never a hang."""

import io
import os
import random
import time
import zipfile
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from distro.documents.blocks import UnreadableError
from distro.documents.child import TOLERATED
from distro.readings import UNDECIDED
from tests.support.documents import opendocument, paragraph, part, zipped
from tests.support.documents import word as docx
from tests.unit.documents.test_others import TRACKED
from tests.unit.documents.test_page import PAGE
from tests.unit.documents.test_word import CHANGED, NUMBERING, cell, item

MANY = 4_000 if os.environ.get("DISTRO_FAULTS") == "all" else 30
RICH = rb"{\rtf1\ansi The plan\par \trowd A\cell 1\cell\row{\field{\*\fldinst X}{\fldrslt y}}}"
MESSAGE = (
    b'Subject: plan\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nText\r\n--b--'
)
TABLE = f"<w:tbl><w:tr>{cell('a', 2)}</w:tr><w:tr>{cell('b')}{cell('c')}</w:tr></w:tbl>"
WORD: dict[str, str | bytes] = {
    "document.xml": part(
        "document",
        f"<w:body>{paragraph('Plan', 'Title')}{CHANGED}{item('one', '5')}{TABLE}</w:body>",
    ),
    "numbering.xml": NUMBERING,
}


def _spoiled(raw: bytes, chance: random.Random) -> bytes:
    """Cut, double, overwrite or swap some bytes."""
    spoiled = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(max(len(spoiled), 1))
        length = chance.randint(1, 40)
        how = chance.randrange(4)
        if how == 0:
            del spoiled[at : at + length]
        elif how == 1:
            spoiled[at:at] = spoiled[at : at + length] * chance.randint(1, 20)
        elif how == 2:
            spoiled[at : at + length] = chance.randbytes(length)
        else:
            other = chance.randrange(max(len(spoiled), 1))
            spoiled[at : at + length] = spoiled[other : other + length]
    return bytes(spoiled)


def _word(chance: random.Random) -> bytes:
    name = chance.choice(["document.xml", "numbering.xml"])
    text = WORD[name]
    spoiled = _spoiled(text.encode() if isinstance(text, str) else text, chance)
    return docx("", WORD | {name: spoiled}, relations=(("n", "numbering", "numbering.xml", False),))


def _odt(chance: random.Random) -> bytes:
    whole = opendocument(TRACKED, "EMBARGO")
    if chance.random() < 0.3:
        return _spoiled(whole, chance)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        files: dict[str, Any] = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(files))
    return zipped(files | {name: _spoiled(files[name], chance)})


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("reader", "make"),
    [
        ("word", _word),
        ("word", lambda chance: _spoiled(docx(CHANGED), chance)),
        ("odt", _odt),
        ("page", lambda chance: _spoiled(PAGE.encode(), chance)),
        ("rtf", lambda chance: _spoiled(RICH, chance)),
        ("message", lambda chance: _spoiled(MESSAGE, chance)),
    ],
)
def test_no_broken_document_is_a_crash(reader: str, make: Callable[[random.Random], bytes]) -> None:
    read = import_module(f"distro.documents.{reader}").read
    chance = random.Random(20261126)
    for number in range(MANY):
        raw = make(chance)
        began = time.process_time()
        try:
            read(raw, UNDECIDED)
        except (UnreadableError, *TOLERATED):
            pass
        except Exception as error:
            raise AssertionError(f"document {number}: {raw[:2000]!r}") from error
        assert time.process_time() - began < 2
