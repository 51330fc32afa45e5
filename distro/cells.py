"""Cells that open safely in a spreadsheet: what it could run gets a quote before it, which our import takes off again."""

_RUN = ("=", "+", "-", "@", "\t")


def safe(cell: str) -> str:
    """A cell that a spreadsheet will not run."""
    return f"'{cell}" if cell.startswith(_RUN) else cell


def unquoted(cell: str) -> str:
    """The cell as it was before `safe`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _RUN else cell
