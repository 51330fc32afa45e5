"""Why nothing moves while letters wait: never a silence of more than ten seconds."""

import json
import time
from collections.abc import Mapping

from distro.model import State
from distro.store import Store, processes
from distro.times import from_ms

_STILL_MS = 7_000  # without an accepted letter, from which something is said
_OLD = 30  # seconds after which what a process said about a trouble is old


def reason_of(
    store: Store, distribution: str, told: Mapping[str, str], counts: Mapping[State, int], zone: str
) -> str:
    """Return why letters of a distribution that is being sent do not go out; "" where they do, or
    none waits.
    """
    state, waiting = (
        told.get("state", ""),
        counts[State.QUEUED] + counts[State.SENDING] + counts[State.DEFERRED],
    )
    now = store.now_ms()
    if state in ("scheduled", "freezing"):
        return _not_begun(store, told, now)
    since = max(
        int(told.get(key) or 0)
        for key in ("last_accepted_at", "began_at", "resent_at", "submitted_at")
    )
    if state != "sending" or not waiting or now - since < _STILL_MS:
        return ""
    if not processes.alive(store):
        return "no worker runs: distro up"
    troubles = _troubles(store)
    if troubles:
        return "; ".join(troubles)
    if counts[State.DEFERRED] == waiting:
        return _next_try(store, distribution, zone)
    halted = store.command("HLEN", "stops")
    if halted:
        return "letters to halted domains wait until their halt is over"
    if store.command("EXISTS", "pace:relays"):
        return "the rate that is set for the relay allows no letter now"
    return (
        f"no letter was accepted for {(now - since) // 1000} s; workers wait for their mail"
        " server's answer"
    )


def _not_begun(store: Store, told: Mapping[str, str], now: int) -> str:
    """Something that is due and does not begin."""
    due = int(told.get("start_at") or 0)
    if not due or now - due < _STILL_MS:
        return ""
    return (
        "it is due, and workers are busy with another distribution"
        if processes.alive(store)
        else "it is due, and no worker runs: distro up"
    )


def _troubles(store: Store) -> list[str]:
    """What sending processes say is the matter, each once."""
    found = [json.loads(raw) for raw in store.hash("trouble").values()]
    return sorted({str(told["why"]) for told in found if told["at"] > time.time() - _OLD})


def _next_try(store: Store, distribution: str, zone: str) -> str:
    first = min(store.scores(f"todo:{distribution}").values(), default=0)
    when = f" at {from_ms(first, zone):%H:%M}" if first else ""
    return f"all who are left were refused for now; they are tried again{when}"
