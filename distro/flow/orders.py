"""Halt, resume, cancel, reschedule: a person's orders about a whole distribution.

Once a halt or a cancel is acknowledged no intent is written, and no body begins more than a second
later.
"""

from dataclasses import dataclass

from distro.errors import RefusedError
from distro.flow import embargo
from distro.flow.submission import start_ms
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.lib import failpoints
from distro.model import DistributionId, DistributionState, State
from distro.store import distributions, ledger_scripts
from distro.store.records import counters
from distro.times import rfc3339

_PIECES = 50  # of a settlement in one round of the sweep
_UNDER_WAY = (DistributionState.SENDING, DistributionState.FREEZING)


def halt(
    installation: Installation, distribution: DistributionId, *, actor: str, reason: str
) -> DistributionState:
    """Stop a distribution, and return its state.

    Raises RefusedError where there is nothing to stop.
    """
    actor = admit(installation, actor, "halt", about=distribution.label, why=reason)
    answer = installation.store.call(ledger_scripts.halt(distribution, actor, reason))
    if answer.state is None or not answer.done:
        raise RefusedError(f"{distribution.label} is {answer.name}: there is nothing to halt")
    return answer.state


def resume(
    installation: Installation, distribution: DistributionId, *, actor: str, reason: str
) -> DistributionState:
    """Go on with a halted distribution, and return its state.

    Overrides the guard that halted it, for this distribution. Raises RefusedError where it is not
    halted.
    """
    actor = admit(installation, actor, "resume", about=distribution.label, why=reason)
    answer = installation.store.call(ledger_scripts.resume(distribution, actor, reason))
    if answer.what == "held":
        raise on_hold(distribution)
    if answer.what == "unapproved":
        raise RefusedError(
            f"{distribution.label} waits for approval",
            code="unapproved",
            distribution=distribution.label,
        )
    if answer.state is None or not answer.done:
        raise RefusedError(f"{distribution.label} is {answer.name}, not halted")
    return answer.state


def on_hold(distribution: DistributionId) -> RefusedError:
    """Return why nothing of a distribution goes on before its release is cleared."""
    return RefusedError(
        f"{distribution.label} is on hold", code="on_hold", distribution=distribution.label
    )


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The state of everyone in a cancelled distribution.

    Before the freeze all count as `cancelled`.
    """

    counts: dict[State, int]  # of the ten states
    in_flight: int  # whose end is not known yet; the sweep settles them


def cancel(
    installation: Installation, distribution: DistributionId, *, actor: str, reason: str
) -> Cancelled:
    """Stop a distribution for good; whoever it did not reach is free for another of the release.

    Raises RefusedError for one that is sent.
    """
    actor = admit(installation, actor, "cancel", about=distribution.label, why=reason)
    answer = installation.store.call(ledger_scripts.cancel(distribution, actor, reason))
    failpoints.point("cancel.said")
    if not answer.done:
        raise RefusedError(
            f"{distribution.label} is {answer.name}: there is nothing to cancel",
            code="sent_already" if answer.state is DistributionState.SENT else "",
            distribution=distribution.label,
        )
    settle(installation, distribution, pieces=None)
    found = distributions.read(installation.store, distribution)
    if not found.frozen:
        return Cancelled(dict.fromkeys(State, 0) | {State.CANCELLED: found.planned}, 0)
    counts = counters(installation.store, distribution)
    return Cancelled(counts, counts[State.SENDING])


def settle(
    installation: Installation, distribution: DistributionId, *, pieces: int | None = _PIECES
) -> bool:
    """Settle what a cancelled distribution reserved, piece by piece; return whether all is settled.

    A crash goes on where it stopped. `pieces`: at most so many now; None: all of them.
    """
    while pieces is None or pieces > 0:
        done = installation.store.call(ledger_scripts.settle(distribution))
        failpoints.point("cancel.piece")
        if done:
            return done == 1
        pieces = None if pieces is None else pieces - 1
    return False


def reschedule(
    installation: Installation, distribution: DistributionId, at: str, *, actor: str
) -> int:
    """Give a distribution that has not begun another time, and return it (unix ms).

    An audience that was fixed for the old time is fixed again. Where the trusted have it already,
    the embargo gets that time. Raises RefusedError for what has begun, and for a time that is over
    or before an embargo.
    """
    store, zone = installation.store, installation.settings.site.timezone
    found = distributions.read(store, distribution)
    if found.tiered and found.began_ms and found.embargoed(store.now_ms()):
        return embargo.move(installation, found, at, actor=actor)
    actor = admit(installation, actor, "reschedule", about=distribution.label, wanted=at)
    start = start_ms(at, "" if found.tiered else embargo.lift_of(installation, found), zone)
    answer = store.call(ledger_scripts.reschedule(distribution, start, actor, rfc3339(start, zone)))
    if answer.what == "held":
        raise on_hold(distribution)
    if not answer.done:
        raise RefusedError(
            f"{distribution.label} is {answer.name}: only what has not begun can get another time",
            code="under_way" if answer.state in _UNDER_WAY else "",
        )
    return start
