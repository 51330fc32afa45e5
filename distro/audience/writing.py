"""The one writer of the book: rows, addresses and index change together, or not at all.

A writer reads, thinks in Python, and hands Redis a list of commands that run only if nobody wrote meanwhile
(`book_v1`); else it reads again. So an import, an edit, a reader's own choice and an erasure are one mechanism.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from distro.audience import index
from distro.audience.index import ALWAYS_SCANNED, BITMAP, IDS, SCAN, Keys
from distro.errors import DistroError
from distro.store import Store
from distro.store.records import ids_of, pack_ids, unpack_ids
from distro.store.scripts import book as scripts
from distro.store.scripts.book import Command

Row = dict[str, object]                 # {"email": "…", column: [value, …]}
_WORDS = 5000                           # of one command: Lua's stack ends at 8,000
_FEW_BITS = 4                           # so many new ids of a value stand as single bits, more as whole bytes
_ATTEMPTS = 50

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Row).decode


@dataclass(frozen=True, slots=True)
class Wish:
    """What one address should become: `change` gives the new row from the old one (None: nobody yet, or nobody any more)."""

    address: str
    change: Callable[[Row | None], Row | None]
    former: str = ""                    # the address under which the person is known, where it is another


@dataclass(slots=True)
class Written:
    """What a piece did: ids by what became of them, and by address."""

    ids: dict[str, int] = field(default_factory=dict)
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)


class Writer:
    """Writes pieces of at most some thousand wishes; remembers columns and their values while nobody else writes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._version = -1
        self._kinds: dict[str, str] = {}
        self._values: dict[str, set[str]] = {}
        self._keys = Keys({})

    def write(self, wishes: Sequence[Wish], *, piece: tuple[int, int] | None = None, beside: Callable[[Written], Iterable[Command]] = lambda _: ()) -> Written | None:
        """Make these wishes true, and `beside` with them; None: this piece of an import was done before."""
        for _ in range(_ATTEMPTS):
            made = self._read(wishes)
            while self._widened(made.values()):
                made = self._read(wishes)
            commands = made.commands(self._keys, self._kinds, self._values, self.store)
            what, version = self.store.call(scripts.write(self._version, [*commands, *beside(made.written)], piece))
            if what == scripts.DONE:
                self._version = version
                return made.written
            self._version = -1
            if what == scripts.KNOWN:
                return None
        raise DistroError("the book is being changed by somebody else all the time", hint="Try again when the other import is through.")

    def look(self, wishes: Sequence[Wish]) -> Written:
        """What `write` would do; changes nothing."""
        return self._read(wishes).written

    # -- reading

    def _read(self, wishes: Sequence[Wish]) -> "_Piece":
        """The rows of these wishes as they are, and as they should be."""
        version, seq = self.store.pipeline([("GET", "book:version"), ("GET", "book:seq")])
        if int(version or 0) != self._version:
            self._load(int(version or 0))
        names = list(dict.fromkeys(a for w in wishes for a in (w.address, w.former) if a))
        ids = self.store.command("HMGET", "book:address", *names) if names else []
        known = {name: int(i) for name, i in zip(names, ids, strict=True) if i}
        there = list(dict.fromkeys(known.values()))
        raws = self.store.command("MGET", *(f"sub:{i}" for i in there)) if there else []
        rows = {i: _decode(raw) for i, raw in zip(there, raws, strict=True) if raw}
        piece = _Piece(int(seq or 0) + 1, known)
        for wish in wishes:
            piece.take(wish, rows)
        return piece

    def _load(self, version: int) -> None:
        self._version = version
        self._kinds = dict.fromkeys(ALWAYS_SCANNED, SCAN) | self.store.hash("book:columns")
        self._values = {c: set(self.store.members(f"val:{c}")) for c, kind in self._kinds.items() if kind != SCAN}
        self._keys = Keys(self._kinds)

    # -- columns that outgrow their kind

    def _widened(self, fresh: Mapping[str, set[str]]) -> bool:
        """Keep columns another way where these values are too many or too long for it; True: something changed."""
        changed = False
        for column, values in fresh.items():
            now = self._kinds.get(column, BITMAP)
            known = self._values.get(column, set())
            wanted = index.kind_for(column, now, len(known | values), max(map(len, values), default=0))
            if wanted != now:
                self._rebuild(column, now, wanted, known)
                changed = True
        return changed

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
        self.store.call(scripts.write(self._version, commands))   # if somebody else wrote meanwhile it is done again
        self._load(int(self.store.text("book:version") or 0))


class _Piece:
    """The rows of one piece before and after."""

    def __init__(self, next_id: int, known: dict[str, int]) -> None:
        self.first = self.next = next_id
        self.written = Written(known)
        self._before: dict[int, Row | None] = {}
        self._after: dict[int, Row | None] = {}
        self._addresses: dict[str, int] = {}
        self._gone: list[str] = []
        self._values: dict[str, set[str]] | None = None

    def take(self, wish: Wish, rows: dict[int, Row]) -> None:
        """Let a wish become a change of its row; `rows` are those that are known."""
        known = self.written.ids
        at = known.get(wish.former or wish.address)
        before = rows.get(at) if at is not None else None
        after = wish.change(before)
        if after == before or (after is None and before is None):
            if at is not None:
                self.written.unchanged.append(at)
            return
        fresh = at is None
        if at is None:
            at, self.next = self.next, self.next + 1
        (self.written.new if before is None else self.written.changed).append(at)
        self._before.setdefault(at, before)
        self._after[at] = after
        if after is None:
            self._gone += [wish.address, *(before or {}).get("_former", [])]  # type: ignore[misc]
            rows.pop(at, None)
            return
        rows[at] = after
        if fresh or wish.former:
            known[wish.address] = self._addresses[wish.address] = at

    def values(self) -> dict[str, set[str]]:
        """Every value that a row has now, by column, in lower case."""
        if self._values is None:
            told: dict[str, set[str]] = {}
            for row in self._after.values():
                for column, values in (row or {}).items():
                    found = told.get(column)
                    if found is None:
                        found = told[column] = set()
                    found.update(values)  # type: ignore[arg-type]
            self._values = {c: set(map(index.lower, found)) for c, found in told.items() if c[0] != "_" and c not in ALWAYS_SCANNED}
        return self._values

    def commands(self, keys: Keys, kinds: dict[str, str], values: dict[str, set[str]], store: Store) -> list[Command]:
        """What Redis has to do; `kinds` and `values` learn what is new."""
        commands: list[Command] = []
        for column, found in self.values().items():
            if column not in kinds:
                kinds[column] = BITMAP
                commands.append(("HSET", "book:columns", column, BITMAP))
            unknown = found - values.setdefault(column, set()) if kinds[column] != SCAN else set()
            values.get(column, set()).update(unknown)
            commands += _split(("SADD", f"val:{column}"), sorted(unknown))
        pairs = [word for number, row in self._after.items() if row is not None for word in (f"sub:{number}", encode(row))]
        commands += _split(("MSET",), pairs)
        commands += _split(("HSET", "book:address"), [word for pair in self._addresses.items() for word in pair])
        commands += _split(("HDEL", "book:address"), self._gone)
        commands += [("UNLINK", f"sub:{number}") for number, row in self._after.items() if row is None]
        if self.next > self.first:
            commands.append(("SET", "book:seq", self.next - 1))
        return commands + self._index(keys, store)

    def _index(self, keys: Keys, store: Store) -> list[Command]:
        add: dict[str, list[int]] = {}
        drop: dict[str, list[int]] = {}
        for number, after in self._after.items():
            before = self._before[number]
            new = _stands(keys, after)
            if before is not None:
                old = _stands(keys, before)
                for key in set(old) - set(new):
                    drop.setdefault(key, []).append(number)
                new = [key for key in new if key not in set(old)]
            for key in new:
                found = add.get(key)
                if found is None:
                    add[key] = [number]
                else:
                    found.append(number)
        commands: list[Command] = []
        for key, ids in add.items():
            commands += [("APPEND", key, pack_ids(ids))] if key.startswith("ids:") else self._bits(key, ids)
        for key, ids in drop.items():
            if key.startswith("ids:"):
                rest = [i for i in unpack_ids(store.raw(key)) if i not in set(ids)]
                commands.append(("SET", key, pack_ids(rest + add.get(key, []))) if rest or key in add else ("UNLINK", key))
            else:
                commands += [("SETBIT", key, i, 0) for i in ids]
        return commands

    def _bits(self, key: str, ids: list[int]) -> list[Command]:
        """Bits set one by one, or, for many new ids, as bytes: behind the last id of before nothing stands yet."""
        edge = -(-self.first // 8) * 8      # the first byte that is all new
        fresh = [i for i in ids if i >= edge]
        if len(fresh) < _FEW_BITS:
            return [("SETBIT", key, i, 1) for i in ids]
        low, high = min(fresh) >> 3, max(fresh) >> 3
        raw = bytearray(high - low + 1)
        for i in fresh:
            raw[(i >> 3) - low] |= 128 >> (i & 7)
        return [*(("SETBIT", key, i, 1) for i in ids if i < edge), ("SETRANGE", key, low, bytes(raw))]


def _stands(keys: Keys, row: Row | None) -> list[str]:
    """All keys in which a row stands."""
    if row is None:
        return []
    found = ["idx:all"]
    for column, values in row.items():
        if column != "email" and column[0] != "_":
            found += keys.of(column, values)  # type: ignore[arg-type]
    return found


def _split(head: Command, words: Sequence[str | bytes | int]) -> list[Command]:
    """One command for many words, or several for too many."""
    return [(*head, *words[n:n + _WORDS - _WORDS % 2]) for n in range(0, len(words), _WORDS - _WORDS % 2)]
