"""The made-up releases also as documents: read as well as the text, every block accounted for."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from distro.documents import Document, odt, page, word
from distro.readings import UNDECIDED, Reading
from distro.submit import source
from distro.submit.from_document import read_from_document
from tests.support.documents import opendocument, paragraph
from tests.support.documents import word as docx
from tests.unit.submit.test_releases import RELEASES, all_answers, answers


def as_docx(text: str) -> Document:
    return word.read(docx("".join(map(paragraph, text.split("\n")))), UNDECIDED)


def as_odt(text: str) -> Document:
    body = re.sub("  +", lambda m: f'<text:s text:c="{len(m[0])}"/>', escape(text))
    lines = (f"<text:p>{line}</text:p>" for line in body.split("\n"))
    return odt.read(opendocument("".join(lines)), UNDECIDED)


def as_html(text: str) -> Document:
    body = re.sub("  +", lambda m: "&nbsp;" * len(m[0]), html.escape(text))
    lines = (f"<p>{line}</p>" for line in body.split("\n"))
    return page.read(f"<html><body>{''.join(lines)}</body></html>".encode(), UNDECIDED)


def as_html_with_breaks(text: str) -> Document:
    body = re.sub("  +", lambda m: "&nbsp;" * len(m[0]), html.escape(text)).replace("\n", "<br>")
    return page.read(f"<html><body><div>{body}</div></body></html>".encode(), UNDECIDED)


MORE = [pytest.param(made, marks=pytest.mark.faults) for made in (as_odt, as_html_with_breaks)]


@pytest.mark.parametrize("folder", [pytest.param("known", marks=pytest.mark.faults), "held_out"])
@pytest.mark.parametrize("made", [as_docx, as_html, *MORE])
def test_a_document_is_read_as_its_text_is(folder: str, made: Callable[[str], Document]) -> None:
    def read(path: Path) -> Reading:
        document = made(source.load(path).text)
        assert document.unaccounted == 0, path.name
        reading = read_from_document(path.name, document, "UTC", (), UNDECIDED)
        assert sum(a.pieces for a in reading.account) == reading.pieces
        assert all(bool(a.used) != bool(a.dropped) for a in reading.account)
        return reading

    expected = json.loads((RELEASES / folder / "expected.json").read_text(encoding="utf-8"))
    found = {
        (name, question): right
        for name, wanted in expected.items()
        for question, right in answers(RELEASES / folder / name, wanted, read)
    }
    assert found == all_answers(folder)
