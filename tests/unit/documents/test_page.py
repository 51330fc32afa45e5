"""A saved page: each visible character is part of a block, and the page's own words weigh."""

import json

import pytest

from distro.documents import Document, page
from distro.documents.blocks import Kind
from distro.readings import UNDECIDED
from distro.submit.from_document import read_from_document

ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Twelve harbour towns agree a shared plan",
    "datePublished": "2027-03-03T10:00:00+01:00",
    "inLanguage": "en",
}
TEXT = """\
GENEVA, 3 March 2027 – Twelve towns on the Sable Coast agreed today to receive people who arrive by
sea under one plan, with 1,450 beds and a common registration form for all of them.
----
Until now every town had rules of its own. A family that landed in one harbour and had relatives in
the next was registered twice, waited twice, and often lost its place in school.
----
The towns pay half of the 2.4 million crowns that the first winter will cost, in proportion to their
population, and the rest comes from the Coastal Fund of the regional government.
"""
PARAGRAPHS = TEXT.split("----")
PAGE = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Twelve harbour towns agree a shared plan | Harbour Towns</title>
<script type="application/ld+json">{json.dumps(ARTICLE)}</script></head><body>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav></header>
<main><article><h1>Twelve harbour towns agree a shared plan</h1>
<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>
<blockquote><p>One plan is enough, said <b>Amara Lindqvist</b>.</p></blockquote>
<ul><li>60 beds each</li><li>one <a href="/form">form</a></li></ul>
<table><tr><th>Town</th><th>Beds</th></tr><tr><td>Carrow</td><td>450</td></tr></table>
<p>{PARAGRAPHS[2]}</p>
<p>Media contact: Ines Calloway, calloway@press.example, +44 20 7946 0142</p></article></main>
<form>Subscribe <button>Go</button></form><footer><p>© Harbour Towns</p></footer></body></html>"""


def read(text: str) -> Document:
    found = page.read(text.encode(), UNDECIDED)
    assert found.unaccounted == 0
    return found


def test_a_page_becomes_its_article() -> None:
    reading = read_from_document("page.html", read(PAGE), "UTC", (), UNDECIDED)
    edition = reading.edition
    assert edition is not None
    assert edition.headline == "Twelve harbour towns agree a shared plan"
    assert edition.dateline == "GENEVA, 3 March 2027"
    assert [c.email for c in edition.contacts] == ["calloway@press.example"]
    assert "> One plan is enough, said **Amara Lindqvist**." in edition.body
    assert "- 60 beds each\n- one form" in edition.body
    assert "| Carrow | 450 |" in edition.body
    for words in ("Home", "Subscribe", "©"):
        assert words not in edition.body
    assert reading.published == "2027-03-03T10:00:00+01:00"
    assert sum(a.pieces for a in reading.account) == reading.pieces
    assert {a.dropped for a in reading.account if a.text == "• Home"} == {"navigation"}


def test_cells_that_reach_over_rows_shift_nothing() -> None:
    found = read(
        "<table><tr><td rowspan=2>Town</td><td colspan=2>Beds</td></tr>"
        "<tr><td>1,450</td><td>12</td></tr></table>"
    )
    (table,) = [b for b in found.blocks if b.kind is Kind.TABLE]
    assert table.markdown.split("\n") == [
        "| Town | Beds |  |",
        "| --- | --- | --- |",
        "|  | 1,450 | 12 |",
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<p>Genève</p>".encode("latin-1"), "Genève"),
        ('<meta charset="windows-1251"><p>Женева</p>'.encode("cp1251"), "Женева"),
        ("<p>Genève</p>".encode("utf-16"), "Genève"),
        ("\ufeff<p>Genève</p>".encode(), "Genève"),
    ],
)
def test_a_page_in_any_encoding_is_read(raw: bytes, text: str) -> None:
    assert [b.text for b in page.read(raw, UNDECIDED).blocks] == [text]


def test_a_web_archive_brings_its_pictures() -> None:
    raw = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"Content-Location: https://press.example/plan\r\n\r\n"
        b'<html><body><p>A plan <img src="https://press.example/boats.png" alt="Boats"></p></body>'
        b"</html>\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Location: https://press.example/boats.png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
    )
    found = page.read(raw, UNDECIDED)
    assert [b.markdown for b in found.blocks] == ["A plan ![Boats](boats.png)"]
    assert list(found.pictures) == ["boats.png"]


def test_what_is_hidden_is_not_read_and_said_so() -> None:
    found = read('<p>Seen</p><p style="display: none">not seen</p><p hidden>neither</p>')
    assert [(b.text, b.dropped) for b in found.blocks] == [
        ("Seen", ""),
        ("not seen", "hidden"),
        ("neither", "hidden"),
    ]
