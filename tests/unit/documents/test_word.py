"""A Word document, block by block: what it was there, what becomes of it, and that the sum is
whole.
"""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distro.documents import Document, word
from distro.documents.blocks import Kind, UnreadableError
from distro.documents.inline import shown
from distro.lib.commonmark import parser
from distro.readings import UNDECIDED, Choices
from tests.support.documents import paragraph, part, run, zipped
from tests.support.documents import word as docx


def read(body: str, choices: Choices = UNDECIDED, **parts: object) -> Document:
    found = word.read(docx(body, **parts), choices)  # type: ignore[arg-type]
    assert found.unaccounted == 0
    return found


def kept(document: Document) -> list[tuple[str, str]]:
    return [(str(b.kind), b.markdown) for b in document.blocks if not b.dropped]


def test_styles_say_what_a_paragraph_is() -> None:
    found = read(
        paragraph("The plan", "Title")
        + paragraph("From March", "Subtitle")
        + paragraph("Why", "Heading1")
        + paragraph("Because.")
        + paragraph("Said so.", "Quote")
    )
    assert kept(found) == [
        ("title", "The plan"),
        ("subtitle", "From March"),
        ("heading", "Why"),
        ("text", "Because."),
        ("quote", "Said so."),
    ]


def test_looks_and_links_become_marks() -> None:
    link = '<w:hyperlink r:id="l"><w:r><w:t>the plan</w:t></w:r></w:hyperlink>'
    script = '<w:hyperlink r:id="j"><w:r><w:t> here</w:t></w:r></w:hyperlink>'
    found = read(
        f"<w:p>{run('See ')}{run('now ', '<w:b/>')}{run('or ', '<w:i/>')}{link}{script}</w:p>",
        relations=(
            ("l", "hyperlink", "https://press.example/plan", True),
            ("j", "hyperlink", "javascript:alert(1)", True),
        ),
    )
    assert kept(found) == [
        ("text", "See **now** *or* [the plan](https://press.example/plan) here"),
    ]


@pytest.mark.parametrize("words", ["1. no list", "# no heading", "a*b_c", "- no item", "[x](y)"])
def test_signs_of_markdown_stay_the_characters_that_they_are(words: str) -> None:
    (block,) = read(paragraph(words)).blocks
    assert shown(block.markdown) == words


NUMBERING = part(
    "numbering",
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    '<w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1)"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="5"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="6"><w:abstractNumId w:val="2"/></w:num>',
)


def item(text: str, number: str, level: int = 0) -> str:
    listed = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{listed}</w:pPr>{run(text)}</w:p>"


def test_lists_keep_their_nesting_and_their_numbers() -> None:
    body = item("one", "5") + item("first", "5", 1) + item("second", "5", 1) + item("two", "5")
    body += item("a point", "6") + item("b point", "6")
    found = read(
        body,
        parts={"numbering.xml": NUMBERING},
        relations=(("n", "numbering", "numbering.xml", False),),
    )
    assert [(b.level, b.markdown) for b in found.blocks] == [
        (0, "- one"),
        (1, "1. first"),
        (1, "2. second"),
        (0, "- two"),
        (0, "- a) a point"),
        (0, "- b) b point"),
    ]


def cell(text: str, span: int = 1, merge: str = "") -> str:
    width = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    down = {"": "", "first": '<w:vMerge w:val="restart"/>', "on": "<w:vMerge/>"}[merge]
    return f"<w:tc><w:tcPr>{width}{down}</w:tcPr>{paragraph(text)}</w:tc>"


def test_merged_cells_shift_nothing() -> None:
    rows = [
        cell("Town", merge="first") + cell("Beds", span=2),
        cell("", merge="on") + cell("1,450") + cell("12"),
    ]
    found = read("<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>")
    (table,) = found.blocks
    assert table.markdown.split("\n") == [
        "| Town | Beds |  |",
        "| --- | --- | --- |",
        "|  | 1,450 | 12 |",
    ]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=2, max_size=5))
def test_a_table_is_the_same_cell_by_cell(grid: list[list[str]]) -> None:
    rows = "".join(f"<w:tr>{''.join(cell(text) for text in row)}</w:tr>" for row in grid)
    found = read(f"<w:tbl>{rows}</w:tbl>")
    tables = [b for b in found.blocks if b.kind is Kind.TABLE]
    if not any(any(row) for row in grid):
        assert tables == []
        return
    tokens = [t for t in parser().parse(tables[0].markdown) if t.type == "inline"]
    cells = ["".join(c.content for c in t.children or []) for t in tokens]
    assert cells == [text for row in grid for text in row]


def test_a_header_a_text_box_and_a_footnote_are_part_of_the_account() -> None:
    box = (
        "<w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>"
        f"{paragraph('EMBARGOED UNTIL NOON')}</w:txbxContent></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><w:txbxContent>{paragraph('EMBARGOED UNTIL NOON')}"
        "</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    found = read(
        f"<w:p>{box}{run('The plan')}{note}</w:p>",
        parts={
            "header1.xml": part("hdr", paragraph("PRESS RELEASE")),
            "header2.xml": part("hdr", paragraph("PRESS RELEASE")),
            "footnotes.xml": part(
                "footnotes", f'<w:footnote w:id="2">{paragraph("As of May.")}</w:footnote>'
            ),
        },
        relations=(
            ("h1", "header", "header1.xml", False),
            ("h2", "header", "header2.xml", False),
            ("f", "footnotes", "footnotes.xml", False),
        ),
    )
    assert [(str(b.kind), b.text, b.dropped) for b in found.blocks] == [
        ("header", "PRESS RELEASE", ""),
        ("header", "PRESS RELEASE", "the same once more"),
        ("text box", "EMBARGOED UNTIL NOON", ""),
        ("text", "The plan[1]", ""),
        ("footnote", "[1] As of May.", ""),
    ]
    assert found.pieces == 5


CHANGED = (
    f"<w:p>{run('It fell by ')}"
    '<w:del w:author="Bo" w:date="2026-11-20T10:00:00Z">'
    "<w:r><w:delText>14</w:delText></w:r></w:del>"
    f'<w:ins w:author="Ana" w:date="2026-11-21T10:00:00Z">{run("3")}</w:ins>'
    f"{run(' per cent.')}</w:p>"
)


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("", "It fell by 3 per cent."),
        ("accept", "It fell by 3 per cent."),
        ("reject", "It fell by 14 per cent."),
    ],
)
def test_tracked_changes_are_found_and_decided(choice: str, says: str) -> None:
    found = read(CHANGED, Choices(choice))
    assert [b.text for b in found.blocks] == [says]
    assert [(c.what, c.author, c.date[:10], c.text) for c in found.changes] == [
        ("deleted", "Bo", "2026-11-20", "14"),
        ("inserted", "Ana", "2026-11-21", "3"),
    ]
    assert found.record == ((f"{choice}ed 2 tracked changes",) if choice else ())


def test_what_was_inserted_and_deleted_again_stays_in_no_case() -> None:
    both = f'<w:del w:author="Bo"><w:ins w:author="Ana">{run("draft ")}</w:ins></w:del>'
    for choice in ("accept", "reject"):
        found = read(f"<w:p>{both}{run('text')}</w:p>", Choices(choice))
        assert [b.text for b in found.blocks] == ["text"]


def test_comments_and_hidden_text_are_found() -> None:
    found = read(
        f"<w:p>{run('The plan')}{run(' costs 9 million', '<w:vanish/>')}</w:p>",
        Choices(hidden=True),
        parts={
            "comments.xml": part(
                "comments",
                '<w:comment w:id="1" w:author="Bo" w:date="2026-11-20T10:00:00Z">'
                f"{paragraph('Is this agreed?')}</w:comment>",
            )
        },
        relations=(("c", "comments", "comments.xml", False),),
    )
    assert [(b.text, b.dropped) for b in found.blocks] == [
        ("The plan", ""),
        ("Is this agreed?", "a comment"),
    ]
    assert [(c.what, c.author, c.text) for c in found.changes] == [
        ("hidden", "", "costs 9 million"),
        ("comment", "Bo", "Is this agreed?"),
    ]


def field(code: str, shown: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{code}</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'{run(shown)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


@pytest.mark.parametrize(
    "code",
    ['DDEAUTO excel "c:\\a.xls" r1', 'INCLUDETEXT "http://x.example/a"', "MERGEFIELD name"],
)
def test_fields_that_fetch_or_wait_are_errors(code: str) -> None:
    found = read(f"<w:p>{run('Dear ')}{field(code, 'x')}</w:p>")
    assert [remark.error for remark in found.remarks] == [True]


def test_a_link_may_be_a_field() -> None:
    code = 'HYPERLINK "https://press.example/plan"'
    found = read(f"<w:p>{run('See ')}{field(code, 'the plan')}</w:p>")
    assert kept(found) == [("text", "See [the plan](https://press.example/plan)")]


def test_strict_documents_are_read_too() -> None:
    with zipfile.ZipFile(io.BytesIO(docx(paragraph("The plan", "Title")))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    new = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    old = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    found = word.read(
        zipped({name: raw.replace(old, new) for name, raw in files.items()}), UNDECIDED
    )
    assert [(b.kind, b.text) for b in found.blocks] == [(Kind.TITLE, "The plan")]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"PK\x03\x04broken", "archive is broken"),
        (docx("", {"vbaProject.bin": b"x"}), "holds macros"),
        (
            docx("", {"document.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
            "document type",
        ),
        (
            docx("", {"document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16")}),
            "document type",
        ),
        (docx("", {"document.xml": b"<a>" * 10_000}), "nested too deeply"),
    ],
)
def test_what_does_harm_is_refused_with_a_sentence(raw: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        word.read(raw, UNDECIDED)
