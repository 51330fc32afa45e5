"""A spreadsheet's rows into the book.

Every row is judged before anything is written: a bad row stops the file, unless told to skip such rows. Good rows are
staged in Redis while they are judged, and then taken into the book in pieces, each idempotent; if the command dies in
between, the sweep finishes what is staged. An import never resurrects who unsubscribed: it does not touch a "no".
"""

import csv
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from distro.audience import addresses
from distro.audience.segments import ALWAYS_SCANNED
from distro.errors import InputFileError
from distro.providers import provider_of
from distro.store import Store
from distro.store.scripts import book as scripts

_PIECE = 150                     # rows in one script call: a few milliseconds
_STAGED = 7 * 86400              # seconds that a staged import waits to be finished
_LONGEST = 4000                  # characters of a cell
_MULTI = ("lists", "beats", "tags")
_SYNONYMS = {
    "e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email", "adresse_e_mail": "email", "adresse_email": "email",
    "correo": "email", "correo_electronico": "email", "courriel": "email", "e_mail_adresse": "email",
    "full_name": "name", "nom": "name", "nombre": "name", "lang": "language", "langue": "language", "idioma": "language",
    "timezone": "time_zone", "media": "outlet", "organisation": "outlet", "organization": "outlet", "list": "lists", "tag": "tags", "beat": "beats",
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: where, what stands there, why."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: the key of the address, the address as it travels, the filled columns as values."""

    line: int
    address: str
    email: str
    columns: dict[str, list[str]]


@dataclass(slots=True)
class Judged:
    """What an import found while it read, and the number under which the good rows are staged (0: dry run)."""

    number: int
    read: int = 0
    good: int = 0
    twice: int = 0
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did to the book."""

    new: int
    changed: int
    unchanged: int
    held: int       # said no before; their "no" stays


def read_table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file with the line on which each begins; the first is the header. Raises InputFileError."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputFileError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InputFileError(f"{path} cannot be read ({error.strerror})") from None
    text = _decode(path, raw)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins, rows_seen = 1, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows_seen += 1
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputFileError(f"{path.name} line {begins}: not CSV ({error})") from None
    if not rows_seen:
        raise InputFileError(f"{path.name} has no rows", hint="The first line must name the columns: email,name,language,…")


def _decode(path: Path, raw: bytes) -> str:
    if not raw.strip():
        raise InputFileError(f"{path.name} is empty", hint="The first line must name the columns: email,name,language,…")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    if raw[:4] == b"PK\x03\x04":
        raise InputFileError(f"{path.name} is an Excel workbook", hint='Save it as "CSV UTF-8" and import that.')
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def columns_of(header: list[str], name: str) -> list[str]:
    """The columns by our names; raises InputFileError without one for the address."""
    import unicodedata

    found: list[str] = []
    for cell in header:
        plain = unicodedata.normalize("NFKD", cell.strip().lower()).encode("ascii", "ignore").decode()
        column = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
        found.append(_SYNONYMS.get(column, column)[:60])
    if "email" not in found:
        near = next((cell.strip() for cell, column in zip(header, found, strict=True) if "mail" in column), "")
        raise InputFileError(f'{name} has no column "email"', hint=(f'Rename "{near}" to email. ' if near else "") + f"Its columns: {', '.join(c.strip() for c in header)[:200]}")
    twice = {c for c in found if c and found.count(c) > 1}
    if twice:
        raise InputFileError(f"{name} has the column {', '.join(sorted(twice))} twice", hint="Rename or delete one of them.")
    return found


def judge_row(line: int, columns: list[str], cells: list[str]) -> Row | BadRow:
    """One row as ours, or why not."""
    if len(cells) > len(columns):
        return BadRow(line, cells[0][:60], f"{len(cells)} cells under {len(columns)} columns (quote a cell that contains the separator)")
    told = dict(zip(columns, cells, strict=False))
    given = _unquoted(told.get("email", ""))
    for column, cell in told.items():
        if "\r" in cell or "\n" in cell or "\0" in cell:
            return BadRow(line, given.splitlines()[0][:60] if given.strip() else "", f"a line break or NUL in {column}")
        if len(cell) > _LONGEST:
            return BadRow(line, given[:60], f"{column} has {len(cell):,} characters (at most {_LONGEST:,})")
    email, reason = addresses.judge(given)
    if reason:
        return BadRow(line, given[:60], reason)
    values = {column: _values(column, cell) for column, cell in told.items() if column and column != "email"}
    return Row(line, addresses.key(email), email, {column: found for column, found in values.items() if found})


def _unquoted(cell: str) -> str:
    """Our exports put a quote before what a spreadsheet would run; it comes off here."""
    return cell[1:] if re.match(r"'[=+\-@\t]", cell) else cell


def _values(column: str, cell: str) -> list[str]:
    clean = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", _unquoted(cell)).split())
    if column in _MULTI:
        return list(dict.fromkeys(v.strip().lower() if column == "lists" else v.strip() for v in clean.split(";") if v.strip()))
    if column == "language":
        return [clean.lower().replace("_", "-")] if clean else []
    return [clean] if clean else []


def stage(store: Store, path: Path, list_name: str, *, actor: str, dry_run: bool, at_most_bad: int = 1000) -> Judged:
    """Judge every row of a file and stage the good ones; nothing of it is in the book yet."""
    table = read_table(path)
    _, header = next(table)
    columns = columns_of(header, path.name)
    number = 0 if dry_run else int(store.command("INCR", "import:seq"))
    judged = Judged(number)
    seen: set[str] = set()
    piece: list[dict[str, object]] = []

    def flush() -> None:
        if piece and number:
            packed = zlib.compress(json.dumps(piece, ensure_ascii=False).encode(), 1)
            store.pipeline([("RPUSH", f"stage:{number}", packed), ("EXPIRE", f"stage:{number}", _STAGED)])
        piece.clear()

    for line, cells in table:
        judged.read += 1
        row = judge_row(line, columns, cells)
        if isinstance(row, BadRow):
            if len(judged.bad) < at_most_bad:
                judged.bad.append(row)
            continue
        judged.good += 1
        judged.twice += row.address in seen
        seen.add(row.address)
        lists = [list_name, *(v for v in row.columns.get("lists", []) if v != list_name)]
        piece.append({"address": row.address, "email": row.email, "columns": row.columns | {"lists": lists} | _receiver(row.address)})
        if len(piece) == _PIECE:
            flush()
    flush()
    if number:
        store.command("HSET", f"import:{number}", "list", list_name, "file", path.name, "actor", actor, "at", store.now_ms(), "rows", judged.good, "state", "judged")
    return judged


def forget(store: Store, judged: Judged) -> None:
    """Drop what was staged: the file had bad rows."""
    if judged.number:
        store.pipeline([("UNLINK", f"stage:{judged.number}"), ("UNLINK", f"import:{judged.number}")])


def commit(store: Store, number: int) -> Taken:
    """Promise the import (from here the sweep would finish it), and finish it."""
    store.pipeline([("SADD", "import:open", number), ("HSET", f"import:{number}", "state", "taking")])
    return finish(store, number)


def finish(store: Store, number: int) -> Taken:
    """Take what is staged into the book, from where it stopped; safe to run twice, also at the same time."""
    for column in ALWAYS_SCANNED:
        store.command("HSETNX", "book:columns", column, "scan")
    done = int(store.hash(f"import:{number}").get("done", 0))
    pieces = int(store.command("LLEN", f"stage:{number}"))
    for n in range(done, pieces):
        packed = store.command("LINDEX", f"stage:{number}", n)
        if packed is None:   # somebody else finished it
            break
        store.call(scripts.upsert(number, n + 1, json.loads(zlib.decompress(packed)), ("lists",)))
    told = store.hash(f"import:{number}")
    store.pipeline([("SREM", "import:open", number), ("HSET", f"import:{number}", "state", "done"), ("UNLINK", f"stage:{number}")])
    return Taken(*(int(told.get(k, 0)) for k in ("new", "changed", "unchanged", "held")))


def finish_open(store: Store) -> list[int]:
    """Finish what dead commands began; gives their numbers."""
    found = [int(n) for n in store.members("import:open")]
    for number in found:
        finish(store, number)
    return found


def _receiver(address: str) -> dict[str, list[str]]:
    """Who takes the letters: the domain, and its provider where that is a known one."""
    domain = address.rpartition("@")[2]
    provider = provider_of(domain)
    return {"domain": [domain], "provider": [provider]} if provider else {"domain": [domain]}
