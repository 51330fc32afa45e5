"""OpenDocument, Rich Text, messages and PDF."""

import io
from email.message import EmailMessage

import pytest
from pypdf import PdfWriter

from distro.documents import Document, message, odt, pdf, rtf
from distro.documents.blocks import UnreadableError
from distro.readings import UNDECIDED, Choices
from tests.support.documents import opendocument, paragraph
from tests.support.documents import word as docx


def read_odt(body: str, choices: Choices = UNDECIDED, header: str = "") -> Document:
    found = odt.read(opendocument(body, header), choices)
    assert found.unaccounted == 0
    return found


def test_an_opendocument_text_keeps_headings_lists_tables_and_looks() -> None:
    found = read_odt(
        '<text:p text:style-name="Title">The plan</text:p>'
        '<text:h text:outline-level="2">Why</text:h>'
        '<text:p>See <text:span text:style-name="T1">now</text:span>, or'
        ' <text:a xlink:href="https://press.example/">here</text:a>.</text:p>'
        '<text:list text:style-name="L1"><text:list-item><text:p>one</text:p>'
        "<text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list>"
        "</text:list-item><text:list-item><text:p>two</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell table:number-columns-spanned='2'>"
        "<text:p>Beds</text:p></table:table-cell><table:covered-table-cell/></table:table-row>"
        "<table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
        "<table:table-cell><text:p>1,450</text:p></table:table-cell></table:table-row>"
        "</table:table>",
        header="EMBARGOED UNTIL NOON",
    )
    assert [(str(b.kind), b.level, b.markdown) for b in found.blocks] == [
        ("header", 0, "EMBARGOED UNTIL NOON"),
        ("title", 0, "The plan"),
        ("heading", 2, "Why"),
        ("text", 0, "See **now**, or [here](https://press.example/)."),
        ("item", 0, "1. one"),
        ("item", 1, "- inner"),
        ("item", 0, "2. two"),
        ("table", 0, "| Beds |  |\n| --- | --- |\n| A | 1,450 |"),
    ]


TRACKED = (
    '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info>'
    "<dc:creator>Bo</dc:creator><dc:date>2026-11-20T10:00:00</dc:date></office:change-info>"
    "<text:p>14</text:p></text:deletion></text:changed-region>"
    '<text:changed-region text:id="c2"><text:insertion><office:change-info>'
    "<dc:creator>Ana</dc:creator><dc:date>2026-11-21T10:00:00</dc:date></office:change-info>"
    "</text:insertion></text:changed-region></text:tracked-changes>"
    '<text:p>It fell by <text:change text:change-id="c1"/>'
    '<text:change-start text:change-id="c2"/>3<text:change-end text:change-id="c2"/> per cent.'
    "<office:annotation><dc:creator>Bo</dc:creator><text:p>Sure?</text:p></office:annotation>"
    "</text:p>"
)


@pytest.mark.parametrize(
    ("choice", "says"),
    [("", "It fell by 3 per cent."), ("reject", "It fell by 14 per cent.")],
)
def test_changes_and_comments_of_an_opendocument_text_are_found(choice: str, says: str) -> None:
    found = read_odt(TRACKED, Choices(choice))
    assert [b.text for b in found.blocks if not b.dropped] == [says]
    assert [(c.what, c.author, c.text) for c in found.changes] == [
        ("deleted", "Bo", "14"),
        ("inserted", "Ana", "3"),
        ("comment", "Bo", "Sure?"),
    ]


def test_rich_text_keeps_words_and_tables() -> None:
    raw = (
        rb"{\rtf1\ansi The plan\par Second line, Gen\'e8ve\par "
        rb"\trowd A\cell 1\cell\row\trowd B\cell 2\cell\row}"
    )
    found = rtf.read(raw, UNDECIDED)
    assert found.unaccounted == 0
    assert [b.text for b in found.blocks][:2] == ["The plan", "Second line, Genève"]
    assert "| B | 2 |" in found.blocks[-1].markdown


@pytest.mark.parametrize("word", [rb"\revised", rb"\deleted", rb"{\*\annotation x}", rb"\v"])
def test_rich_text_with_changes_is_not_taken_as_final(word: bytes) -> None:
    found = rtf.read(rb"{\rtf1 The " + word + rb" plan}", UNDECIDED)
    assert [remark.error for remark in found.remarks] == [False, True]


@pytest.mark.parametrize(
    ("field", "errors"),
    [
        (rb"{\field{\*\fldinst HYPERLINK \"https://x.example\"}{\fldrslt here}}", 0),
        (rb"{\field{\*\fldinst INCLUDETEXT a.doc}{\fldrslt x}}", 1),
        (rb"{\header EMBARGOED UNTIL NOON}", 0),
        (rb"{\header Embargo until noon}", 1),
    ],
)
def test_rich_text_that_fetches_or_hides_an_embargo_is_an_error(field: bytes, errors: int) -> None:
    found = rtf.read(rb"{\rtf1 The plan " + field + rb"}", UNDECIDED)
    assert sum(remark.error for remark in found.remarks) == errors


def test_a_message_gives_its_only_document_or_its_text() -> None:
    letter = EmailMessage()
    letter["Subject"] = "EMBARGO noon: the plan"
    letter.set_content("Twelve towns agree\n\nA text.\n")
    found = message.read(letter.as_bytes(), UNDECIDED)
    assert [b.text for b in found.blocks] == [
        "EMBARGO noon: the plan",
        "Twelve towns agree",
        "A text.",
    ]
    assert found.unaccounted == 0
    letter.add_attachment(
        docx(paragraph("The plan", "Title")),
        maintype="application",
        subtype="octet-stream",
        filename="Plan.docx",
    )
    assert [b.text for b in message.read(letter.as_bytes(), UNDECIDED).blocks] == ["The plan"]
    letter.add_attachment(b"x", maintype="application", subtype="rtf", filename="b.rtf")
    with pytest.raises(UnreadableError, match="2 documents are attached"):
        message.read(letter.as_bytes(), UNDECIDED)


def test_a_scan_and_a_protected_pdf_are_refused() -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    raw = io.BytesIO()
    writer.write(raw)
    with pytest.raises(UnreadableError, match="pictures of text"):
        pdf.read(raw.getvalue(), UNDECIDED)
    writer.encrypt("secret", algorithm="RC4-128")
    raw = io.BytesIO()
    writer.write(raw)
    with pytest.raises(UnreadableError, match="password"):
        pdf.read(raw.getvalue(), UNDECIDED)
