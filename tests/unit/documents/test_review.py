"""What a hostile reader of the readers found: each a small document, and the right answer."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from distro.documents import Document, message, odt, page, word
from distro.documents.tables import markdown_table
from distro.readings import UNDECIDED, Choices, Level
from distro.submit import read as read_file
from tests.support.documents import opendocument, paragraph, part, run
from tests.support.documents import word as docx
from tests.unit.documents.test_word import cell

ACCEPT = Choices("accept", comments=True, hidden=True)
HIDING = part(
    "styles",
    '<w:style w:type="paragraph" w:styleId="Hid"><w:name w:val="Hid"/>'
    "<w:rPr><w:vanish/></w:rPr></w:style>",
)


def read(body: str, choices: Choices = UNDECIDED, **parts: object) -> Document:
    found = word.read(docx(body, **parts), choices)  # type: ignore[arg-type]
    assert found.unaccounted == 0
    return found


def kept(document: Document) -> list[str]:
    return [b.text for b in document.blocks if not b.dropped]


def errors(document: Document) -> int:
    return len(document.changes) + sum(remark.error for remark in document.remarks)


BOX = f"<w:r>{{}}<w:drawing><w:txbxContent>{paragraph('Secret')}</w:txbxContent></w:drawing></w:r>"


@pytest.mark.parametrize(
    "body",
    [
        paragraph("Secret", "Hid"),
        f"<w:p>{BOX.format('<w:rPr><w:vanish/></w:rPr>')}{run('Plan')}</w:p>",
        f"<w:p><w:del w:author='Bo'>{BOX.format('')}</w:del>{run('Plan')}</w:p>",
        (
            f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr>{cell('Secret')}{cell('b')}</w:tr>"
            f"<w:tr>{cell('Plan')}{cell('c')}</w:tr></w:tbl>"
        ),
    ],
)
def test_what_is_hidden_or_deleted_is_an_error_and_then_gone(body: str) -> None:
    assert errors(read(body, parts={"styles.xml": HIDING})) >= 1
    said = " ".join(kept(word.read(docx(body, {"styles.xml": HIDING}), ACCEPT)))
    assert "Secret" not in said


def test_a_deleted_footnote_is_gone() -> None:
    notes = "".join(
        f'<w:footnote w:id="{n}">{paragraph(f"Note {n}.")}</w:footnote>' for n in (2, 3)
    )
    reference = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    found = read(
        f"<w:p>{run('Plan')}<w:del w:author='Bo'>{reference.format(2)}</w:del>"
        f"{reference.format(3)}</w:p>",
        ACCEPT,
        parts={"footnotes.xml": part("footnotes", notes)},
        relations=(("f", "footnotes", "footnotes.xml", False),),
    )
    assert kept(found) == ["Plan[1]", "[1] Note 3."]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (run("10") + run("6", '<w:vertAlign w:val="superscript"/>'), "10⁶"),
        (run("CO") + run("2", '<w:vertAlign w:val="subscript"/>'), "CO₂"),
        (
            (
                f"{run('A')}<w:r><w:ruby><w:rt>{run('x')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase>"
                "</w:ruby></w:r>"
            ),
            "A東京",
        ),
        (f"{run('one.')}<w:r><w:br w:type='page'/></w:r>{run('Next')}", "one. Next"),
    ],
)
def test_words_keep_their_meaning(inner: str, text: str) -> None:
    assert kept(read(f"<w:p>{inner}</w:p>")) == [text]


@pytest.mark.parametrize(
    "body",
    [
        f"<w:p>{run('CHF 100', '<w:strike/>')}{run(' CHF 120')}</w:p>",
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>' + paragraph("Lost words"),
        '<w:altChunk r:id="x"/>' + paragraph("Plan"),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
            f"{paragraph('Click here')}</w:sdtContent></w:sdt>"
        ),
        '<w:p><w:r><w:pict><v:textpath string="EMBARGOED"/></w:pict></w:r></w:p>' + paragraph("P"),
    ],
)
def test_what_cannot_be_sent_like_this_is_an_error(body: str) -> None:
    assert errors(read(body)) == 1


def test_a_line_whose_bold_does_not_hold_keeps_its_link() -> None:
    link = '<w:hyperlink r:id="l"><w:r><w:t>公式サイト</w:t></w:r></w:hyperlink>'
    found = read(
        f"<w:p>{run('本日')}{run('「平和」', '<w:b/>')}{run('が')}{link}</w:p>",
        relations=(("l", "hyperlink", "https://press.example/", True),),
    )
    assert found.blocks[0].markdown == "本日「平和」が[公式サイト](https://press.example/)"


def test_cells_before_a_row_begins_count() -> None:
    late = f'<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{cell("10")}{cell("20")}</w:tr>'
    found = read(f"<w:tbl><w:tr>{cell('Name')}{cell('2024')}{cell('2025')}</w:tr>{late}</w:tbl>")
    grid = [["Name", "2024", "2025"], ["", "10", "20"]]
    assert found.blocks[0].markdown == markdown_table(grid)


def test_an_opendocument_hides_and_changes_whole_blocks() -> None:
    body = (
        '<text:section text:display="none"><text:p>Secret</text:p></text:section><text:p>P</text:p>'
    )
    found = odt.read(opendocument(body), UNDECIDED)
    assert [c.what for c in found.changes] == ["hidden"]
    assert kept(odt.read(opendocument(body), ACCEPT)) == ["P"]


def test_a_page_drops_what_is_hidden_or_crossed_out() -> None:
    found = page.read(
        b"<table hidden><tr><td>Secret</td></tr></table><p>Now <del>100</del></p>"
        b'<table><tr style="display:none"><td>Secret</td><td>x</td></tr>'
        b"<tr><td>a</td><td>b</td></tr></table>",
        UNDECIDED,
    )
    assert "Secret" not in " ".join(kept(found))


def test_a_message_in_another_encoding_is_read_right() -> None:
    raw = (
        b"Subject: plan\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + '<meta charset="iso-8859-1"><p>Genève été</p>'.encode()
    )
    assert "Genève été" in kept(message.read(raw, UNDECIDED))


def test_an_embargo_in_the_message_alone_is_an_error() -> None:
    letter = EmailMessage()
    letter["Subject"] = "EMBARGOED until 3 March 2030"
    letter.set_content("See attached.")
    letter.add_attachment(
        docx(paragraph("Plan", "Title")),
        maintype="application",
        subtype="octet-stream",
        filename="r.docx",
    )
    assert errors(message.read(letter.as_bytes(), UNDECIDED)) == 1


def test_a_link_in_rich_text_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "r.rtf"
    path.write_bytes(
        rb"{\rtf1 The plan of the towns\par It begins today, {\field{\*\fldinst HYPERLINK"
        rb' "https://x.example"}{\fldrslt here}}.\par {\deleted Secret}}'
    )
    found = [p.message for p in read_file(path, choices=ACCEPT).problems if p.level is Level.ERROR]
    assert len(found) == 1
    assert "deleted text is left" in found[0]
