"""Take what names a person out of everything that we hold: rows and index, relays' words, orders,
journals, the Redis log.

`people.erase` records the wish and calls `scrub`. What remains are ids and keyed hashes, which name
nobody. Redis' own
append-only file still holds the old writes until it is written anew: `rewrite_log` sees to that
within the hour.
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
from distro.store.book_scripts import Command
from distro.store.records import ordinal_of

ERASED = consent.ERASED
_EVERY = 3600  # seconds between two rewrites of the append-only file
_ATTEMPTS = 20
_WANTED, _UNDER_WAY = "rewrite:wanted", "rewrite:began"


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
        lambda distribution: ordinal_of(installation.store.raw(f"aud:{distribution}"), who.id),
    )
    want_rewrite(installation)


def want_rewrite(installation: Installation) -> None:
    """Note that the append-only file holds something that must go."""
    installation.store.command("SET", _WANTED, installation.store.now_ms())


def drop_values(installation: Installation, who: Subscriber) -> None:
    """Drop the values of the index that nobody has any more: a column of a person's own names
    them.
    """
    for _ in range(_ATTEMPTS):
        version = int(installation.store.text("book:version") or 0)
        what, _ = installation.store.call(scripts.write(version, list(_unused(installation, who))))
        if what == scripts.DONE:
            return


def _unused(installation: Installation, who: Subscriber) -> Iterator[Command]:
    kinds = installation.store.hash("book:columns")
    for column, values in who.columns.items():
        for value in {ascii_lower(v) for v in values if not column.startswith("_")}:
            if kinds.get(column) == BITMAP and not installation.store.command(
                "BITCOUNT", f"idx:{column}:{value}"
            ):
                yield ("UNLINK", f"idx:{column}:{value}")
                yield ("SREM", f"val:{column}", value)
            elif kinds.get(column) == IDS and not installation.store.command(
                "STRLEN", f"ids:{column}:{value}"
            ):
                yield ("SREM", f"val:{column}", value)


def _forget_replies(installation: Installation, subscriber: int) -> None:
    """Drop what relays said about this person, in every distribution."""
    numbers = [d.decode() for d in installation.store.command("ZRANGE", "dists", 0, -1)]
    there = installation.store.pipeline([("EXISTS", f"err:{d}") for d in numbers])
    for distribution in [d for d, found in zip(numbers, there, strict=True) if found]:
        ordinal = ordinal_of(installation.store.raw(f"aud:{distribution}"), subscriber)
        if ordinal >= 0:
            installation.store.command("HDEL", f"err:{distribution}", ordinal)


def _forget_orders(installation: Installation, addresses: Collection[str]) -> None:
    """Take addresses out of expressions (`resend --to`) and out of the reasons that staff gave."""
    for raw in installation.store.command("ZRANGE", "dists", 0, -1):
        key, events = f"dist:{raw.decode()}", f"ev:{raw.decode()}"
        told = installation.store.pipeline(
            [("HGET", key, field) for field in ("expression", "expanded", "reason")]
        )
        for field, value in zip(("expression", "expanded", "reason"), told, strict=True):
            clean = _without((value or b"").decode("utf-8", "replace"), addresses)
            if value and clean != value.decode("utf-8", "replace"):
                installation.store.command("HSET", key, field, clean)
        for n, event in enumerate(installation.store.elements(events)):
            clean = json.dumps(
                {
                    k: _without(v, addresses) if isinstance(v, str) else v
                    for k, v in json.loads(event).items()
                }
            )
            if json.loads(clean) != json.loads(event):
                installation.store.command("LSET", events, n, clean)


def _without(text: str, addresses: Collection[str]) -> str:
    for address in addresses:
        text = re.sub(re.escape(address), "erased", text, flags=re.IGNORECASE)
    return text


def rewrite_log(installation: Installation) -> int:
    """Have Redis write its append-only file anew if somebody was erased; gives 1 where it was
    begun. At most once an hour.
    """
    store = installation.store
    info = store.command("INFO", "persistence")
    if info.get("aof_rewrite_in_progress") or info.get("aof_rewrite_scheduled"):
        return 0
    if store.text(_UNDER_WAY):
        if info.get("aof_last_bgrewrite_status") == "ok":
            store.command("DEL", _UNDER_WAY)
        else:
            store.command("RENAMENX", _UNDER_WAY, _WANTED)
    if (
        not store.text(_WANTED)
        or not info.get("aof_enabled")
        or not store.command("SET", "tmp:rewrite", "1", "NX", "EX", _EVERY)
    ):
        return 0
    store.command("RENAME", _WANTED, _UNDER_WAY)
    if not store.rewrite_log():
        log.get().warning(
            "Redis does not rewrite its append-only file: who was erased stays readable in it",
            next="BGREWRITEAOF, as an admin of that server",
        )
        return 0
    return 1
