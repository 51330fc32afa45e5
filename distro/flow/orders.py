"""Halt, resume, cancel, reschedule: a person's orders about a whole distribution.

Once a halt or a cancel is acknowledged no intent is written, and no body begins more than a second
later.
"""

import json
from dataclasses import dataclass

from distro.errors import RefusedError
from distro.flow.submission import start_ms
from distro.installation.context import Installation
from distro.lib import failpoints
from distro.model import Edition, State
from distro.store import ledger_scripts
from distro.store.records import counters
from distro.times import rfc3339

_PIECES = 50  # of a settlement in one round of the sweep


def halt(installation: Installation, distribution: str, *, actor: str, reason: str) -> str:
    """Stop a distribution; gives its state. Raises RefusedError where there is nothing to stop."""
    what, state = installation.store.call(ledger_scripts.turn(distribution, "halt", actor, reason))
    if what != "ok":
        raise RefusedError(f"D{distribution} is {state}: there is nothing to halt")
    return state


def resume(installation: Installation, distribution: str, *, actor: str, reason: str) -> str:
    """Go on; overrides the guard that halted, for this distribution."""
    what, state = installation.store.call(
        ledger_scripts.turn(distribution, "resume", actor, reason)
    )
    if what != "ok":
        raise RefusedError(f"D{distribution} is {state}, not halted")
    return state


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancelled distribution leaves: who has it, who may, and who will not get it from this
    one.
    """

    counts: dict[State, int]  # of the ten states; before the freeze all are `cancelled`
    in_flight: int  # whose end is not known yet; the sweep settles them


def cancel(installation: Installation, distribution: str, *, actor: str, reason: str) -> Cancelled:
    """Nothing more of it begins; whoever was not reached is free for another distribution of the
    release.

    Raises RefusedError for one that is sent.
    """
    what, state = installation.store.call(ledger_scripts.cancel(distribution, actor, reason))
    failpoints.point("cancel.said")
    if what != "ok":
        raise RefusedError(
            f"D{distribution} is {state}: there is nothing to cancel",
            hint=(
                "A mistake in the text: mend it, give the file an `id` of its own and `kind:"
                " correction`, and submit it to the same people."
                if state == "sent"
                else ""
            ),
        )
    settle(installation, distribution, pieces=None)
    told = installation.store.hash(f"dist:{distribution}")
    if "frozen_at" not in told:
        return Cancelled(
            dict.fromkeys(State, 0) | {State.CANCELLED: int(told.get("planned", 0))}, 0
        )
    counts = counters(installation.store, distribution)
    return Cancelled(counts, counts[State.SENDING])


def settle(installation: Installation, distribution: str, *, pieces: int | None = _PIECES) -> bool:
    """Go on settling what a cancelled distribution held; a crash goes on where it stopped. True:
    all is settled.
    """
    while pieces is None or pieces > 0:
        done = installation.store.call(ledger_scripts.settle(distribution))
        failpoints.point("cancel.piece")
        if done:
            return done == 1
        pieces = None if pieces is None else pieces - 1
    return False


def reschedule(installation: Installation, distribution: str, at: str, *, actor: str) -> int:
    """Another time for what has not begun; gives it, unix ms. An audience fixed for the old time is
    fixed again.

    Raises RefusedError for what has begun, for a time that is over or before an embargo.
    """
    zone = installation.settings.site.timezone
    versions = json.loads(installation.store.hash(f"dist:{distribution}")["versions"]).values()
    start = start_ms(
        at,
        [Edition.from_json(installation.store.text(f"ed:{version}")) for version in versions],
        zone,
    )
    what, state = installation.store.call(
        ledger_scripts.reschedule(distribution, start, actor, rfc3339(start, zone))
    )
    if what != "ok":
        raise RefusedError(
            f"D{distribution} is {state}: only what has not begun can get another time",
            hint=(
                "Stop it: `distro halt`, or `distro cancel`."
                if state in ("sending", "freezing")
                else ""
            ),
        )
    return start
