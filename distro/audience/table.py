"""Read the files in which people keep their contacts as rows of cells: CSV of any kind, and Excel
workbooks.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from distro.audience.encodings import open_text
from distro.audience.workbook import read_workbook
from distro.errors import InputFileError
from distro.lib.files import require_regular

LARGEST = 2_000_000_000  # bytes of a file
COLUMNS = 500  # a header may have
_LONGEST = 10_000_000  # characters of a cell, before the csv module gives up
_SAMPLE = 65_536
_HEADER = "The first line must name the columns: email,name,language,…"


class Table:
    """A file as rows of cells; `notes` says what was done to read it, once the rows are being
    read.
    """

    def __init__(self, path: Path, encoding: str = "") -> None:
        """Open a file; `encoding` as the person says, "" to find it out from the whole file."""
        self.path = path
        self.encoding = encoding
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Give the rows with the line on which each begins; the first is the header. Raises
        InputFileError.
        """
        path = self.path
        try:
            require_regular(path, LARGEST)
            with path.open("rb") as file:
                head = file.read(_SAMPLE)
        except FileNotFoundError:
            raise InputFileError(f"{path}: there is no such file") from None
        except OSError as error:
            raise InputFileError(f"{path} cannot be read ({error.strerror})") from None
        if not head.strip():
            raise InputFileError(f"{path.name} is empty", hint=_HEADER)
        if head[:4] == b"PK\x03\x04":
            rows, others = read_workbook(path)
            if others:
                self.notes.append(f"only the first sheet is read, not {', '.join(others)}")
            with rows:
                yield from _rows(path.name, rows, ",", "row")
            return
        if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise InputFileError(
                f"{path.name} is an old Excel workbook (.xls)",
                hint='Save it as "Excel workbook (.xlsx)" or "CSV UTF-8" and import that.',
            )
        with open_text(path, self.encoding, self.notes) as text:
            try:
                yield from self._text(text)
            except UnicodeDecodeError as error:
                raise InputFileError(
                    f"{path.name} ends in the middle of a character ({error.encoding})",
                    hint="Save it again, as CSV UTF-8.",
                ) from None

    def _text(self, text: TextIO) -> Iterator[tuple[int, list[str]]]:
        sample = text.read(_SAMPLE)
        text.seek(0)
        # Excel's own first line.
        if sample.lower().startswith("sep=") and len(sample.split("\n", 1)[0].strip()) == 5:
            text.readline()
            yield from _rows(self.path.name, text, sample.strip()[4], "line", begins=2)
        else:
            yield from _rows(self.path.name, text, separator_of(sample), "line")


def read_table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of a file with the line on which each begins. Raises InputFileError."""
    return iter(Table(path))


def separator_of(sample: str) -> str:
    """Return what stands between the cells of the header: outside of quotes, which may hold commas
    and line breaks.
    """
    counts = dict.fromkeys("\t;|,", 0)  # on a tie the rarer sign: a comma stands in names too
    quoted = False
    for n, c in enumerate(sample):
        if c == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif c in "\r\n" and any(map(str.isalnum, sample[:n])):
            break
        elif c in counts:
            counts[c] += 1
    return max(counts, key=lambda c: counts[c]) if any(counts.values()) else ","


def _rows(
    name: str, text: Iterable[str], delimiter: str, unit: str, begins: int = 1
) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(text, delimiter=delimiter)
    offset, found = begins - 1, False
    try:
        for cells in reader:
            if any(cells) and any(cell.strip() for cell in cells):
                if not found and len(cells) > COLUMNS:
                    raise InputFileError(
                        f"{name} has {len(cells):,} columns (at most {COLUMNS})",
                        hint="Delete those that nobody needs.",
                    )
                found = True
                yield begins, cells
            begins = offset + reader.line_num + 1
    except csv.Error as error:
        raise InputFileError(f"{name} {unit} {begins}: not CSV ({error})") from None
    if not found:
        raise InputFileError(f"{name} has no rows", hint=_HEADER)
