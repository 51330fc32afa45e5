"""Read Excel workbooks in a child process under limits: a hostile one takes the child's memory and
time, not ours.

Cells come as the sheet shows them where that matters: a number with leading zeros keeps them, a
date is a date.
"""

import io
import json
from pathlib import Path

from distro.errors import InputFileError
from distro.lib.confined import ChildFailedError, Limits, run_confined

_MEMORY, _OUTPUT = 800 << 20, 400 << 20  # what the child may take: bytes, and bytes of its rows
# Of processor time: for any file, for each megabyte of it, and at most.
_SECONDS, _PER_MEGABYTE, _LONGEST = (
    5,
    4,
    60,
)
_CHILD = r"""
import csv, datetime, json, re, sys
from python_calamine import CalamineWorkbook

def shown(c, zeros):
    if c is None:
        return ""
    if isinstance(c, bool):
        return "yes" if c else "no"
    if isinstance(c, datetime.datetime) and not (c.hour or c.minute or c.second):
        return c.date().isoformat()
    if isinstance(c, float) and c.is_integer():
        c = int(c)
    if zeros and isinstance(c, int) and c >= 0:
        return str(c).zfill(zeros)
    return str(c).replace(chr(13), " ").replace(chr(10), " ")

def zeros_of(pattern):
    plain = re.sub(r'"[^"]*"|\\.|[-() ./]', "", (pattern or "").split(";")[0])
    return len(plain) if re.fullmatch("0{2,20}", plain) else 0

def formats(path, name):
    # {row: {column: zeros}} of the first hundred thousand rows with leading zeros shown.
    import openpyxl, zipfile
    with zipfile.ZipFile(path) as file:
        named = "xl/styles.xml" in file.namelist()
        styles = file.read("xl/styles.xml")[:5_000_000] if named else b""
    if not re.search(rb'formatCode="[^";]*00', styles):
        return {}
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", styles):
        return {}
    found = {}
    book = openpyxl.load_workbook(path, read_only=True)
    for n, row in enumerate(book[name].iter_rows(max_row=100_000)):
        widths = [zeros_of(getattr(cell, "number_format", "")) for cell in row]
        here = {m: width for m, width in enumerate(widths) if width}
        if here:
            found[n] = here
    return found

path = sys.argv[1]
book = CalamineWorkbook.from_path(path)
names = book.sheet_names
sheet = book.get_sheet_by_index(0)
try:
    padded = formats(path, names[0])
except Exception:
    padded = {}
if (sheet.end or (0, 0))[0] >= 1_048_576:
    sys.exit("more rows than Excel writes")
out = csv.writer(sys.stdout)
for n, row in enumerate(sheet.iter_rows()):
    here = padded.get(n, {})
    cells = [shown(c, here.get(m, 0)) for m, c in enumerate(row)]
    if len(cells) > 500 and any(cells[500:]):
        sys.exit("more than 500 columns")
    out.writerow(cells[:500])
sys.stderr.write(json.dumps([name[:80] for name in names[1:20]]))
"""


def read_workbook(path: Path) -> tuple[io.TextIOWrapper, list[str]]:
    """Return the first sheet as CSV, and the names of the others. Raises InputFileError."""
    seconds = min(_LONGEST, _SECONDS + _PER_MEGABYTE * path.stat().st_size // 1_000_000)
    try:
        rows, said = run_confined(
            ["-c", _CHILD, str(path.resolve())], Limits(_MEMORY, _OUTPUT, seconds)
        )
    except ChildFailedError as error:
        why = str(error) or "it asks for more memory or time than a list of contacts needs"
        raise InputFileError(
            f"{path.name} is an Excel workbook that cannot be read ({why})",
            hint='Save it as "CSV UTF-8" and import that.',
        ) from None
    if not rows.tell():
        rows.close()
        raise InputFileError(
            f"{path.name} has no rows on its first sheet",
            hint="The first line must name the columns: email,name,language,…",
        )
    rows.seek(0)
    return io.TextIOWrapper(rows, encoding="utf-8", newline=""), _names(said)


def _names(said: str) -> list[str]:
    try:
        return [str(name) for name in json.loads(said.splitlines()[-1])] if said else []
    except ValueError:
        return []
