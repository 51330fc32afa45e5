"""Make blocks of lines: of plain words, and of a paragraph."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from distro.documents.blocks import Block, Kind
from distro.documents.inline import Line
from distro.documents.tables import markdown_table
from distro.lib.commonmark import escape


def paragraph_blocks(
    lines: Sequence[Line], like: Block, sizes: Sequence[int], *, gap: bool
) -> Iterator[Block]:
    """Yield a block like another for each line of a paragraph; `sizes`: how much of the file each
    holds; `gap`: an empty paragraph stands above.
    """
    for n, (line, size) in enumerate(zip(lines, sizes, strict=True)):
        yield replace(
            like,
            kind=like.kind if line.text else Kind.PICTURE,
            text=line.text,
            markdown=line.markdown,
            pieces=size,
            goes_on=n > 0 and not line.apart,
            apart=line.apart or (gap and n == 0),
        )


def line_blocks(lines: Iterable[str], called: str = "line") -> Iterator[Block]:
    """Yield a block for each line that holds something; `called` names their places."""
    gap = False
    for number, line in enumerate(lines, 1):
        words = line.strip()
        if not words:
            gap = True
            continue
        yield Block(
            place=f"{called} {number}",
            kind=Kind.TEXT,
            text=words,
            markdown=escape(" ".join(words.split()), first=True),
            apart=gap,
        )
        gap = False


def row_table(rows: list[list[str]], place: str) -> Block:
    """Return rows of plain words as a table."""
    width = max(map(len, rows))
    grid = [
        [escape(cell).replace("|", "\\|") for cell in [*row, *[""] * (width - len(row))]]
        for row in rows
    ]
    return Block(
        place=place,
        kind=Kind.TABLE,
        text=" ".join(cell for row in rows for cell in row if cell),
        markdown=markdown_table(grid),
        pieces=len(rows),
    )
