"""Turn the cells of a table into a Markdown table, or into lines where it only lays out a page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distro.documents.blocks import Block, Kind
from distro.lib.commonmark import escape

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its blocks, how many columns it takes, and whether one above reaches over it."""

    blocks: list[Block]
    width: int = 1
    covered: bool = False

    @property
    def text(self) -> str:
        """Return its words in one line."""
        return " ".join(filter(None, (b.text for b in self.blocks if not b.dropped)))

    @property
    def markdown(self) -> str:
        """Return its words as they may stand in a row of Markdown."""
        kept = (block for block in self.blocks if not block.dropped)
        words = " ".join(
            # a table in a cell is its words
            escape(b.text) if b.kind is Kind.TABLE else b.markdown.replace("\\\n", " ")
            for b in kept
        )
        return words.replace("|", "\\|").strip()


def table_blocks(rows: Sequence[Sequence[Cell]], place: str) -> Iterator[Block]:
    """Yield a table as one block of Markdown, what is dropped in it by itself; a table that lays
    out a page, as its cells' blocks one after the other.

    A merged cell stands in its first column and row, the others of it are empty: nothing shifts.
    """
    cells = [cell for row in rows for cell in row]
    lost = [block for cell in cells for block in cell.blocks if block.dropped]
    if _lays_out(rows):
        yield from (block for cell in cells for block in cell.blocks)
        return
    yield from lost
    grid = _grid(rows)
    pieces = sum(b.pieces for cell in cells for b in cell.blocks if not b.dropped)
    if not any(any(row) for row in grid):
        return
    yield Block(
        place=place,
        kind=Kind.TABLE,
        text=" ".join(filter(None, (cell.text for cell in cells))),
        markdown=markdown_table(grid),
        pieces=pieces,
    )


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    grid = [
        [
            text
            for cell in row
            for text in ["" if cell.covered else cell.markdown, *[""] * (cell.width - 1)]
        ]
        for row in rows
    ]
    width = max(map(len, grid), default=0)
    return [[*row, *[""] * (width - len(row))] for row in grid if row]


def markdown_table(grid: Sequence[Sequence[str]]) -> str:
    """Return rows of equal length as a table; the first is its head."""
    head, *rest = (f"| {' | '.join(row)} |" for row in grid)
    return "\n".join([head, f"|{' --- |' * len(grid[0])}", *rest])


def _lays_out(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether a table has one row or one column, or holds somebody's address in a cell of
    several lines.
    """
    if len(rows) < 2 or max((sum(c.width for c in row) for row in rows), default=0) < 2:
        return True
    return any(
        len(cell.blocks) > 1 and any(_ADDRESS.search(b.text) for b in cell.blocks)
        for row in rows
        for cell in row
    )
