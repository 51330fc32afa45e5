"""The one writer of the book: rows, addresses and index change together, or not at all.

A writer reads, thinks in Python, and hands Redis a list of commands that run only if nobody wrote
meanwhile
(`book`); else it reads again. So an import, an edit, a reader's own choice and an erasure are
one mechanism.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec

from distro.audience import value_index
from distro.audience.value_index import ALWAYS_SCANNED, BITMAP, IDS, SCAN, Cell, IndexKeys
from distro.errors import DistroError
from distro.model import address_key, former_address_key
from distro.store import Store, subscriber_rows
from distro.store import book_scripts as scripts
from distro.store.book_scripts import Command
from distro.store.records import ids_of, pack_ids, unpack_ids

Row = dict[str, object]  # {"email": "…", column: [value, …]}
_WORDS = 5000  # of one command: Lua's stack ends at 8,000
_FEW_VALUES = 50  # so many are asked for one by one
_FEW_BITS = 4  # so many new ids of a value stand as single bits, more as whole bytes
_ATTEMPTS = 50

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Row).decode


@dataclass(frozen=True, slots=True)
class RowChange:
    """What one address should become: `change` gives the new row from the old one (None: nobody
    yet, or nobody any more).
    """

    address: str
    change: Callable[[Row | None], Row | None]
    former: str = ""  # the address under which the person is known, where it is another


@dataclass(slots=True)
class WrittenRows:
    """What a piece did: ids by what became of them, and by address."""

    ids: dict[str, int] = field(default_factory=dict)
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)


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
            commands = [*self._columns(), *made.commands(self.store)]
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
        """What `write` would do; changes nothing."""
        return self._read(wishes).written

    # -- reading

    def _read(self, wishes: Sequence[RowChange]) -> "_Piece":
        """The rows of these wishes as they are, and as they should be."""
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
        rows = {i: _decode(raw) for i, raw in zip(there, raws, strict=True) if raw}
        piece = _Piece(last + 1, {})
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
        """Values that the column did not have; a few are asked for, for many it is read whole and
        remembered.
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
        """Columns and values that nobody had before."""
        commands: list[Command] = []
        for column, fresh in self._keys.seen.items():
            if column not in self._kinds:
                self._kinds[column] = BITMAP
                commands.append(("HSET", "book:columns", column, BITMAP))
            unknown = self._unknown(column, fresh)
            commands += _split(("SADD", f"val:{column}"), sorted(unknown))
            if column in self._values:
                self._values[column] |= unknown
        self._keys.seen.clear()
        return commands

    def _rebuild(self, column: str, now: str, wanted: str, values: set[str]) -> None:
        commands: list[Command] = [("HSET", "book:columns", column, wanted)]
        for value in sorted(values):
            if now == BITMAP and wanted == IDS:
                ids = ids_of(self.store.raw(f"idx:{column}:{value}"))
                if ids:
                    commands.append(("SET", f"ids:{column}:{value}", pack_ids(ids)))
            commands.append(("UNLINK", f"{'idx' if now == BITMAP else 'ids'}:{column}:{value}"))
        if wanted == SCAN:
            commands.append(("UNLINK", f"val:{column}"))
        self.store.call(
            scripts.write(self._version, commands)
        )  # if somebody else wrote meanwhile it is done again
        self._load(int(self.store.text("book:version") or 0))


class _Piece:
    """The rows of one piece before and after."""

    def __init__(self, next_id: int, known: dict[str, int]) -> None:
        self.first = self.next = next_id
        self.written = WrittenRows(known)
        self._before: dict[int, Row | None] = {}
        self._after: dict[int, Row | None] = {}
        self._addresses: dict[str, int] = {}
        self._gone: list[str] = []
        self._add: dict[str, list[int]] = {}
        self._drop: dict[str, list[int]] = {}

    def know(self, names: Iterable[str], known: Mapping[str, int], rows: Mapping[int, Row]) -> None:
        """Note whose addresses these are.

        Earlier versions wrote an address down under a key that two people may share (straße@,
        strasse@): it is theirs
        whose row says so, and is written down under its own key from now on.
        """
        for name in names:
            at = known.get(name)
            if at is not None and not _is_of(name, rows.get(at)):
                owner = address_key(str(rows[at].get("email", "")))
                self._addresses.setdefault(owner, at)
                at = None
            if at is None and not name.isascii():
                old = former_address_key(name)
                at = known.get(old)
                if at is not None and _is_of(name, rows.get(at)):
                    self._addresses[name] = at
                    self._gone += [old] if old not in self._addresses else []
                else:
                    at = None
            if at is not None:
                self.written.ids[name] = at

    def take(self, wish: RowChange, rows: dict[int, Row]) -> None:
        """Let a wish become a change of its row; `rows` are those that are known."""
        known = self.written.ids
        at = known.get(wish.former or wish.address)
        before = rows.get(at) if at is not None else None
        after = wish.change(before)
        if at is not None and at not in self._before:
            self._before[at] = before
        if after == before:
            return
        fresh = at is None
        if at is None:
            at, self.next = self.next, self.next + 1
        self._before.setdefault(at, before)
        self._after[at] = after
        if after is None:
            gone: list[str] = [wish.address, *(before or {}).get("_former", [])]  # type: ignore[misc]
            for name in gone:
                self._addresses.pop(name, None)
            self._gone += gone
            rows.pop(at, None)
            return
        rows[at] = after
        if fresh or wish.former:
            known[wish.address] = self._addresses[wish.address] = at

    def whole(self) -> Self:
        """All wishes are taken: who is new, changed, or as they were; an address that stands there
        twice counts once.
        """
        for at, before in self._before.items():
            after = self._after.get(at, before)
            if after == before:
                self._after.pop(at, None)
            (
                self.written.unchanged
                if after == before
                else self.written.new
                if before is None
                else self.written.changed
            ).append(at)
        return self

    def stand(self, keys: IndexKeys) -> None:
        """Find where the rows stand now and stood before."""
        cells: dict[Cell, list[int]] = {}
        self._add, self._drop = (
            {"idx:all": [n for n, row in self._after.items() if row and self._before[n] is None]},
            {},
        )
        for number, after in self._after.items():
            if self._before[number] is None:
                for cell in keys.row(after):
                    found = cells.get(cell)
                    if found is None:
                        cells[cell] = [number]
                    else:
                        found.append(number)
            else:
                self._differ(keys, number, after)
        for cell, ids in cells.items():
            for key in cell.keys:
                self._add.setdefault(key, []).extend(ids)
        for ids in self._add.values():
            ids.sort()

    def _differ(self, keys: IndexKeys, number: int, after: Row | None) -> None:
        old, new = (
            {key for cell in keys.row(row) for key in cell.keys}
            for row in (self._before[number], after)
        )
        if after is None:
            old.add("idx:all")
        for here, there in ((old - new, self._drop), (new - old, self._add)):
            for key in here:
                there.setdefault(key, []).append(number)

    def commands(self, store: Store) -> list[Command]:
        """What Redis has to do."""
        commands: list[Command] = []
        pairs = [
            word
            for number, row in self._after.items()
            if row is not None
            for word in (f"sub:{number}", encode(row))
        ]
        commands += _split(("MSET",), pairs)
        commands += _split(
            ("HSET", "book:address"), [word for pair in self._addresses.items() for word in pair]
        )
        commands += _split(
            ("HDEL", "book:address"), [name for name in self._gone if name not in self._addresses]
        )
        commands += [
            ("UNLINK", f"sub:{number}") for number, row in self._after.items() if row is None
        ]
        if self.next > self.first:
            commands.append(("SET", "book:seq", self.next - 1))
        return commands + self._index(store)

    def _index(self, store: Store) -> list[Command]:
        """Many of a kind are one command of the script: APPEND*, SETBIT* and SETRANGE* take what
        follows as often as it is there.
        """
        appends: list[str | bytes | int] = []
        bits: list[str | bytes | int] = []
        stretches: list[str | bytes | int] = []
        sets: list[Command] = []
        for key, ids in self._add.items():
            if key.startswith("ids:"):
                appends += (key, pack_ids(ids))
            else:
                self._bits(key, ids, bits, stretches)
        for key, ids in self._drop.items():
            if key.startswith("ids:"):
                gone = set(ids)
                rest = [i for i in unpack_ids(store.raw(key)) if i not in gone]
                sets.append(
                    ("SET", key, pack_ids(rest + self._add.get(key, [])))
                    if rest or key in self._add
                    else ("UNLINK", key)
                )
            else:
                bits += [word for i in ids for word in (key, i, 0)]
        many = (("APPEND*", appends), ("SETBIT*", bits), ("SETRANGE*", stretches))
        return [*((verb, *args) for verb, args in many if args), *sets]

    def _bits(
        self,
        key: str,
        ids: list[int],
        bits: list[str | bytes | int],
        stretches: list[str | bytes | int],
    ) -> None:
        """Bits set one by one, or, for many new ids, as bytes: behind the last id of before nothing
        stands yet.
        """
        edge = -(-self.first // 8) * 8  # the first byte that is all new
        fresh = [i for i in ids if i >= edge]
        if len(fresh) < _FEW_BITS:
            bits += [word for i in ids for word in (key, i, 1)]
            return
        low, high = fresh[0] >> 3, fresh[-1] >> 3
        raw = bytearray(high - low + 1)
        for i in fresh:
            raw[(i >> 3) - low] |= 128 >> (i & 7)
        bits += [word for i in ids if i < edge for word in (key, i, 1)]
        stretches += (key, low, bytes(raw))


def changes_for(
    store: Store, ids: Sequence[int], change: Callable[[Row | None], Row | None]
) -> list[RowChange]:
    """The same change for everybody with these ids who is in the book."""
    raws = subscriber_rows.rows(store, ids)
    return [RowChange(address_key(str(_decode(raw)["email"])), change) for raw in raws if raw]


def _is_of(name: str, row: Row | None) -> bool:
    """Return whether a row is the one of this address; one that is gone may have been."""
    if row is None:
        return True
    if name.isascii() and str(row.get("email", "")).isascii():
        return True  # both keys fold such an address alike
    return name == address_key(str(row.get("email", ""))) or name in row.get("_former", ())  # type: ignore[operator]


def off_list(name: str, row: Row | None) -> Row | None:
    """The row without this list."""
    if row is None:
        return None
    rest = [v for v in row.get("lists", []) if v != name]  # type: ignore[attr-defined]
    return row | {"lists": rest} if rest else {k: v for k, v in row.items() if k != "lists"}


def _split(head: Command, args: Sequence[str | bytes | int]) -> list[Command]:
    """One command for many words, or several for too many."""
    return [
        (*head, *args[n : n + _WORDS - _WORDS % 2])
        for n in range(0, len(args), _WORDS - _WORDS % 2)
    ]
