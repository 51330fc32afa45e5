"""Read a PDF as a last resort: its lines by page, and a warning for each page."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError

from distro.documents.blocks import Block, Document, Kind, Remark, UnreadableError
from distro.documents.text_lines import line_blocks
from distro.readings import Choices

_PAGES = 60
_FEWEST = 20  # words of a page; with fewer, it is a picture of text
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿ])")
_INSTEAD = "Ask for the Word file, or copy the text into a new document."


@dataclass
class _Line:
    text: str
    size: float  # of its letters
    down: float  # from the top of the page; larger is lower
    page: int


def read(raw: bytes, _: Choices) -> Document:
    """Return what stands in a PDF."""
    try:
        reader = PdfReader(io.BytesIO(raw), strict=False)
        if reader.is_encrypted:
            raise UnreadableError("it is protected by a password", _INSTEAD)
        if len(reader.pages) > _PAGES:
            raise UnreadableError(f"it has over {_PAGES} pages", "Is it the right file?")
        pages = [_lines(page, n) for n, page in enumerate(reader.pages, 1)]
    except UnreadableError:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise UnreadableError(f"its PDF is broken ({type(error).__name__})", _INSTEAD) from None
    words = sum(len(line.text.split()) for page in pages for line in page)
    if words < _FEWEST * max(len(pages), 1) / 2:
        raise UnreadableError("it holds pictures of text (a scan), and no text", _INSTEAD)
    blocks = _titled(list(_blocks(pages)), pages)
    return Document(
        format="PDF",
        blocks=tuple(blocks),
        pieces=sum(len(page) for page in pages),
        remarks=tuple(
            Remark("read from PDF: check every line, links and tables are not kept", f"page {n}")
            for n, _ in enumerate(pages, 1)
        ),
    )


def _lines(page: PageObject, number: int) -> list[_Line]:
    """Return the lines of a page from the top."""
    pieces: list[tuple[float, float, str, float]] = []  # down, across, text, size

    def visit(text: str, _: Any, matrix: list[float], __: Any, size: float) -> None:
        if text.strip():
            pieces.append((-round(matrix[5], 1), matrix[4], text, abs(size * (matrix[0] or 1))))

    whole = page.extract_text(visitor_text=visit)
    lines = [line.strip() for line in whole.split("\n") if line.strip()]
    sizes = {" ".join(text.split()): (size, down) for down, _, text, size in pieces}
    made = []
    down = 0.0
    for line in lines:
        known = sizes.get(" ".join(line.split()))
        down = known[1] if known else down + 1
        made.append(_Line(line, known[0] if known else 0.0, down, number))
    return made


def _blocks(pages: list[list[_Line]]) -> Iterator[Block]:
    """Yield the lines of all pages; what stands on each of them is dropped."""
    edges = Counter(
        re.sub(r"\d+", "0", line.text)
        for page in pages
        for line in {id(one): one for one in (*page[:2], *page[-2:])}.values()
    )
    for page in pages:
        gaps = sorted(b.down - a.down for a, b in pairwise(page) if b.down > a.down)
        usual = gaps[len(gaps) // 2] if gaps else 0.0
        above: _Line | None = None
        for line, block in zip(page, line_blocks([one.text for one in page], "line"), strict=True):
            far = above is not None and usual and line.down - above.down > 1.35 * usual
            again = len(pages) > 1 and edges[re.sub(r"\d+", "0", line.text)] >= len(pages)
            yield replace(
                block,
                place=f"page {line.page}, {block.place}",
                apart=bool(far) or block.apart,
                dropped="on every page" if again else "",
            )
            above = line


def _titled(blocks: list[Block], pages: list[list[_Line]]) -> list[Block]:
    """Return the blocks with the largest words of the first page's upper part as the title."""
    first = pages[0] if pages else []
    upper = first[: max(3, len(first) // 3)]
    largest = max((line.size for line in upper), default=0.0)
    others = sorted(line.size for line in first)
    usual = others[len(others) // 2] if others else 0.0
    if not largest or largest < 1.2 * usual:
        return blocks
    made, last = [], -2
    for n, block in enumerate(blocks):
        is_title = n < len(upper) and first[n].size == largest and not block.dropped
        goes_on = is_title and last == n - 1
        made.append(replace(block, kind=Kind.TITLE, goes_on=goes_on) if is_title else block)
        last = n if is_title else last
    return made
