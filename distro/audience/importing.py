"""Import a spreadsheet's rows into the book.

Every row is judged before anything is written: a bad row stops the file, unless told to skip such
rows. Good rows are staged in Redis while they are judged, and then taken into the book in pieces,
each idempotent; if the command dies in between, the sweep finishes what is staged. An import never
resurrects who unsubscribed: it does not touch a "no", nor puts anybody on a list that they left
themselves, nor takes back who was erased.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from distro.audience import consent
from distro.audience.columns import Header, header_of
from distro.audience.consent import Hashes
from distro.audience.consent_file import ConsentFile
from distro.audience.intake import PIECE, Intake, Sheet, Staged, Taken, encode_rows, take_off
from distro.audience.rows import BadRow, RowReader
from distro.audience.table import Table
from distro.errors import UsageError
from distro.store import Store, consents, imports, subscriber_rows
from distro.store.records import ids_of

_STAGED = 86_400  # seconds that a staged import waits to be finished
_SAMPLES = 200  # rows in which a value for the mapping is looked for
_SAYS_NO = {
    "status": "who may be written to",
    "left": "who unsubscribed",
    "barred": "who may not be written to",
    "wants": "who wants mail",
}

Progress = Callable[[int], None]


@dataclass(slots=True)
class Judged:
    """The rows of a file, judged; `number` is that of the staged import (0: none)."""

    number: int
    read: int = 0
    good: int = 0
    twice: int = 0
    system: str = ""  # whose export it is
    bad: list[BadRow] = field(default_factory=list)
    erased: list[BadRow] = field(default_factory=list)  # who had themselves erased: never taken
    typos: dict[str, tuple[int, str]] = field(default_factory=dict)
    # What the file says of people: unsubscribed, suppressed.
    noes: dict[str, int] = field(default_factory=dict)
    # File's column, ours, a value of the first rows.
    mapping: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what was done to read the file


def list_name(text: str) -> str:
    """Return the name of a list as it is kept; raise UsageError for what cannot be one."""
    name = text.strip().lower()
    if not re.fullmatch(r"[^\W_][\w-]{0,59}", name) or name in ("and", "or", "not"):
        raise UsageError(
            f'"{text}" cannot be the name of a list',
            hint="Letters, digits and hyphens, like journalists or press-geneva.",
        )
    return name


def stage(
    store: Store,
    path: Path,
    list_name: str,
    *,
    actor: str,
    basis: str = "",
    sync: bool = False,
    hashes_of: Hashes | None = None,
    encoding: str = "",
    at_most_bad: int = 1000,
    progress: Progress = lambda _: None,
) -> Judged:
    """Judge every row of a file and stage the good ones; nothing of it is in the book yet."""
    table = Table(path, encoding)
    rows = iter(table)
    _, cells = next(rows)
    header = header_of(cells, path.name)
    judged = Judged(imports.new_number(store), system=header.system, notes=table.notes)
    judge = RowReader(header)
    judged.typos = judge.typos
    for piece in _pieces(
        _good(_sampled(rows, header, judged), judge, judged, at_most_bad), store, hashes_of, judged
    ):
        packed = zlib.compress(encode_rows(piece), 1)
        imports.add_piece(store, judged.number, packed, _STAGED)
        progress(judged.read)
    fields: dict[str, str | int] = {
        "list": list_name,
        "file": path.name,
        "actor": actor,
        "basis": basis,
        "at": store.now_ms(),
        "rows": judged.good,
        "state": "judged",
        "sync": int(sync),
    }
    imports.describe(store, judged.number, fields)
    return judged


def _sampled(
    rows: Iterator[tuple[int, list[str]]], header: Header, judged: Judged
) -> Iterator[tuple[int, list[str]]]:
    """Pass rows on, and note what each column becomes, with a value of the first rows that have
    one.
    """
    samples = [""] * len(header.columns)
    noes = dict(header.noes)
    first = list(islice(rows, _SAMPLES))
    for _, cells in first:
        for n, cell in enumerate(cells[: len(samples)]):
            samples[n] = samples[n] or " ".join(cell.split())[:40]
    for n, name in enumerate(header.names):
        ours = _SAYS_NO[noes[n]] if n in noes else header.columns[n]
        judged.mapping.append((name, ours, samples[n]))
    yield from first
    yield from rows


def _good(
    table: Iterator[tuple[int, list[str]]], judge: RowReader, judged: Judged, at_most_bad: int
) -> Iterator[tuple[str, str, dict[str, list[str]], str, int]]:
    seen: set[int] = set()
    for line, cells in table:
        judged.read += 1
        row = judge.judge(line, cells)
        if isinstance(row, BadRow):
            if len(judged.bad) < at_most_bad:
                judged.bad.append(row)
            continue
        judged.good += 1
        digest = hash(row.address)
        if digest in seen:
            judged.twice += 1
        seen.add(digest)
        if row.no:
            judged.noes[row.no] = judged.noes.get(row.no, 0) + 1
        yield row.address, row.email, row.columns, f"{row.no}|{row.no_said}" if row.no else "", line


def _pieces(
    rows: Iterable[tuple[str, str, dict[str, list[str]], str, int]],
    store: Store,
    hashes_of: Hashes | None,
    judged: Judged,
) -> Iterator[Staged]:
    """Yield rows in pieces, without those who had themselves erased."""
    watched = hashes_of if hashes_of and consents.any_kept(store) else None
    piece: Sheet = []
    for row in rows:
        piece.append(row)
        if len(piece) == PIECE:
            yield _without_erased(piece, store, watched, judged)
            piece = []
    if piece:
        yield _without_erased(piece, store, watched, judged)


def _without_erased(piece: Sheet, store: Store, hashes_of: Hashes | None, judged: Judged) -> Staged:
    """Return a piece without those who had themselves erased; who said no before and is not in the
    book says it still.
    """
    nos = (
        consent.said_before(store, hashes_of, [row[0] for row in piece])
        if hashes_of
        else [""] * len(piece)
    )
    kept: Staged = []
    for said, (address, email, columns, no, line) in zip(nos, piece, strict=True):
        if said == consent.ERASED:
            judged.good -= 1
            judged.erased.append(
                BadRow(line, email, "erased at this person's wish; may not be taken back")
            )
        else:
            kept.append((address, email, columns, said or no))
    return kept


def forget(store: Store, judged: Judged) -> None:
    """Drop what was staged: the file had bad rows, or was only looked at."""
    imports.forget(store, judged.number)


def survey(store: Store, number: int, progress: Progress = lambda _: None) -> Taken:
    """Return what taking a staged import would do; changes nothing."""
    intake = Intake(store, number)
    fresh: set[str] = set()
    for n, rows in intake.pieces(0):
        there = subscriber_rows.ids_at(store, [row[0] for row in rows])
        unknown = {row[0] for row, at in zip(rows, there, strict=True) if at is None}
        written = intake.writer.look(intake.wishes([row for row in rows if row[0] not in fresh]))
        intake.count(written)
        fresh |= unknown
        progress((n + 1) * PIECE)
    if intake.sync:
        on_list, touched = (
            ids_of(subscriber_rows.with_value(store, "lists", intake.list_name)),
            set(intake.touched),
        )
        intake.taken.gone = sum(1 for i in on_list if i not in touched)
    return intake.taken


def commit(
    store: Store,
    number: int,
    consent_file: ConsentFile | None = None,
    progress: Progress = lambda _: None,
) -> Taken:
    """Promise the import (from here the sweep would finish it), and finish it."""
    imports.begin(store, number)
    return finish(store, number, consent_file, progress)


def finish(
    store: Store,
    number: int,
    consent_file: ConsentFile | None = None,
    progress: Progress = lambda _: None,
) -> Taken:
    """Take what is staged into the book, from where it stopped; safe to run twice, also at the same
    time.

    `consent_file`: who was erased since is not taken, and a "no" of another system goes to the file
    before it goes to Redis.
    """
    intake = Intake(store, number, consent_file)
    for n, rows in intake.pieces(int(intake.fields.get("done", 0))):
        intake.writer.write(
            partial(intake.wishes, rows), piece=(number, n + 1), beside=intake.beside
        )
        progress((n + 1) * PIECE)
    if intake.sync:
        take_off(store, number, intake)
    fields = imports.description(store, number)
    imports.end(store, number)
    return Taken(*(int(fields.get(k, 0)) for k in ("new", "changed", "unchanged", "held", "gone")))


def finish_open(store: Store, consent_file: ConsentFile | None = None) -> list[int]:
    """Finish what dead commands began; gives their numbers."""
    found = imports.open_imports(store)
    for number in found:
        finish(store, number, consent_file)
    return found
