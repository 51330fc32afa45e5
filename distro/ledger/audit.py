"""Recount a distribution from its bytes: check that everyone has exactly one state and that the
counters agree.
"""

from dataclasses import dataclass
from typing import Any

from distro.ledger.recovery import leases
from distro.model import State
from distro.store import Store, distributions, keys, records
from distro.store.records import batches_of, counters, histogram, ordinals_in


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of a recount."""

    distribution: str
    audience: int
    counts: dict[State, int]  # from the bytes
    findings: tuple[str, ...]  # empty: it balances

    @property
    def balanced(self) -> bool:
        """Return whether everything agrees."""
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """Return the recount as `--json` and the API give it."""
        return {
            "distribution": f"D{self.distribution}",
            "audience": self.audience,
            "counts": {state.value: n for state, n in self.counts.items()},
            "balanced": self.balanced,
            "findings": list(self.findings),
        }


def audit(store: Store, distribution: str) -> Audit:
    """Hold every byte of a ledger against its counters, audience, batches and leases."""
    found = distributions.read(store, distribution)
    if not found.frozen:
        return Audit(distribution, 0, histogram(b""), ())
    audience = found.audience
    states = records.states_of(store, distribution)
    counts = histogram(states)
    findings = []
    if len(states) != audience:
        findings.append(f"{len(states)} states for an audience of {audience}")
    if sum(counts.values()) != len(states):
        findings.append(f"{len(states) - sum(counts.values())} bytes are no state")
    kept = counters(store, distribution)
    findings += [
        f"{state}: counter {kept[state]}, bytes {counts[state]}"
        for state in State
        if kept[state] != counts[state]
    ]
    ids = records.audience_of(store, distribution)
    if len(ids) != audience or len(set(ids)) != audience:
        findings.append("somebody stands in the audience twice, or not at all")
    findings += _orphans(store, distribution, states)
    return Audit(distribution, audience, counts, tuple(findings))


def _orphans(store: Store, distribution: str, states: bytes) -> list[str]:
    """Return somebody `sending` without a lease, or queued in a batch that nobody will look at."""
    leased = {lease.token for lease in leases(store, distribution)}
    found = []
    for ordinal in ordinals_in(states, State.SENDING):
        record = records.record_at(store, distribution, ordinal)
        if record.token not in leased:
            found.append(f"recipient {ordinal} is sending without a lease")
    watched = {int(b) for b in store.scores(keys.todo(distribution))} | {
        lease.batch for lease in leases(store, distribution)
    }
    for n, (first, past, *_) in enumerate(batches_of(store, distribution)):
        piece = states[first:past]
        if n not in watched and (b"q" in piece or b"d" in piece):
            found.append(f"batch {n} has work and nobody watches it")
    return found[:20]
