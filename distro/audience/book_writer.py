"""Write the book: rows, addresses and index change together, or not at all.

A writer reads, thinks in Python, and hands Redis a list of commands that run only if nobody wrote
meanwhile (`book`); else it reads again. So an import, an edit, a reader's own choice and an erasure
are one mechanism.
"""

from collections.abc import Callable, Iterable, Sequence

from distro.audience import value_index
from distro.audience.row_changes import Piece, Row, RowChange, WrittenRows, decode, split_command
from distro.audience.value_index import ALWAYS_SCANNED, BITMAP, IDS, SCAN, IndexKeys
from distro.errors import DistroError
from distro.model import address_key, former_address_key
from distro.store import Store, keys, subscriber_rows
from distro.store import book_scripts as scripts
from distro.store.book_scripts import Command
from distro.store.records import ids_of, pack_ids

_FEW_VALUES = 50  # so many are asked for one by one
_ATTEMPTS = 50


class Writer:
    """Writes pieces of at most some thousand wishes; remembers columns and their values while
    nobody else writes.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._version = -1
        self._kinds: dict[str, str] = {}
        self._values: dict[str, set[str]] = {}
        self._keys = IndexKeys({})

    def write(
        self,
        wishes: Sequence[RowChange] | Callable[[], Sequence[RowChange]],
        *,
        piece: tuple[int, int] | None = None,
        beside: Callable[[WrittenRows], Iterable[Command]] = lambda _: (),
    ) -> WrittenRows | None:
        """Make these wishes true (a function of them is asked again at each attempt), and `beside`
        with them; None: this piece of an import was done before.
        """
        for _ in range(_ATTEMPTS):
            now = wishes() if callable(wishes) else wishes
            made = self._read(now)
            made.stand(self._keys)
            while self._widened():
                made = self._read(now)
                made.stand(self._keys)
            commands = [*self._columns(), *made.commands(self.store, self._version + 1)]
            what, version = self.store.call(
                scripts.write(self._version, [*commands, *beside(made.written)], piece)
            )
            if what == scripts.DONE:
                self._version = version
                return made.written
            self._version = -1
            if what == scripts.KNOWN:
                return None
        raise DistroError(
            "the book is being changed by somebody else all the time",
            hint="Try again when the other import is through.",
        )

    def look(self, wishes: Sequence[RowChange]) -> WrittenRows:
        """Return what `write` would do; changes nothing."""
        return self._read(wishes).written

    # -- reading

    def _read(self, wishes: Sequence[RowChange]) -> "Piece":
        """Return the rows of these wishes as they are, and as they should be."""
        version, last = subscriber_rows.version_and_last_id(self.store)
        if version != self._version:
            self._load(version)
        names = list(dict.fromkeys(a for w in wishes for a in (w.address, w.former) if a))
        olds = [former_address_key(name) for name in names if not name.isascii()]
        asked = [*names, *olds]
        ids = subscriber_rows.ids_at(self.store, asked)
        known = {name: i for name, i in zip(asked, ids, strict=True) if i}
        there = list(dict.fromkeys(known.values()))
        raws = subscriber_rows.rows(self.store, there)
        rows = {i: decode(raw) for i, raw in zip(there, raws, strict=True) if raw}
        piece = Piece(last + 1, {})
        piece.know(names, known, rows)
        for wish in wishes:
            piece.take(wish, rows)
        return piece.whole()

    def _load(self, version: int) -> None:
        self._version = version
        self._kinds = dict.fromkeys(ALWAYS_SCANNED, SCAN) | subscriber_rows.column_kinds(self.store)
        self._values = {}
        self._keys = IndexKeys(self._kinds)

    # -- columns that outgrow their kind

    def _widened(self) -> bool:
        """Keep columns another way where the values that were just seen are too many or too long
        for it; True: something changed.
        """
        changed = False
        for column, fresh in self._keys.seen.items():
            now = self._kinds.get(column, BITMAP)
            unknown = self._unknown(column, fresh)
            wanted = (
                value_index.kind_for(
                    column,
                    now,
                    self._size(column) + len(unknown),
                    max(map(len, unknown), default=0),
                )
                if unknown
                else now
            )
            if wanted != now:
                self._rebuild(column, now, wanted, set(subscriber_rows.values(self.store, column)))
                changed = True
        return changed

    def _unknown(self, column: str, fresh: set[str]) -> set[str]:
        """Return values that the column did not have; a few are asked for, for many it is read
        whole and remembered.
        """
        if column not in self._values and len(fresh) > _FEW_VALUES:
            self._values[column] = set(subscriber_rows.values(self.store, column))
        if column in self._values:
            return fresh - self._values[column]
        return subscriber_rows.new_values(self.store, column, sorted(fresh))

    def _size(self, column: str) -> int:
        if column in self._values:
            return len(self._values[column])
        return subscriber_rows.count_values(self.store, column)

    def _columns(self) -> list[Command]:
        """Return columns and values that nobody had before."""
        commands: list[Command] = []
        for column, fresh in self._keys.seen.items():
            if column not in self._kinds:
                self._kinds[column] = BITMAP
                commands.append(("HSET", keys.COLUMNS, column, BITMAP))
            unknown = self._unknown(column, fresh)
            commands += split_command(("SADD", keys.values(column)), sorted(unknown))
            if column in self._values:
                self._values[column] |= unknown
        self._keys.seen.clear()
        return commands

    def _rebuild(self, column: str, now: str, wanted: str, values: set[str]) -> None:
        commands: list[Command] = [("HSET", keys.COLUMNS, column, wanted)]
        for value in sorted(values):
            if now == BITMAP and wanted == IDS:
                ids = ids_of(self.store.raw(keys.index(column, value)))
                if ids:
                    commands.append(("SET", keys.id_list(column, value), pack_ids(ids)))
            commands.append(("UNLINK", f"{'idx' if now == BITMAP else 'ids'}:{column}:{value}"))
        if wanted == SCAN:
            commands.append(("UNLINK", keys.values(column)))
        # If somebody else wrote meanwhile it is done again.
        self.store.call(scripts.write(self._version, commands))
        self._load(int(self.store.text(keys.BOOK_VERSION) or 0))


def changes_for(
    store: Store, ids: Sequence[int], change: Callable[[Row | None], Row | None]
) -> list[RowChange]:
    """Return the same change for everybody with these ids who is in the book."""
    raws = subscriber_rows.rows(store, ids)
    return [RowChange(address_key(str(decode(raw)["email"])), change) for raw in raws if raw]


def off_list(name: str, row: Row | None) -> Row | None:
    """Return the row without this list."""
    if row is None:
        return None
    rest = [v for v in row.get("lists", []) if v != name]  # type: ignore[attr-defined]
    return row | {"lists": rest} if rest else {k: v for k, v in row.items() if k != "lists"}
