"""How far a distribution is, asked again and again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from distro.installation.context import Installation
from distro.model import State
from distro.store.records import counters

OPEN = (State.QUEUED, State.SENDING)


@dataclass(frozen=True, slots=True)
class Glance:
    """One look."""

    state: str
    reason: str
    audience: int
    counts: dict[State, int]
    rate: float  # letters a second over the last looks
    left_seconds: float  # at that rate; 0: not known

    @property
    def tried(self) -> int:
        return self.audience - sum(self.counts[s] for s in OPEN)

    @property
    def over(self) -> bool:
        """Nothing moves any more without a person, or only after minutes."""
        return self.state in ("sent", "halted", "cancelled") or (
            self.state == "sending" and self.audience > 0 and not any(self.counts[s] for s in OPEN)
        )


def watch(installation: Installation, distribution: str, *, every: float = 0.5) -> Iterator[Glance]:
    """Look every so many seconds until it is over."""
    looks: list[tuple[float, int]] = []
    while True:
        told = installation.store.hash(f"dist:{distribution}")
        frozen = "frozen_at" in told
        counts = counters(installation.store, distribution) if frozen else dict.fromkeys(State, 0)
        audience = int(told.get("audience", 0)) if frozen else int(told.get("planned", 0))
        if not frozen:
            counts[State.QUEUED] = audience
        tried = audience - sum(counts[s] for s in OPEN)
        looks = [*looks[-9:], (time.monotonic(), tried)]
        passed, done = looks[-1][0] - looks[0][0], looks[-1][1] - looks[0][1]
        rate = done / passed if passed else 0.0
        glance = Glance(
            told.get("state", ""),
            told.get("reason", ""),
            audience,
            counts,
            rate,
            (audience - tried) / rate if rate else 0.0,
        )
        yield glance
        if glance.over:
            return
        time.sleep(every)
