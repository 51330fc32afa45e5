"""Closing a list: everybody on it was told by a letter that is accounted for, then all are off it,
with the reason on record.
"""

import json
from functools import partial

from distro.audience.book_writer import Row, Writer, off_list, wishes_of
from distro.audience.expression import And, Node, Not, Or, parse
from distro.errors import RefusedError
from distro.installation.context import Installation
from distro.store.distributions import distribution_id
from distro.store.records import ids_of

_PIECE = 300


def close_list(installation: Installation, name: str, *, told: str, reason: str, actor: str) -> int:
    """Take everybody off a list; gives how many. `told`: the distribution that told them, sent to
    all of the list.

    Asked again after a crash it takes the rest. Raises RefusedError where they were not told.
    """
    if name not in installation.store.members("val:lists"):
        raise RefusedError(f'there is no list "{name}"', hint="`distro segments list` shows all.")
    number = distribution_id(installation.store, told)
    facts = installation.store.hash(f"dist:{number}")
    if facts.get("state") != "sent" or not _reaches(parse(facts.get("expanded", "")), name):
        raise RefusedError(
            f"D{number} did not tell everybody on {name} (it is {facts.get('state', 'gone')}, to"
            f" {facts.get('expanded', '')})",
            hint=(
                f"Write to them first: distro submit closing.md --to {name} --now; when it is sent,"
                " close the list."
            ),
        )
    installation.store.command(
        "HSET",
        "closed",
        name,
        json.dumps(
            {
                "at": installation.store.now_ms(),
                "reason": reason,
                "actor": actor,
                "told": f"D{number}",
            },
            ensure_ascii=False,
        ),
    )
    writer, gone = Writer(installation.store), 0
    while ids := ids_of(installation.store.raw(f"idx:lists:{name}"))[:_PIECE]:
        written = writer.write(wishes_of(installation.store, ids, partial(_closed, name)))
        gone += len(written.changed) if written else 0
    installation.store.command("SREM", "val:lists", name)
    return gone


def _closed(name: str, row: Row | None) -> Row | None:
    after = off_list(name, row)
    was: list[str] = (row or {}).get("_was", [])  # type: ignore[assignment]
    return after and after | {"_was": list(dict.fromkeys([*was, name]))}


def _reaches(node: Node, name: str) -> bool:
    """Whether an expression has the whole of a list in it."""
    if isinstance(node, Or):
        return any(_reaches(part, name) for part in node.parts)
    return (
        not isinstance(node, And | Not)
        and node.field == "lists"
        and node.value == name
        and not node.prefix
    )
