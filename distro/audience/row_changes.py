"""Work out what changes of rows make of the book, its addresses and its index."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec

from distro.audience.value_index import Cell, IndexKeys
from distro.model import address_key, former_address_key
from distro.store import Store, keys, subscriber_rows
from distro.store.book_scripts import Command
from distro.store.records import pack_ids, unpack_ids

Row = dict[str, object]  # {"email": "…", column: [value, …]}


_WORDS = 5000  # of one command: Lua's stack ends at 8,000


_FEW_BITS = 4  # so many new ids of a value stand as single bits, more as whole bytes


encode = msgspec.json.Encoder().encode


decode = msgspec.json.Decoder(Row).decode


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change of the row at one address.

    `change` returns the new row from the old one (None: nobody yet, or nobody any more).
    """

    address: str
    change: Callable[[Row | None], Row | None]
    former: str = ""  # the address under which the person is known, where it is another


@dataclass(slots=True)
class WrittenRows:
    """The ids of a piece's rows, by address and by what became of them."""

    ids: dict[str, int] = field(default_factory=dict)
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)


class Piece:
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
        strasse@): it is theirs whose row says so, and is written down under its own key from now
        on.
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
            former: list[str] = (before or {}).get("_former", [])  # type: ignore[assignment]
            gone = [wish.address, *former]
            for name in gone:
                self._addresses.pop(name, None)
            self._gone += gone
            rows.pop(at, None)
            return
        rows[at] = after
        if fresh or wish.former:
            known[wish.address] = self._addresses[wish.address] = at

    def whole(self) -> Self:
        """Sort the rows into new, changed and unchanged; an address that comes twice counts
        once.
        """
        for at, before in self._before.items():
            after = self._after.get(at, before)
            if after == before:
                self._after.pop(at, None)
                self.written.unchanged.append(at)
            elif before is None:
                self.written.new.append(at)
            else:
                self.written.changed.append(at)
        return self

    def stand(self, index: IndexKeys) -> None:
        """Find where the rows stand now and stood before."""
        cells: dict[Cell, list[int]] = {}
        new = [n for n, row in self._after.items() if row and self._before[n] is None]
        self._add, self._drop = {keys.EVERYONE: new}, {}
        for number, after in self._after.items():
            if self._before[number] is None:
                for cell in index.row(after):
                    found = cells.get(cell)
                    if found is None:
                        cells[cell] = [number]
                    else:
                        found.append(number)
            else:
                self._differ(index, number, after)
        for cell, ids in cells.items():
            for key in cell.keys:
                self._add.setdefault(key, []).extend(ids)
        for ids in self._add.values():
            ids.sort()

    def _differ(self, index: IndexKeys, number: int, after: Row | None) -> None:
        old, new = (
            {key for cell in index.row(row) for key in cell.keys}
            for row in (self._before[number], after)
        )
        if after is None:
            old.add(keys.EVERYONE)
        for here, there in ((old - new, self._drop), (new - old, self._add)):
            for key in here:
                there.setdefault(key, []).append(number)

    def commands(self, store: Store, version: int) -> list[Command]:
        """Return what Redis has to do to make this version of the book."""
        commands: list[Command] = split_command(
            ("HSET", keys.BOOK_PIECES),
            [word for n in subscriber_rows.pieces_of(self._after) for word in (n, version)],
        )
        pairs = [
            word
            for number, row in self._after.items()
            if row is not None
            for word in (keys.subscriber(number), encode(row))
        ]
        commands += split_command(("MSET",), pairs)
        commands += split_command(
            ("HSET", keys.ADDRESSES), [word for pair in self._addresses.items() for word in pair]
        )
        commands += split_command(
            ("HDEL", keys.ADDRESSES), [name for name in self._gone if name not in self._addresses]
        )
        commands += [
            ("UNLINK", keys.subscriber(number))
            for number, row in self._after.items()
            if row is None
        ]
        if self.next > self.first:
            commands.append(("SET", keys.LAST_SUBSCRIBER, self.next - 1))
        return commands + self._index(store)

    def _index(self, store: Store) -> list[Command]:
        """Return the index's commands.

        Many of a kind are one command of the script: APPEND*, SETBIT* and SETRANGE* take what
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
        """Set bits one by one, or, for many new ids, as whole bytes.

        Behind the last id of before nothing stands yet.
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


def _is_of(name: str, row: Row | None) -> bool:
    """Return whether a row is the one of this address; one that is gone may have been."""
    if row is None:
        return True
    if name.isascii() and str(row.get("email", "")).isascii():
        return True  # both keys fold such an address alike
    former: list[str] = row.get("_former", [])  # type: ignore[assignment]
    return name == address_key(str(row.get("email", ""))) or name in former


def split_command(head: Command, args: Sequence[str | bytes | int]) -> list[Command]:
    """Return one command for many words, or several for too many."""
    return [
        (*head, *args[n : n + _WORDS - _WORDS % 2])
        for n in range(0, len(args), _WORDS - _WORDS % 2)
    ]
