"""Take one staged import into the book."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import msgspec

from distro.audience import consent
from distro.audience.book_writer import Writer, changes_for, off_list
from distro.audience.consent_file import ConsentFile
from distro.audience.row_changes import Row, RowChange, WrittenRows
from distro.store import Store, consents, imports, keys
from distro.store.book_scripts import Command
from distro.store.records import ids_of

Sheet = list[tuple[str, str, dict[str, list[str]], str, int]]  # the same and the line
# Address, e-mail, columns, the "no" that the file says and its words: act|words.
Staged = list[tuple[str, str, dict[str, list[str]], str]]
FROM_IMPORT = (  # the column that says which import brought somebody; hidden columns begin with _
    "_in"
)
PIECE = 300  # rows in one script call: a few milliseconds
decode_rows = msgspec.json.Decoder(Staged).decode
encode_rows = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Taken:
    """The effect of an import on the book, in numbers."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unsubscribed_kept: int = 0  # said no before; their "no" stays
    gone: int = 0  # taken off the list, for they are not in the file (`sync`)


class Intake:
    """One staged import on its way into the book."""

    def __init__(self, store: Store, number: int, consent_file: ConsentFile | None = None) -> None:
        self.store = store
        self.consent_file = consent_file
        self.number = number
        self.fields = imports.description(store, number)
        self.list_name = self.fields.get("list", "")
        self.sync = self.fields.get("sync") == "1"
        self.writer = Writer(store)
        self.taken = Taken()
        self.touched: list[int] = []
        self._no = consents.refused(store)
        # Who said no to another system, in the piece that is being written.
        self._refused: dict[str, str] = {}

    def pieces(self, done: int) -> Iterator[tuple[int, Staged]]:
        """Yield the staged pieces, from one on, with their numbers."""
        for n in range(done, imports.count_pieces(self.store, self.number)):
            packed = imports.piece(self.store, self.number, n)
            if packed is None:  # somebody else finished it
                return
            yield n, decode_rows(zlib.decompress(packed))

    def wishes(self, rows: Staged) -> list[RowChange]:
        """Return the changes that these rows ask for."""
        rows = self._without_erased(rows)
        self._refused = {address: no for address, _, _, no in rows if no}
        return [
            RowChange(address, partial(self._merged, email, columns))
            for address, email, columns, _ in rows
        ]

    def _without_erased(self, rows: Staged) -> Staged:
        """Return the rows without those who had themselves erased since the file was read."""
        if self.consent_file is None or not consents.any_kept(self.store):
            return rows
        nos = consent.said_before(self.store, self.consent_file.hashes_of, [row[0] for row in rows])
        return [row for row, said in zip(rows, nos, strict=True) if said != consent.ERASED]

    def _merged(self, email: str, columns: dict[str, list[str]], before: Row | None) -> Row | None:
        lists = [self.list_name, *(v for v in columns.get("lists", ()) if v != self.list_name)]
        if before is None:
            return {"email": email, **columns, "lists": lists, FROM_IMPORT: [str(self.number)]}
        had: list[str] = before.get("lists", [])  # type: ignore[assignment]
        left: list[str] = before.get("_left", [])  # type: ignore[assignment]
        return (
            before | columns | {"lists": had + [v for v in lists if v not in had and v not in left]}
        )

    def beside(self, written: WrittenRows) -> list[Command]:
        """Return the commands that count a piece, and for `sync` note whom it spoke of."""
        key = keys.imported(self.number)
        known = [*written.changed, *written.unchanged]
        counts = (
            ("new", len(written.new)),
            ("changed", len(written.changed)),
            ("unchanged", len(written.unchanged)),
            ("held", self._said_no(known)),
        )
        commands: list[Command] = [("HINCRBY", key, name, n) for name, n in counts if n]
        if self.sync:
            commands += [("SETBIT", f"{key}:ids", i, 1) for i in (*written.new, *known)]
        hash_of = self.consent_file.hash_of if self.consent_file else str
        facts = [
            consent.imported_no(
                self.number, written.ids[address], act, self.fields, hash_of(address), said
            )
            for address, fact in self._refused.items()
            for act, _, said in [fact.partition("|")]
        ]
        return commands + (
            self.consent_file.commands(facts) if self.consent_file else consent.taking(facts)
        )

    def count(self, written: WrittenRows) -> None:
        """Count a piece without writing, for a survey."""
        known = [*written.changed, *written.unchanged]
        self.taken.new += len(written.new)
        self.taken.changed += len(written.changed)
        self.taken.unchanged += len(written.unchanged)
        self.taken.unsubscribed_kept += self._said_no(known)
        self.touched += known

    def _said_no(self, ids: Iterable[int]) -> int:
        no = self._no
        return sum(1 for i in ids if i >> 3 < len(no) and no[i >> 3] & (128 >> (i & 7)))


def take_off(store: Store, number: int, intake: Intake) -> None:
    """Take off the list who is on it and not in the file (`sync`); asked again, only the rest."""
    name = intake.list_name
    there, here = store.raw(keys.index("lists", name)), store.raw(keys.import_ids(number))
    gone = ids_of(
        (
            int.from_bytes(there.ljust(len(here), b"\0"), "big")
            & ~int.from_bytes(here.ljust(len(there), b"\0"), "big")
        ).to_bytes(max(len(there), len(here)), "big")
    )
    for start in range(0, len(gone), PIECE):
        wishes = changes_for(store, gone[start : start + PIECE], partial(off_list, name))
        intake.writer.write(
            wishes, beside=lambda w: [("HINCRBY", keys.imported(number), "gone", len(w.changed))]
        )
