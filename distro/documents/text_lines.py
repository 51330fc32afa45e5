"""Make blocks of lines of plain words, blank lines between paragraphs."""

from collections.abc import Iterable, Iterator

from distro.documents.blocks import Block, Kind
from distro.documents.tables import markdown_table
from distro.lib.commonmark import escape


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
