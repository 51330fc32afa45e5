"""Write CSV cells that open safely in a spreadsheet: a quote goes before whatever it could run, and
our import takes it off again.

A spreadsheet runs a cell that begins with one of a few characters, also their full-width forms, and
white space before them does not help. Which character separates cells is its reader's setting, not
ours: whatever may stand for one inside a cell counts as the beginning of another. One quote is put
before each such place, and one is taken off.
"""

import re

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
