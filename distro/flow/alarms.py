"""Say what a person must look at soon: a hold past its word, a draft whose time comes without
approval, a lift that is over and was not carried out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from distro.installation.context import Installation
from distro.model import DistributionState
from distro.store import distributions, releases, returns
from distro.store.distribution import Distribution
from distro.times import from_ms

CODES = ("hold_overdue", "approval_missing", "lift_overdue", "our_fault", "storm")
_LOOKED_AT = 500  # distributions, the newest
_BEFORE_MS = 1_800_000  # so long before its time a draft is an alarm
_LATE_MS = 30_000  # after a lift, from which waiting batches are an alarm
_OURS_MS = 86_400_000  # for how long a receiver that refuses us is an alarm
_HOLD_MS = 86_400_000  # a hold without a promised time is an alarm after so long


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that cannot wait."""

    about: str  # D17; the same alarm is told once
    text: str
    code: str  # of CODES


def alarms(installation: Installation) -> Iterator[Alarm]:
    """Yield every alarm of the newest distributions."""
    store, now = installation.store, installation.store.now_ms()
    for number in distributions.newest(store, _LOOKED_AT):
        found = distributions.get(store, number)
        if found is None:
            continue
        if found.kind == "hold" and not found.cleared and not found.superseded:
            yield from _hold(installation, found, now)
        if found.state is DistributionState.DRAFT:
            yield from _draft(installation, found, now)
        if found.state is DistributionState.SENDING and found.tiered:
            yield from _lift(installation, found, now)
    yield from _feedback(installation, now)


def _feedback(installation: Installation, now: int) -> Iterator[Alarm]:
    """Yield what came back and cannot wait: receivers that refuse us, texts that struck many."""
    store = installation.store
    for group, alarm in returns.alarms(store, now - _OURS_MS).items():
        cause = str(alarm["cause"]).replace("_", " ")
        text = f"{group} refuses letters because of us ({cause}): {alarm['said']}"
        yield Alarm(group, text, "our_fault")
    for name, storm in returns.storms(store).items():
        if not storm["decided"]:
            text = f"one text of {storm['server']} struck many: {storm['said']}"
            yield Alarm(f"storm {name}", text, "storm")


def _hold(installation: Installation, found: Distribution, now: int) -> Iterator[Alarm]:
    status = releases.status(installation.store, found.release)
    until = status.hold_until_ms or found.submitted_ms + _HOLD_MS
    if status.name == "held" and status.word == found.id and until < now:
        promised = "a word was promised by" if status.hold_until_ms else "nothing was said since"
        at = status.hold_until_ms or found.submitted_ms
        yield Alarm(
            found.label,
            f"{found.release} is still on hold; {promised} {_clock(installation, at)}",
            "hold_overdue",
        )


def _draft(installation: Installation, found: Distribution, now: int) -> Iterator[Alarm]:
    if found.at_once or found.start_ms - _BEFORE_MS > now:
        return
    missing = found.required - len(found.approvals)
    when = _clock(installation, found.start_ms)
    verb = "is due" if found.start_ms > now else "was due"
    text = f"{found.label} {verb} {when}, and {missing} of {found.required} approvals are missing"
    yield Alarm(found.label, text, "approval_missing")


def _lift(installation: Installation, found: Distribution, now: int) -> Iterator[Alarm]:
    waits = distributions.next_work_ms(installation.store, found.id)
    if found.lift_ms and found.lift_ms + _LATE_MS < now and 0 < waits <= found.lift_ms:
        late = (now - found.lift_ms) // 1000
        text = f"the embargo of {found.label} has been over for {late:,} s, and letters still wait"
        yield Alarm(found.label, text, "lift_overdue")


def _clock(installation: Installation, ms: int) -> str:
    when = from_ms(ms, installation.settings.site.timezone)
    return f"{when.day} {when:%B %H:%M}"
