"""Find the index keys in which the values of a row stand.

A column of few values has a bitmap a value (``idx:``); one of up to fifty thousand has packed ids a
value (``ids:``); beyond that, and for names and telephone numbers, the rows are read. Numbers and
dates have bit planes besides (``pl:``): the n-th bitmap holds whose number has its n-th bit, so
that a comparison is a handful of BITOPs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from distro.model import ascii_lower as lower
from distro.store import keys

BITMAP, IDS, SCAN = "index", "ids", "scan"
ALWAYS_SCANNED = ("email", "name", "phone")
# The scripts read these bitmaps by their names.
_ALWAYS_BITMAP = (
    "lists",
    "language",
    "frequency",
    "provider",
)
FEW, MANY = 256, 50_000  # values from which a column is no longer BITMAP, no longer IDS
_LONG, _LONGEST = 64, 200  # characters of a value from which it is no longer BITMAP, no longer IDS
_NO_PLANES = frozenset((*ALWAYS_SCANNED, "domain", "provider", "lists"))
_NUMBER = re.compile(r"-?\d{1,10}(?:\.\d{1,9})?")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
NUMBER_BITS, DATE_BITS = 48, 22
_ZERO = 1 << 46  # numbers are kept in thousandths above this, so that order is order


def quantity(value: str) -> tuple[str, int] | None:
    """Return a number in thousandths ("n"), or a date in days ("d"), as an unsigned integer that
    keeps the order; None: neither.
    """
    if _NUMBER.fullmatch(value):
        return "n", _ZERO + round(float(value) * 1000)
    found = _DATE.fullmatch(value)
    if found:
        try:
            return "d", date(int(found[1]), int(found[2]), int(found[3])).toordinal()
        except ValueError:
            return None
    return None


def bits_of(kind: str) -> int:
    """Return how many planes a number ("n") or a date ("d") has."""
    return NUMBER_BITS if kind == "n" else DATE_BITS


def planes_of(column: str, values: list[str]) -> tuple[str, ...]:
    """Return the bit planes in which a row stands by the first value of a cell."""
    if column in _NO_PLANES or not values or not (values[0][:1].isdigit() or values[0][:1] == "-"):
        return ()
    found = quantity(values[0])
    if found is None:
        return ()
    kind, number = found
    return (
        keys.plane(column, kind),
        *(keys.plane(column, f"{kind}{bit}") for bit in range(bits_of(kind)) if number >> bit & 1),
    )


def kind_for(column: str, kind: str, values: int, longest: int) -> str:
    """Return how a column must be kept that has so many values and so long a one; it never goes
    back.
    """
    if column in _ALWAYS_BITMAP or kind == SCAN:
        return kind
    if values > MANY or longest > _LONGEST:
        return SCAN
    return IDS if kind == IDS or values > FEW or longest > _LONG else BITMAP


@dataclass(eq=False, slots=True)
class Cell:
    """A cell's content and the keys in which whoever has it stands."""

    keys: tuple[str, ...]


_NOWHERE = Cell(())


class IndexKeys:
    """The keys in which cells stand, remembered: most rows say the same. `seen` has the values of
    cells that were new to it.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.kinds = kinds
        self.seen: dict[str, set[str]] = {}
        self._known: dict[str, dict[str, Cell]] = {}

    def of(self, column: str, values: list[str]) -> Cell:
        """Return the bitmaps, bit planes and packed ids of one cell's values."""
        known = self._known.get(column)
        if known is None:
            if self._kind(column) == SCAN and column in _NO_PLANES:
                return _NOWHERE
            known = self._known[column] = {}
        at = values[0] if len(values) == 1 else "\0".join(values)
        found = known.get(at)
        if found is None:
            if len(known) > 20_000:
                known.clear()
            found = known[at] = Cell((*self._values(column, values), *planes_of(column, values)))
        return found

    def row(self, row: Mapping[str, object] | None) -> list[Cell]:
        """Return the cells of a row; hidden columns begin with _."""
        return [
            self.of(column, values)  # type: ignore[arg-type]
            for column, values in (row or {}).items()
            if column != "email" and column[0] != "_"
        ]

    def _kind(self, column: str) -> str:
        return self.kinds.get(column, SCAN if column in ALWAYS_SCANNED else BITMAP)

    def _values(self, column: str, values: list[str]) -> list[str]:
        kind = self._kind(column)
        if kind == SCAN:
            return []
        folded = list(dict.fromkeys(map(lower, values)))
        self.seen.setdefault(column, set()).update(folded)
        head = "ids" if kind == IDS else "idx"
        return [f"{head}:{column}:{value}" for value in folded]
