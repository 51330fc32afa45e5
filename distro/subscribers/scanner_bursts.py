"""Scanners that press buttons: many readers of one domain who leave within seconds were probably
never asked.

Every unsubscribe counts at once, whoever pressed. A burst is told to the admins; only the readers
themselves undo it, with the
button on the page or the link of any letter, for 28 days.
"""

import json

from distro import log
from distro.installation.context import Installation
from distro.lib.mailbox_providers import provider_of

_READERS, _SECONDS = 5, 10  # so many of one domain within so long
_KEPT_MS = 28 * 86_400_000


def note_unsubscribed(installation: Installation, domain: str, distribution: str) -> None:
    """A reader of this domain left by a link."""
    if provider_of(domain):
        return  # at a provider of many, neighbours are no colleagues
    count = installation.store.lately(f"rate:left:{domain}", _SECONDS)
    if count < _READERS:
        return
    installation.store.command(
        "HSET", "storms", domain, json.dumps([installation.store.now_ms(), count, distribution])
    )
    if count == _READERS:
        why = f"{_READERS} readers at {domain} left within {_SECONDS} s: probably a scanner"
        installation.store.command(
            "RPUSH",
            f"ev:{distribution}",
            json.dumps(
                {"at": installation.store.now_ms(), "act": "storm", "actor": "", "reason": why}
            ),
        )
        log.get().warning(
            "readers of one domain leave within seconds; a scanner presses their links",
            domain=domain,
            distribution=f"D{distribution}",
        )


def recent(installation: Installation) -> list[tuple[str, int, int, str]]:
    """The bursts of the last four weeks: domain, when (ms), how many readers, in which
    distribution.
    """
    found = [
        (domain, *json.loads(told)) for domain, told in installation.store.hash("storms").items()
    ]
    old = [domain for domain, at, *_ in found if at < installation.store.now_ms() - _KEPT_MS]
    if old:
        installation.store.command("HDEL", "storms", *old)
    return sorted(
        (domain, at, count, f"D{distribution}")
        for domain, at, count, distribution in found
        if domain not in old
    )
