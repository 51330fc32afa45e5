"""Read a Rich Text file (.rtf): its words, lines and tables, without its looks."""

import re
from collections.abc import Iterator
from itertools import groupby

from striprtf.striprtf import rtf_to_text

from distro.documents.blocks import Block, Document, Remark, UnreadableError
from distro.documents.text_lines import line_blocks, row_table
from distro.readings import Choices

# Control words (Rich Text Format 1.9.1) of what is left of a text's making.
_TRACKED = {
    "revised": "inserted",
    "deleted": "deleted",
    "annotation": "comment",
    "v": "hidden",
}
_CONTROL = re.compile(rb"\\(revised|deleted|annotation|v)(?![a-z0])")
_FETCHES = re.compile(
    rb"\\fldinst[\s{]{0,9}[^}]{0,9}\b(DDE\w*|INCLUDE\w*|LINK|IMPORT)\b", re.IGNORECASE
)
_MARGINS = re.compile(rb"\\(?:headerf|headerl|headerr|header|footnote|shptxt)\b")
_ELSEWHERE = "a page header, a footnote or a text box is not read: is there an embargo in it?"
_OBJECT = re.compile(rb"\\(objdata|objocx|objemb|objlink|objautlink)\b")


def read(raw: bytes, _: Choices) -> Document:
    """Return what stands in a Rich Text file."""
    if not raw.lstrip().startswith(b"{\\rtf"):
        raise UnreadableError("it is no Rich Text", "Save it as .docx.")
    if raw.count(b"{") > 200_000:
        raise UnreadableError("it is nested too deeply", "Save it as .docx.")
    try:
        text: str = rtf_to_text(  # type: ignore[no-untyped-call]
            raw.decode("latin-1"), encoding="cp1252", errors="replace"
        )
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise UnreadableError(f"its Rich Text is broken ({error})", "Save it as .docx.") from None
    lines = text.replace("\r", "\n").split("\n")
    remarks = [Remark("read from Rich Text: links, pictures and headings are not kept")]
    # Nothing here says where they stand, so nobody can decide about them by an option.
    remarks += (
        Remark(f"{_TRACKED[word]} text is left in it: open it in Word and decide", error=True)
        for word in sorted({found[1].decode() for found in _CONTROL.finditer(raw)})
    )
    if _MARGINS.search(raw):
        remarks.append(Remark(_ELSEWHERE, error=b"mbargo" in raw))
    if _FETCHES.search(raw):
        remarks.append(Remark("a field brings something from elsewhere", error=True))
    if _OBJECT.search(raw):
        remarks.append(Remark("an embedded object is not read", error=True))
    return Document(
        format="Rich Text",
        blocks=tuple(_blocks(lines)),
        pieces=sum(bool(line.strip("| \t")) for line in lines),
        remarks=tuple(remarks),
    )


def _blocks(lines: list[str]) -> Iterator[Block]:
    """Yield lines, and rows of cells as tables."""
    for is_row, group in groupby(enumerate(lines, 1), key=lambda one: one[1].endswith("|")):
        block_of = list(group)
        if not is_row:
            yield from line_blocks(line for _, line in block_of)
            continue
        rows = [[c.strip() for c in line[:-1].split("|")] for _, line in block_of]
        if rows := [row for row in rows if any(row)]:
            yield row_table(rows, f"table at line {block_of[0][0]}")
