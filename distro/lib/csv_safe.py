"""Write CSV cells that open safely in a spreadsheet: a quote goes before whatever it could run, and
our import takes it off again.

A spreadsheet runs a cell that begins with one of a few characters, also their full-width forms, and
white space before them does not help. Which character separates cells is its reader's setting, not
ours: whatever may stand for one inside a cell counts as the beginning of another. One quote is put
before each such place, and one is taken off.
"""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from distro.lib.files import replaced

_RUN = "=+\\-@\t\uff1d\uff0b\uff0d\uff20\u2212"
_SEPARATORS = ",;|\t\r\n"
_SPACE = '(?:[^\\S\t\r\n]|")*'  # without what separates too, so that no place is looked at twice
_PLACE = re.compile(rf"(^|[{_SEPARATORS}])({_SPACE})('*)(?=[{_RUN}])")
_GUARDED = re.compile(rf"(^|[{_SEPARATORS}])({_SPACE})'('*)(?=[{_RUN}])")
_ANY = re.compile(f"[{_RUN}]")


def safe(cell: str) -> str:
    """Return a cell that a spreadsheet will not run, whatever separator it expects."""
    return _PLACE.sub(r"\1\2'\3", cell) if _ANY.search(cell) else cell


def unquoted(cell: str) -> str:
    """Return the cell as it was before `safe`."""
    return _GUARDED.sub(r"\1\2\3", cell) if "'" in cell else cell


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line of CSV whose cells are all quoted, and safe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe(cell) for cell in row])
        yield buffer.getvalue()


def write_csv(path: Path, lines: Iterable[str]) -> int:
    """Write lines with a byte order mark, so that spreadsheets see UTF-8; gives how many follow the
    first. Replaces the file only when whole.
    """
    count = -1  # less the names of the columns
    with replaced(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        for text in lines:
            file.write(text)
            count += 1
    return count


def marked(lines: Iterable[str]) -> Iterator[str]:
    """Yield the same for somebody far away: the mark first, then pieces of some size."""
    yield "\ufeff"
    left = iter(lines)
    while piece := "".join(itertools.islice(left, 200)):
        yield piece
