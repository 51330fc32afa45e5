"""Say why nothing moves while letters wait: never a silence of more than ten seconds."""

from collections.abc import Mapping

from distro.model import DistributionState, State
from distro.store import Store, distributions, halts, pace, processes
from distro.store.distribution import Distribution
from distro.times import from_ms

_STILL_MS = 7_000  # without an accepted letter, from which something is said
_OLD = 30  # seconds after which what a process said about a trouble is old
_NOT_BEGUN = (DistributionState.SCHEDULED, DistributionState.FREEZING)


def reason_of(store: Store, found: Distribution, counts: Mapping[State, int], zone: str) -> str:
    """Return why letters of a distribution that is being sent do not go out.

    "" where they do, or none waits.
    """
    now = store.now_ms()
    if found.state is DistributionState.DRAFT:
        return _draft(found, now)
    if found.state in _NOT_BEGUN:
        return _not_begun(store, found, now)
    waiting = counts[State.QUEUED] + counts[State.SENDING] + counts[State.DEFERRED]
    since = max(found.last_accepted_ms, found.began_ms, found.resent_ms, found.submitted_ms)
    if found.state is not DistributionState.SENDING or not waiting or now - since < _STILL_MS:
        return ""
    if counts[State.QUEUED] == waiting and found.embargoed(now):
        lift = from_ms(found.lift_ms, zone)
        return f"{waiting:,} wait until the embargo is over: {lift.day} {lift:%B %H:%M}"
    if not processes.alive(store):
        return "no worker runs: distro up"
    troubles = processes.troubles(store, _OLD)
    if troubles:
        return "; ".join(troubles)
    if counts[State.DEFERRED] == waiting:
        return _next_try(store, found, zone)
    if halts.count(store):
        return "letters to halted domains wait until their halt is over"
    if pace.relays_are_paced(store):
        return "the rate that is set for the relay allows no letter now"
    seconds = (now - since) // 1000
    return f"no letter was accepted for {seconds} s; workers wait for their mail server's answer"


def _draft(found: Distribution, now: int) -> str:
    """Say what a draft waits for; one whose time is over never goes out by itself."""
    missing = found.required - len(found.approvals)
    late = not found.at_once and found.start_ms < now
    return f"{missing} of {found.required} approvals are missing" + (
        ", and its time is over" if late else ""
    )


def _not_begun(store: Store, found: Distribution, now: int) -> str:
    """Say why something that is due does not begin."""
    if not found.start_ms or now - found.start_ms < _STILL_MS:
        return ""
    if processes.alive(store):
        return "it is due, and workers are busy with another distribution"
    return "it is due, and no worker runs: distro up"


def _next_try(store: Store, found: Distribution, zone: str) -> str:
    first = distributions.next_work_ms(store, found.id)
    when = f" at {from_ms(first, zone):%H:%M}" if first else ""
    return f"all who are left were refused for now; they are tried again{when}"
