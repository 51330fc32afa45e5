"""One row of a spreadsheet, judged: what the book takes of it, or why it cannot."""

import json
import re
from dataclasses import dataclass

from distro.audience import addresses
from distro.audience.headers import Header, meaning_of, plain
from distro.cells import unquoted
from distro.model import LANGUAGE_NAMES
from distro.providers import provider_of, typo_of

_LONGEST = 4000                  # characters of a cell
_OURS = frozenset(("lists", "email", "domain", "provider", "status", "kind", "frequency"))
_MULTI = frozenset(("lists", "beats", "tags"))
_BREAKS = re.compile(r"[\r\n\0]")
# Control characters, and those that turn the direction of what stands around them (Unicode UAX 9): a name needs neither.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")      # RFC 5646
_BY_NAME = {name.lower(): code for code, name in LANGUAGE_NAMES.items()}
_MEMORY = 10_000                 # different cells of a column that are remembered


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: where, what stands there, why."""

    line: int
    value: str
    reason: str


@dataclass(slots=True)
class Row:
    """One good row: the key of the address, the address as it travels, the filled columns as values."""

    line: int
    address: str
    email: str
    columns: dict[str, list[str]]
    no: str = ""                 # "unsubscribed" or "suppressed": what another system knew


class Judge:
    """Judges the rows under one header; remembers cells, for most rows say the same."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self._cells: list[dict[str, list[str] | str]] = [{} for _ in header.columns]
        self._receivers: dict[str, dict[str, list[str]]] = {}
        self._at = header.columns.index("email")
        self._names = [n for n, c in enumerate(header.columns) if c in ("first_name", "last_name", "status", "attributes")]
        self.typos: dict[str, tuple[int, str]] = {}     # address -> line, what was probably meant

    def judge(self, line: int, cells: list[str]) -> Row | BadRow:
        """One row as ours, or why not."""
        columns = self.header.columns
        if len(cells) > len(columns):
            if any(cell.strip() for cell in cells[len(columns):]):
                return BadRow(line, cells[0][:60], f"{len(cells)} cells under {len(columns)} columns (quote a cell that contains the separator)")
            cells = cells[:len(columns)]
        given = cells[self._at] if len(cells) > self._at else ""
        values: dict[str, list[str]] = {}
        for n, cell in enumerate(cells):
            if cell and n != self._at and columns[n]:
                known = self._cells[n]
                found = known.get(cell)
                if found is None:
                    if len(known) > _MEMORY:
                        known.clear()
                    found = known[cell] = _judge_cell(columns[n], cell)
                if isinstance(found, str):
                    return BadRow(line, given.splitlines()[0][:60] if given.strip() else "", found)
                if found:
                    values[columns[n]] = found
        return self._whole(line, given, values)

    def _whole(self, line: int, given: str, values: dict[str, list[str]]) -> Row | BadRow:
        if _BREAKS.search(given):
            return BadRow(line, given.splitlines()[0][:60] if given.strip() else "", "a line break or NUL in email")
        email, reason = addresses.judge(unquoted(given))
        if reason:
            return BadRow(line, unquoted(given)[:60], reason)
        address = addresses.key(email)
        row = Row(line, address, email, values)
        if self._names or self.header.default_status:
            _foreign(row, self.header.default_status, self.header.system)
        domain = address.rpartition("@")[2]
        receiver = self._receivers.get(domain)
        if receiver is None:
            receiver = self._receivers[domain] = receiver_of(address)
            meant = typo_of(domain)
            if meant:
                self.typos[email] = (line, email[:len(email) - len(domain)] + meant)
        row.columns.update(receiver)
        return row


def _foreign(row: Row, default_status: str, system: str) -> None:
    """Two cells for a name become one; a status that says no is remembered; a JSON cell of attributes becomes columns."""
    told = row.columns
    names = [*told.pop("first_name", []), *told.pop("last_name", [])]
    if names and "name" not in told:
        told["name"] = [" ".join(names)]
    if "attributes" in told:
        text = told.pop("attributes")[0]
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = {}
        for key, value in (found if isinstance(found, dict) else {}).items():
            column, values = plain(str(key))[:60], value if isinstance(value, list) else [value]
            if column in _OURS:      # who is on which list, and may be written to, is for staff to say, not for a cell of another system
                continue
            clean = [v for v in (_clean(str(v)) for v in values if isinstance(v, str | int | float)) if v]
            if column and clean:
                told.setdefault(column, clean)
    status = plain("".join(told.get("status", [default_status])))
    meaning = meaning_of(status, of_a_system=bool(system))
    row.no = meaning if meaning in ("unsubscribed", "suppressed") else ""
    if meaning:
        told.pop("status", None)


def receiver_of(address: str) -> dict[str, list[str]]:
    """Who takes the letters: the domain, and its provider where that is a known one."""
    domain = address.rpartition("@")[2]
    provider = provider_of(domain)
    return {"domain": [domain], "provider": [provider]} if provider else {"domain": [domain]}


def _judge_cell(column: str, cell: str) -> list[str] | str:
    """The values of a cell, or what is wrong with it."""
    if _BREAKS.search(cell):
        return f"a line break or NUL in {column}"
    if len(cell) > _LONGEST:
        return f"{column} has {len(cell):,} characters (at most {_LONGEST:,})"
    found = values_of(column, cell)
    if column == "language" and found and not _LANGUAGE.fullmatch(found[0]):
        return f'"{found[0][:30]}" is no language code; write en, fr or pt-br'
    return found


def _clean(cell: str) -> str:
    return " ".join(_CONTROLS.sub(" ", unquoted(cell)).encode("utf-8", "ignore").decode().split())     # half a surrogate pair is no character


def values_of(column: str, cell: str) -> list[str]:
    """The values that a cell of this column holds."""
    clean = _clean(cell)
    if column in _MULTI:
        return list(dict.fromkeys(v.strip().lower() if column == "lists" else v.strip() for v in clean.split(";") if v.strip()))
    if column == "language":
        code = clean.lower().replace("_", "-")
        return [_BY_NAME.get(code, code)] if clean else []
    return [clean] if clean else []
