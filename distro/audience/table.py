"""Files that people keep their contacts in, as rows of cells: CSV of any kind, and Excel workbooks (in a child, under limits)."""

import codecs
import csv
import io
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from distro.errors import InputFileError
from distro.files import require_regular

LARGEST = 2_000_000_000            # bytes of a file
COLUMNS = 500                      # a header may have
_LONGEST = 10_000_000              # characters of a cell, before the csv module gives up
_SAMPLE = 65_536
_HEADER = "The first line must name the columns: email,name,language,…"
_MEMORY, _SECONDS, _OUTPUT = 800 << 20, 60, 400 << 20    # what the child that reads a workbook may take: bytes, seconds, bytes of its rows
_CHILD = """
import csv, sys
from python_calamine import CalamineWorkbook

book = CalamineWorkbook.from_path(sys.argv[1])
out = csv.writer(sys.stdout)
for row in book.get_sheet_by_index(0).iter_rows():
    cells = [str(int(c)) if isinstance(c, float) and c.is_integer() else str(c).replace(chr(13), " ").replace(chr(10), " ") if c is not None else "" for c in row]
    if len(cells) > 500 and any(cells[500:]):
        sys.exit("more than 500 columns")
    out.writerow(cells[:500])
"""


def read_table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file with the line on which each begins; the first is the header. Raises InputFileError."""
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
        with _workbook(path) as rows:
            yield from _rows(path.name, rows, ",", "row")
        return
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InputFileError(f"{path.name} is an old Excel workbook (.xls)", hint='Save it as "Excel workbook (.xlsx)" or "CSV UTF-8" and import that.')
    with path.open(encoding=_encoding(path), errors="replace", newline="") as text:
        first = text.readline(_SAMPLE)
        if first.lower().startswith("sep=") and len(first.strip()) == 5:      # Excel's own first line
            yield from _rows(path.name, text, first.strip()[4], "line", begins=2)
            return
        text.seek(0)
        yield from _rows(path.name, text, max(",;\t|", key=first.count), "line")


def _rows(name: str, text: io.TextIOBase, delimiter: str, unit: str, begins: int = 1) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(text, delimiter=delimiter)
    offset, found = begins - 1, False
    try:
        for cells in reader:
            if any(cells) and any(cell.strip() for cell in cells):
                if not found and len(cells) > COLUMNS:
                    raise InputFileError(f"{name} has {len(cells):,} columns (at most {COLUMNS})", hint="Delete those that nobody needs.")
                found = True
                yield begins, cells
            begins = offset + reader.line_num + 1
    except csv.Error as error:
        raise InputFileError(f"{name} {unit} {begins}: not CSV ({error})") from None
    if not found:
        raise InputFileError(f"{name} has no rows", hint=_HEADER)


def _encoding(path: Path) -> str:
    """UTF-16 by its mark, UTF-8 if all of the file is, else what Western European spreadsheets write."""
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT, _OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _workbook(path: Path) -> io.TextIOWrapper:
    """Return the first sheet of a workbook as CSV, read by a child: a hostile one takes the child's memory, not ours.

    The rows come by way of a file without a name, whose size the child's limits bound; a pipe's they would not.
    """
    rows = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads the rows closes it
    why = "it asks for more memory or time than a list of contacts needs"
    try:
        child = subprocess.run([sys.executable, "-I", "-c", _CHILD, str(path.resolve())], stdout=rows, stderr=subprocess.PIPE, check=False, preexec_fn=_limits, timeout=_SECONDS * 3,
                               env={"PATH": os.environ.get("PATH", ""), "PYTHONIOENCODING": "utf-8"})
        if child.returncode > 0 and child.stderr:
            why = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1][:120]
        failed = child.returncode != 0
    except subprocess.TimeoutExpired:
        failed = True
    if failed:
        rows.close()
        raise InputFileError(f"{path.name} is an Excel workbook that cannot be read ({why})", hint='Save it as "CSV UTF-8" and import that.')
    if not rows.seek(0, os.SEEK_END):
        rows.close()
        raise InputFileError(f"{path.name} has no rows on its first sheet", hint=_HEADER)
    rows.seek(0)
    return io.TextIOWrapper(rows, encoding="utf-8", newline="")
