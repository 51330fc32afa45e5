"""Take what names a person out of everything that we hold: rows and index, relays' words, orders,
journals, the Redis log.

`people.erase` records the wish and calls `scrub`. What remains are ids and keyed hashes, which name
nobody. Redis' own append-only file still holds the old writes until it is written anew:
`rewrite_log` sees to that within the hour.
"""

import json
import re
from collections.abc import Collection, Iterator

from distro import log
from distro.audience import consent
from distro.audience.value_index import BITMAP, IDS
from distro.installation.context import Installation
from distro.ledger import journal
from distro.model import Subscriber, ascii_lower
from distro.store import book_scripts as scripts
from distro.store import distributions, events, keys, records, server, subscriber_rows
from distro.store.book_scripts import Command

ERASED = consent.ERASED
_ATTEMPTS = 20


def scrub(installation: Installation, who: Subscriber) -> None:
    """Take a person's addresses and words away wherever they stand beside their row; done again, it
    changes nothing.
    """
    addresses = [who.email, *who.columns.get("_former", ())]
    drop_values(installation, who)
    _forget_replies(installation, who.id)
    _forget_orders(installation, addresses)
    journal.scrub(
        installation.journals,
        addresses,
        lambda distribution: records.ordinal_in(installation.store, distribution, who.id),
    )
    want_rewrite(installation)


def want_rewrite(installation: Installation) -> None:
    """Note that the append-only file holds something that must go."""
    server.want_rewrite(installation.store)


def drop_values(installation: Installation, who: Subscriber) -> None:
    """Drop the values of the index that nobody has any more: a column of a person's own names
    them.
    """
    for _ in range(_ATTEMPTS):
        version = subscriber_rows.version(installation.store)
        what, _ = installation.store.call(scripts.write(version, list(_unused(installation, who))))
        if what == scripts.DONE:
            return


def _unused(installation: Installation, who: Subscriber) -> Iterator[Command]:
    store = installation.store
    kinds = subscriber_rows.column_kinds(store)
    for column, values in who.columns.items():
        kind = kinds.get(column)
        if column.startswith("_") or kind not in (BITMAP, IDS):
            continue
        for value in {ascii_lower(v) for v in values}:
            if subscriber_rows.nobody_has(store, column, value, bitmap=kind == BITMAP):
                if kind == BITMAP:
                    yield ("UNLINK", keys.index(column, value))
                yield ("SREM", keys.values(column), value)


def _forget_replies(installation: Installation, subscriber: int) -> None:
    """Drop what relays said about this person, in every distribution."""
    store = installation.store
    for number in records.with_replies(store, distributions.newest(store)):
        ordinal = records.ordinal_in(store, number, subscriber)
        if ordinal >= 0:
            records.forget_reply(store, number, ordinal)


def _forget_orders(installation: Installation, addresses: Collection[str]) -> None:
    """Take addresses out of expressions (`resend --to`) and out of the reasons that staff gave."""
    store = installation.store
    for number in distributions.newest(store):
        found = distributions.get(store, number)
        if found is None:
            continue
        for field in ("expression", "expanded", "reason"):
            text: str = getattr(found, field)
            clean = _without(text, addresses)
            if clean != text:
                distributions.replace_field(store, number, field, clean)
        for n, event in enumerate(events.events(store, number)):
            cleaned = {
                k: _without(v, addresses) if isinstance(v, str) else v for k, v in event.items()
            }
            if cleaned != event:
                events.replace_event(store, number, n, json.dumps(cleaned))


def _without(text: str, addresses: Collection[str]) -> str:
    for address in addresses:
        text = re.sub(re.escape(address), "erased", text, flags=re.IGNORECASE)
    return text


def rewrite_log(installation: Installation) -> int:
    """Have Redis write its append-only file anew if somebody was erased; at most once an hour.

    Returns 1 where it was begun.
    """
    if not server.rewrite_due(installation.store):
        return 0
    if not installation.store.rewrite_log():
        log.get().warning(
            "Redis does not rewrite its append-only file: who was erased stays readable in it",
            next="BGREWRITEAOF, as an admin of that server",
        )
        return 0
    return 1
