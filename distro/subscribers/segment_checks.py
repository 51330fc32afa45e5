"""Explain which term lets a person in or out, and audit which segments have lost their people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from distro.audience.book import person, values_of
from distro.audience.expression import And, Node, Not, Or
from distro.audience.list_roles import load_roles
from distro.audience.segments import holds
from distro.errors import ExpressionError
from distro.installation.context import Installation
from distro.store import subscriber_rows
from distro.store.audience_scripts import count

_LOST = 0.5  # of its people since the last time


@dataclass(frozen=True, slots=True)
class TermResult:
    """One part of an expression, and whether a person satisfies it."""

    depth: int
    text: str
    holds: bool
    has: str  # what the person has in that column; "" for `and`, `or`, `not`


def why(installation: Installation, expression: str, address: str) -> list[TermResult]:
    """Return, term by term, why somebody is in a segment or not; the first line is the whole."""
    who = person(installation.store, address)
    row: dict[str, object] = {"email": who.email, **{k: list(v) for k, v in who.columns.items()}}
    return list(_lines(installation.segments().expand(expression), row, 0))


def _lines(node: Node, row: dict[str, object], depth: int) -> Iterator[TermResult]:
    if isinstance(node, And | Or):
        yield TermResult(
            depth, "all of" if isinstance(node, And) else "any of", holds(row, node), ""
        )
        for part in node.parts:
            yield from _lines(part, row, depth + 1)
    elif isinstance(node, Not):
        yield TermResult(depth, "not", holds(row, node), "")
        yield from _lines(node.inner, row, depth + 1)
    else:
        yield TermResult(depth, str(node), holds(row, node), "; ".join(values_of(row, node.field)))


@dataclass(frozen=True, slots=True)
class Size:
    """A list or a named segment, and how many people are in it; None: it cannot be counted."""

    name: str
    count: int | None
    meaning: str


def sizes(installation: Installation) -> list[Size]:
    """Return every list and named segment with its size, lists first."""
    known = installation.segments()
    roles = load_roles(installation.settings.subscribers)
    lists = [(name, roles[name].shown() if name in roles else "list") for name in known.lists]
    found = []
    for name, meaning in [*sorted(lists), *sorted(known.named.items())]:
        try:
            size = installation.store.call(count(known.program(known.expand(name))))
        except ExpressionError as error:
            found.append(Size(name, None, f"{meaning}   ({error.message})"))
        else:
            found.append(Size(name, size, meaning))
    return found


@dataclass(frozen=True, slots=True)
class Audited:
    """A list or a named segment: how many now, how many at the last audit (-1: none), and what is
    wrong ("" : nothing).
    """

    name: str
    now: int
    before: int
    alarm: str


def audit_json(one: Audited) -> dict[str, Any]:
    """Return a list or segment as `--json` and the API give it."""
    return {
        "name": one.name,
        "now": one.now,
        "before": one.before if one.before >= 0 else None,
        "alarm": one.alarm,
    }


def audit(installation: Installation) -> list[Audited]:
    """Compare every list and named segment with the last time; remember the counts for the next."""
    known = installation.segments()
    before = subscriber_rows.audited(installation.store)
    found = []
    for name in sorted({*known.lists, *known.named}):
        try:
            now = installation.store.call(count(known.program(known.expand(name))))
        except ExpressionError as error:
            found.append(Audited(name, 0, before.get(name, -1), error.message))
            continue
        was = before.get(name, -1)
        found.append(Audited(name, now, was, _alarm(now, was)))
    subscriber_rows.set_audited(installation.store, {a.name: a.now for a in found})
    return found


def _alarm(now: int, was: int) -> str:
    """Return what is wrong with a size; "" where nothing is."""
    if not now:
        return "matches nobody"
    return f"lost {was - now:,} of {was:,}" if now < was * _LOST else ""
