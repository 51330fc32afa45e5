"""Close a list: everybody on it was told by a letter that is accounted for, then all are off it,
with the reason on record.
"""

import json
from functools import partial

from distro.audience.book_writer import Writer, changes_for, off_list
from distro.audience.expression import And, Node, Not, Or, parse
from distro.audience.row_changes import Row
from distro.errors import RefusedError
from distro.installation.context import Installation
from distro.installation.rights import admit, check_lists
from distro.model import DistributionState
from distro.store import distributions, subscriber_rows
from distro.store.records import ids_of

_PIECE = 300


def close_list(
    installation: Installation, name: str, *, announced_by: str, reason: str, actor: str
) -> int:
    """Take everybody off a list, and return how many.

    `announced_by` is the distribution that told them, sent to all of the list. Asked again after a
    crash it takes the rest. Raises RefusedError where they were not told.
    """
    store = installation.store
    check_lists(installation, [name])
    actor = admit(installation, actor, "close", about=f"list {name}", why=reason)
    if not subscriber_rows.has_value(store, "lists", name):
        raise RefusedError(f'there is no list "{name}"', code="no_such_list", list=name)
    found = distributions.read(store, distributions.find(store, announced_by))
    if found.state is not DistributionState.SENT or not _reaches(parse(found.expanded), name):
        raise RefusedError(
            f"{found.label} did not tell everybody on {name} (it is {found.state}, to"
            f" {found.expanded})",
            code="list_not_told",
            list=name,
        )
    facts = {"at": store.now_ms(), "reason": reason, "actor": actor, "told": found.label}
    subscriber_rows.close_list(store, name, json.dumps(facts, ensure_ascii=False))
    writer, gone = Writer(store), 0
    while ids := ids_of(subscriber_rows.with_value(store, "lists", name))[:_PIECE]:
        written = writer.write(changes_for(store, ids, partial(_closed, name)))
        gone += len(written.changed) if written else 0
    subscriber_rows.drop_value(store, "lists", name)
    return gone


def _closed(name: str, row: Row | None) -> Row | None:
    after = off_list(name, row)
    was: list[str] = (row or {}).get("_was", [])  # type: ignore[assignment]
    return after and after | {"_was": list(dict.fromkeys([*was, name]))}


def _reaches(node: Node, name: str) -> bool:
    """Return whether an expression has the whole of a list in it."""
    if isinstance(node, Or):
        return any(_reaches(part, name) for part in node.parts)
    return (
        not isinstance(node, And | Not)
        and node.field == "lists"
        and node.value == name
        and not node.prefix
    )
