"""Resolve named segments, and turn expressions into programs over the book's index.

A program is what `select` and `count` run: bitmaps joined by BITOPs, and bit planes compared by
them. What has no bitmap is made one: from packed ids (columns of many values), or by reading the
rows in pieces (names, addresses).
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from distro.audience.book import by_address, values_of
from distro.audience.columns import COLUMNS
from distro.audience.expression import And, Node, Not, Or, Term, parse
from distro.audience.value_index import ALWAYS_SCANNED, IDS, SCAN, bits_of, quantity
from distro.errors import ExpressionError, SettingsError, UsageError
from distro.lib.files import read_toml
from distro.model import ascii_lower as lower
from distro.store import Store, keys, subscriber_rows
from distro.store import audience_scripts as scripts
from distro.store.audience_scripts import Program
from distro.store.records import bitmap_of, unpack_ids

_NAMES, _DEEP = 500, 50  # named segments in one expression, and how deep in one another
_SCAN_PIECE = 5000  # rows read at once
_SCAN_LIFETIME = 300  # seconds that a bitmap made for a question may be used


def table_of(folder: Path, name: str) -> tuple[Path, dict[str, Any]]:
    """Return where segments.toml is, and one of its tables; empty without the file. Raises
    SettingsError.
    """
    where = folder / "segments.toml"
    try:
        found = read_toml(where).get(name, {})
    except FileNotFoundError:
        return where, {}
    except (ValueError, OSError) as error:
        raise SettingsError(f"{where}: {error}") from None
    if not isinstance(found, dict):
        raise SettingsError(
            f"{where}: {name} must be a table", hint=f"Write [{name}] on a line of its own."
        )
    return where, found


def load_named(folder: Path) -> dict[str, str]:
    """Return the named segments of segments.toml; none without the file. Raises SettingsError."""
    where, table = table_of(folder, "segments")
    if not all(isinstance(v, str) for v in table.values()):
        raise SettingsError(f'{where}: every segment must be name = "expression"')
    return {name.lower(): text for name, text in table.items()}


class Segments:
    """The lists and columns of the book and the named segments that expressions may speak of."""

    def __init__(self, store: Store, named: Mapping[str, str]) -> None:
        self.store = store
        self.named = named
        self.columns = dict.fromkeys(ALWAYS_SCANNED, SCAN) | store.hash(keys.COLUMNS)
        self._every_list = set(store.members(keys.values("lists")))
        mine = store.scope.lists
        self.lists = self._every_list & set(mine) if mine else self._every_list
        self._used = 0

    def expand(self, expression: str) -> Node:
        """Parse, and put the meaning in the place of every named segment; checks all names.

        Whoever may see some lists only means people of these.
        """
        self._used = 0
        meant = self._expand(parse(expression), expression, ())
        mine = tuple(
            Term("lists", name, prefix=False, column=0, width=1) for name in self.store.scope.lists
        )
        if not mine:
            return meant
        return And((meant, Or(mine) if len(mine) > 1 else mine[0]))

    def _expand(self, node: Node, text: str, within: tuple[str, ...]) -> Node:
        if isinstance(node, Not):
            return Not(self._expand(node.inner, text, within))
        if isinstance(node, And | Or):
            return type(node)(tuple(self._expand(p, text, within) for p in node.parts))
        if node.field:
            self._check_column(node, text)
            return node
        return self._name(node, text, within)

    def _check_column(self, term: Term, text: str) -> None:
        if term.field in self.columns:
            return
        near = difflib.get_close_matches(term.field, self.columns, 1, 0.7)
        hint = f"Did you mean {near[0]}:{term.value}? " if near else ""
        raise ExpressionError(
            f'no subscriber has a column "{term.field}"',
            expression=text,
            column=term.column,
            width=len(term.field),
            hint=f"{hint}Columns here: {', '.join(sorted(self.columns)) or 'none yet'}.",
        )

    def _name(self, term: Term, text: str, within: tuple[str, ...]) -> Node:
        name = term.value.lower()
        # A segment may be made of lists that whoever uses it does not see.
        lists = self._every_list if within else self.lists
        if name in lists and name in self.named:
            raise ExpressionError(
                f'"{name}" is a list and a named segment',
                expression=text,
                column=term.column,
                width=term.width,
                hint="Rename the segment in segments.toml, or write lists:" + name + ".",
            )
        if name in lists:
            return Term("lists", name, prefix=False, column=term.column, width=term.width)
        if name in self.named:
            self._used += 1
            if self._used > _NAMES or len(within) > _DEEP:
                raise ExpressionError(
                    f'"{name}" is made of too many other segments (at most {_NAMES}, {_DEEP} deep)',
                    expression=text,
                    column=term.column,
                    width=term.width,
                )
            if name in within:
                raise ExpressionError(
                    f"this segment uses itself: {' → '.join((*within, name))}",
                    expression=text,
                    column=term.column,
                    width=term.width,
                )
            return self._expand(parse(self.named[name]), self.named[name], (*within, name))
        near = difflib.get_close_matches(name, [*self.lists, *self.named], 1)
        raise ExpressionError(
            f'there is no list or segment "{term.value}"',
            expression=text,
            column=term.column,
            width=term.width,
            code="unknown_term",
            near=near[0] if near else "",
            people=self._size(near[0]) if near else "",
            any_lists=bool(self.lists or self.named),
        )

    def _size(self, name: str) -> str:
        try:
            return f"{self.store.call(scripts.count(self.program(self.expand(name)))):,}"
        except ExpressionError:
            return "?"

    def program(self, node: Node) -> Program:
        """Return the postfix program of an expanded expression."""
        if isinstance(node, Not):
            return [*self.program(node.inner), ["not"]]
        if isinstance(node, And | Or):
            steps = [step for part in node.parts for step in self.program(part)]
            return [*steps, ["and" if isinstance(node, And) else "or", len(node.parts)]]
        return self._term(node)

    def _term(self, term: Term) -> Program:
        if term.op:
            kind, number = quantity(term.value) or ("n", 0)
            name = subscriber_rows.temporary_key()
            self.store.call(
                scripts.compare(
                    keys.plane(term.field, kind),
                    term.op,
                    f"{number:0{bits_of(kind)}b}",
                    name,
                    _SCAN_LIFETIME,
                )
            )
            return [["k", name]]
        kind = self.columns.get(term.field, SCAN)
        if kind == SCAN:
            return [["k", self._kept(self._scan(term))]]
        value = lower(term.value)
        values = (
            [v for v in subscriber_rows.values(self.store, term.field) if v.startswith(value)]
            if term.prefix
            else [value]
        )
        if kind == IDS:
            raws = subscriber_rows.id_lists(self.store, term.field, values)
            return [["k", self._kept(i for raw in raws for i in unpack_ids(raw))]]
        pushed: Program = [["k", keys.index(term.field, v)] for v in values]
        return [*pushed, ["or", len(values)]] if len(values) > 1 else pushed or [["none"]]

    def _scan(self, term: Term) -> Iterable[int]:
        """Return who satisfies a term that has no index, read from the rows."""
        if term.field == "email" and not term.prefix:
            who = by_address(self.store, term.value)
            return [who.id] if who else []
        # A row is opened only if the words stand in it somewhere: most do not.
        word = msgspec.json.encode(term.value)[1:-1].lower()
        return (
            i
            for i, raw in subscriber_rows.all_rows(self.store)
            if word in raw.lower() and matches(json.loads(raw), term)
        )

    def _kept(self, ids: Iterable[int]) -> str:
        """Return a bitmap of its own, for as long as a question takes."""
        return subscriber_rows.keep_bitmap(self.store, bitmap_of(ids))


def check_new(store: Store, columns: Iterable[str], lists: Iterable[str]) -> None:
    """Raise UsageError for a column or list that the book does not know and that is near one that
    it does: a slip of the finger.
    """
    book = Segments(store, {})
    for what, names, known in (
        ("column", columns, {*book.columns, *COLUMNS}),
        ("list", lists, set(book.lists)),
    ):
        for name in names:
            near = difflib.get_close_matches(name, known, 1, 0.75)
            if near and name not in known:
                raise UsageError(
                    f'there is no {what} "{name}" yet',
                    code="near_name",
                    near=near[0],
                    what=what,
                )


def matches(row: Mapping[str, object], term: Term) -> bool:
    """Return whether a row satisfies one term: what the index answers, asked of the row itself."""
    if term.op:
        return _compares(values_of(row, term.field), term)
    wanted = lower(term.value)
    here = (lower(v) for v in values_of(row, term.field))
    return any(v.startswith(wanted) if term.prefix else v == wanted for v in here)


def _compares(values: list[str], term: Term) -> bool:
    """Return whether the first value of a cell, a number or a date, satisfies a comparison."""
    here, there = quantity(values[0]) if values else None, quantity(term.value)
    if here is None or there is None or here[0] != there[0]:
        return False
    a, b = here[1], there[1]
    return {">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b}[term.op]


def holds(row: Mapping[str, object], node: Node) -> bool:
    """Return whether a row satisfies an expanded expression."""
    if isinstance(node, Not):
        return not holds(row, node.inner)
    if isinstance(node, And):
        return all(holds(row, p) for p in node.parts)
    if isinstance(node, Or):
        return any(holds(row, p) for p in node.parts)
    return matches(row, node)
