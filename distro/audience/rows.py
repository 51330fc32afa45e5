"""Judge one row of a spreadsheet: what the book takes of it, or why it cannot."""

import json
import re
from dataclasses import dataclass
from email.utils import parseaddr

from distro.audience import addresses
from distro.audience.columns import Header, plain
from distro.audience.opt_out_columns import answer_of, meaning_of
from distro.lib.csv_safe import unquoted
from distro.lib.languages import code_of, meant_by
from distro.lib.mailbox_providers import provider_of, typo_of

_LONGEST = 4000  # characters of a cell
_OURS = frozenset(("lists", "email", "domain", "provider", "status", "kind", "frequency"))
_MULTI = frozenset(("lists", "beats", "tags"))
_BREAKS = re.compile(r"[\r\n\0]")
_SEVERAL = re.compile(r"[\w.+'-]+@[\w.-]+")
_QUOTED_TAGS = re.compile(r'"([^"]*)"')
_HALVES = ("first_name", "middle_name", "last_name")
# Control characters, and those that turn the direction of what stands around them (Unicode UAX 9):
# a name needs neither.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHORT = 200  # characters of a cell that is worth remembering
_MEMORY = 10_000  # different cells of a column that are remembered


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: where, what stands there, why."""

    line: int
    value: str
    reason: str


@dataclass(slots=True)
class Row:
    """One good row: the key of the address, the address as it travels, the filled columns as
    values.
    """

    line: int
    address: str
    email: str
    columns: dict[str, list[str]]
    no: str = ""  # "unsubscribed" or "suppressed": what the file says of them …
    no_said: str = ""  # … in its own words: UNSUB_TIME 2024-05-01


class RowReader:
    """Judges the rows under one header; remembers cells, for most rows say the same."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self._cells: list[dict[str, list[str] | str]] = [{} for _ in header.columns]
        self._receivers: dict[str, dict[str, list[str]]] = {}
        self._at = header.columns.index("email")
        self._noes = dict(header.noes)
        self._halves = any(c in _HALVES for c in header.columns)
        self._attributes = "attributes" in header.columns
        self.typos: dict[str, tuple[int, str]] = {}  # address -> line, what was probably meant

    def judge(self, line: int, cells: list[str]) -> Row | BadRow:
        """Return a row as ours, or why it cannot be."""
        columns = self.header.columns
        if len(cells) > len(columns):
            if any(cell.strip() for cell in cells[len(columns) :]):
                return BadRow(
                    line,
                    cells[0][:60],
                    f"{len(cells)} cells under {len(columns)} columns (quote a cell that contains"
                    " the separator)",
                )
            cells = cells[: len(columns)]
        given = cells[self._at] if len(cells) > self._at else ""
        values: dict[str, list[str]] = {}
        for n, cell in enumerate(cells):
            if cell and n != self._at and columns[n]:
                known = self._cells[n]
                found = known.get(cell)
                if found is None:
                    found = _judge_cell(columns[n], cell)
                    if len(cell) < _SHORT:
                        if len(known) > _MEMORY:
                            known.clear()
                        known[cell] = found
                if isinstance(found, str):
                    return BadRow(line, given.splitlines()[0][:60] if given.strip() else "", found)
                if found:
                    values[columns[n]] = found
        return self._whole(line, given, cells, values)

    def _whole(
        self, line: int, given: str, cells: list[str], values: dict[str, list[str]]
    ) -> Row | BadRow:
        if len(given) > _LONGEST:
            return BadRow(
                line, given[:60].strip(), f"email has {len(given):,} characters (at most 254)"
            )
        email, reason = self._address(given, values)
        if reason:
            return BadRow(line, (unquoted(given).strip().splitlines() or [""])[0][:60], reason)
        address = addresses.key(email)
        row = Row(
            line,
            address,
            email,
            values,
            self.header.default_no,
            "the name of the file" if self.header.default_no else "",
        )
        if self._noes:
            wrong = self._listen(row, cells)
            if wrong:
                return BadRow(line, email, wrong)
        if self._halves:
            _join_names(row.columns, eastern=self.header.eastern)
        if self._attributes:
            _spread_attributes(row.columns)
        domain = address.rpartition("@")[2]
        receiver = self._receivers.get(domain)
        if receiver is None:
            receiver = self._receivers[domain] = receiver_of(address)
            meant = typo_of(domain)
            if meant:
                self.typos[email] = (line, email[: len(email) - len(domain)] + meant)
        row.columns.update(receiver)
        return row

    def _address(self, given: str, values: dict[str, list[str]]) -> tuple[str, str]:
        """Return the address of a cell and "", or "" and the reason; takes the name from "Ana Rivas
        <ana@daily.example>".
        """
        address = unquoted(given).strip()
        if _BREAKS.search(address):
            several = len(set(_SEVERAL.findall(address))) > 1
            return "", "a line break or NUL in email" + (
                f" ({_several(address)})" if several else ""
            )
        email, reason = addresses.judge(address)
        if not reason:
            return email, ""
        if len(set(_SEVERAL.findall(address))) > 1:
            return "", _several(address)
        if "<" in address:
            name, plain_address = parseaddr(address)
            email, inner = addresses.judge(plain_address)
            if not inner:
                if _clean(name) and "name" not in values:
                    values["name"] = [_clean(name)]
                return email, ""
        return "", reason

    def _listen(self, row: Row, cells: list[str]) -> str:
        """Note a "no" that a column says; return what cannot be understood, which nobody may
        guess.
        """
        for n, kind in self._noes.items():
            cell = cells[n] if n < len(cells) else ""
            value, name = (
                plain(cell[:_SHORT]) or cell.strip(),
                self.header.names[n] if n < len(self.header.names) else "",
            )
            if kind == "status":
                found: str | None = meaning_of(value, of_a_system=bool(self.header.system))
                if found:
                    row.columns.pop(self.header.columns[n], None)
            else:
                found = answer_of(kind, value)
                if found is None:
                    return (
                        f'"{cell.strip()[:40]}" under {name}: does that mean no more mail? Write'
                        " yes or no, or leave it empty"
                    )
                row.columns.pop(self.header.columns[n], None)
            if found in ("unsubscribed", "suppressed") and row.no != "unsubscribed":
                row.no, row.no_said = found, f"{name}: {_clean(cell)}"[:120]
        return ""


def _several(address: str) -> str:
    return (
        f"{len(set(_SEVERAL.findall(address)))} addresses in one cell:"
        " give each a row of its own, or keep one"
    )


def _join_names(columns: dict[str, list[str]], *, eastern: bool) -> None:
    """Make one name of its halves, in the order of its language; beside a whole name they stay what
    they are.
    """
    if "name" in columns:
        return
    halves = [" ".join(columns.pop(half, [])) for half in _HALVES]
    order = [halves[2], halves[0]] if eastern else halves
    whole = ("" if eastern and not any(h.isascii() for h in order if h) else " ").join(
        filter(None, order)
    )
    if whole:
        columns["name"] = [whole]


def _spread_attributes(columns: dict[str, list[str]]) -> None:
    """Make columns of a JSON cell of attributes (listmonk)."""
    for text in columns.pop("attributes", []):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = {}
        for key, value in (found if isinstance(found, dict) else {}).items():
            column, values = plain(str(key))[:60], value if isinstance(value, list) else [value]
            # Who is on which list, and may be written to, is for staff to say.
            if not column or column in _OURS:
                continue
            clean = [
                v for v in (_clean(str(v)) for v in values if isinstance(v, str | int | float)) if v
            ]
            if clean:
                columns.setdefault(column, clean)


def receiver_of(address: str) -> dict[str, list[str]]:
    """Return who takes the letters: the domain, and its provider where that is a known one."""
    domain = address.rpartition("@")[2]
    provider = provider_of(domain)
    return {"domain": [domain], "provider": [provider]} if provider else {"domain": [domain]}


def _judge_cell(column: str, cell: str) -> list[str] | str:
    """Return the values of a cell, or what is wrong with it."""
    if "\0" in cell:
        return f"NUL in {column}"
    if len(cell) > _LONGEST:
        return f"{column} has {len(cell):,} characters (at most {_LONGEST:,})"
    found = values_of(column, cell)
    if column == "language" and found and not code_of(found[0]):
        near = meant_by(found[0])
        return f'"{found[0][:30]}" is no language' + (
            f"; did you mean {near}?" if near else "; write en, fr or pt-br"
        )
    return found


def _clean(cell: str) -> str:
    # Half a surrogate pair is no character.
    return " ".join(_CONTROLS.sub(" ", unquoted(cell)).encode("utf-8", "ignore").decode().split())


def values_of(column: str, cell: str) -> list[str]:
    """Return the values that a cell of this column holds."""
    clean = _clean(cell)
    # Mailchimp: "one","two, three".
    if column == "tags" and clean.startswith('"') and _QUOTED_TAGS.search(clean):
        clean = ";".join(_QUOTED_TAGS.findall(clean))
    if column in _MULTI:
        return list(
            dict.fromkeys(
                v.strip().lower() if column == "lists" else v.strip()
                for v in clean.split(";")
                if v.strip()
            )
        )
    if column == "language":
        return [code_of(clean) or clean.lower()] if clean else []
    return [clean] if clean else []
