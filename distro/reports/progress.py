"""Follow a distribution while it goes out."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from distro.installation.context import Installation
from distro.model import DistributionId, DistributionState, State
from distro.store import distributions
from distro.store.records import counters

OPEN = (State.QUEUED, State.SENDING)
_ENDED = (DistributionState.SENT, DistributionState.HALTED, DistributionState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Glance:
    """One look."""

    state: DistributionState
    reason: str
    audience: int
    counts: dict[State, int]
    rate: float  # letters a second over the last looks
    left_seconds: float  # at that rate; 0: not known

    @property
    def tried(self) -> int:
        """Return how many were tried at least once."""
        return self.audience - sum(self.counts[s] for s in OPEN)

    @property
    def over(self) -> bool:
        """Return whether nothing moves any more without a person, or only after minutes."""
        if self.state is DistributionState.SENDING:
            return self.audience > 0 and not any(self.counts[s] for s in OPEN)
        return self.state in _ENDED


def watch(
    installation: Installation, distribution: DistributionId, *, every: float = 0.5
) -> Iterator[Glance]:
    """Look every so many seconds until it is over."""
    looks: list[tuple[float, int]] = []
    while True:
        found = distributions.read(installation.store, distribution)
        if found.frozen:
            audience, counts = found.audience, counters(installation.store, distribution)
        else:
            audience = found.planned
            counts = dict.fromkeys(State, 0) | {State.QUEUED: audience}
        tried = audience - sum(counts[s] for s in OPEN)
        looks = [*looks[-9:], (time.monotonic(), tried)]
        passed, done = looks[-1][0] - looks[0][0], looks[-1][1] - looks[0][1]
        rate = done / passed if passed else 0.0
        glance = Glance(
            found.state,
            found.reason,
            audience,
            counts,
            rate,
            (audience - tried) / rate if rate else 0.0,
        )
        yield glance
        if glance.over:
            return
        time.sleep(every)
