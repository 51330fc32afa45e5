"""Tell each receiver what happened, of each distribution in order: the next event waits for the
one before.

An event has the same id whenever it is tried. A receiver that does not take it is asked again after
5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, and then every 24 h; 410 ends it.
"""

import json
import random
import time
from collections.abc import Mapping
from typing import Any

from distro import log
from distro.installation.context import Installation
from distro.model import DistributionId
from distro.outgoing.post import post
from distro.outgoing.signatures import headers_of
from distro.settings.webhooks import Webhook
from distro.store import distributions, events, webhooks
from distro.store.records import counters
from distro.times import rfc3339

_AGAIN = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)  # seconds
_AT_ONCE = 50  # events of one receiver in one round
_WITH_COUNTS = ("sent", "cancelled", "halted")


def once(installation: Installation) -> int:
    """Tell every receiver what it does not have; return how many events were taken."""
    return sum(_tell(installation, receiver) for receiver in installation.settings.webhook)


def _tell(installation: Installation, receiver: Webhook) -> int:
    store, name = installation.store, receiver.name
    if not webhooks.lease(store, name, installation.host):
        return 0
    webhooks.begin(store, name, receiver.url)
    if webhooks.state(store, name).get("gone"):
        return 0
    taken = 0
    for number, has in webhooks.behind(store, name):
        _, next_ms = webhooks.tries(store, name, number)
        if store.now_ms() < next_ms:
            continue
        for sequence, event in enumerate(events.events(store, number)[has:], has + 1):
            if taken >= _AT_ONCE or not _tell_one(installation, receiver, number, sequence, event):
                break
            taken += 1
    return taken


def _tell_one(
    installation: Installation,
    receiver: Webhook,
    number: DistributionId,
    sequence: int,
    event: Mapping[str, Any],
) -> bool:
    """Post one event; return whether it was taken."""
    store, name = installation.store, receiver.name
    body = json.dumps(_body(installation, number, sequence, event)).encode()
    headers = headers_of(receiver, f"evt_{number}_{sequence}", int(time.time()), body)
    answer = post(receiver.url, body, headers, private=receiver.private)
    if 200 <= answer.status < 300:
        webhooks.told(store, name, number, sequence)
        return True
    if answer.status == 410:
        webhooks.end(store, name)
        log.get().warning("a receiver of webhooks is gone", receiver=name)
        return False
    tries, _ = webhooks.tries(store, name, number)
    wait = _AGAIN[min(tries, len(_AGAIN) - 1)] * random.uniform(0.9, 1.1)
    why = answer.why or f"it answered {answer.status}"
    webhooks.failed(store, name, number, store.now_ms() + int(wait * 1000), why)
    log.get().warning("a webhook was not taken", receiver=name, why=why, again_in=round(wait))
    return False


def _body(
    installation: Installation, number: DistributionId, sequence: int, event: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an event as it is posted; of people it has numbers only."""
    found = distributions.read(installation.store, number)
    zone = installation.settings.site.timezone
    act = str(event["act"])
    data: dict[str, Any] = {
        "distribution": found.label,
        "sequence": sequence,
        "act": act,
        "release": found.release,
        "kind": found.kind,
        "state": found.state.value,
        "actor": str(event["actor"]),
        "reason": str(event["reason"])[:1000],
        "audience": found.expected,
    }
    if act in _WITH_COUNTS and found.frozen:
        counts = counters(installation.store, number)
        data["counts"] = {state.value: n for state, n in counts.items()}
    at = rfc3339(int(event["at"]), zone)
    return {"type": f"distribution.{act}", "timestamp": at, "data": data}
