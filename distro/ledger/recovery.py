"""Settle the letters of processes that are gone or silent: by their journals, then as doubt.

| its process                        | a reply in the journal | begun, no reply | not begun |
|------------------------------------|------------------------|-----------------|-----------|
| gone, this boot                    | that state             | in doubt        | queued    |
| gone, journal of an earlier boot   | that state             | in doubt        | in doubt  |
| alive, lease expired for two terms | that state             | in doubt        | in doubt  |
| of another host, no journal here   | –                      | in doubt        | in doubt  |
"""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from distro.ledger import journal
from distro.ledger.journal import Attempt, Evidence
from distro.lib import failpoints
from distro.model import Outcome, State
from distro.store import Store, keys, records
from distro.store import ledger_scripts as scripts
from distro.store.ledger_scripts import Claim
from distro.store.records import batches_of, ordinals_in, pack_outcome

_PIECE = 400  # verdicts in one call


@dataclass(frozen=True, slots=True)
class Lease:
    """The holder of a batch."""

    distribution: str
    batch: int
    token: str
    expires: int  # ms, Redis TIME
    process: str


def leases(store: Store, distribution: str) -> list[Lease]:
    """Return every lease of a distribution."""
    found = []
    for batch, lease in store.hash(keys.leases(distribution)).items():
        token, expires, process = lease.split(" ", 2)
        found.append(Lease(distribution, int(batch), token, int(expires), process))
    return found


class Recovery:
    """Settles leases of the dead, under a process name of its own."""

    def __init__(self, store: Store, journals: Path, host: str) -> None:
        self.store = store
        self.journals = journals
        self.host = host
        self.process = f"sweep.{host}.{secrets.token_hex(4)}"
        self._serial = itertools.count(1)

    def settle(self, distribution: str, *, grace_ms: int | None) -> dict[State, int]:
        """Judge every lease whose holder is gone, or silent for `grace_ms` after its end; gives how
        many became what.

        Without a grace only a journal's free lock is evidence: whoever asks has no right to judge
        by the clock.
        """
        became: dict[State, int] = {}
        now = self.store.now_ms()
        for lease in leases(self.store, distribution):
            evidence = self._evidence(lease, now, grace_ms)
            if evidence is not None:
                for state, n in self._settle_one(lease, evidence).items():
                    became[state] = became.get(state, 0) + n
        return became

    def _evidence(self, lease: Lease, now: int, grace_ms: int | None) -> Evidence | None:
        """Return what is known about a lease's holder; None: it is not to be judged (yet)."""
        if "/" in lease.process:  # Redis says the name: it must not lead out of our folder
            return (
                None
                if grace_ms is None or now < lease.expires + grace_ms
                else Evidence({}, frozenset(), this_boot=False)
            )
        if lease.process.partition(".")[0] == self.host:
            found = journal.read(self.journals, lease.process)  # with its lock: the process is gone
            if found is not None:
                return found
        if grace_ms is None or now < lease.expires + grace_ms:
            return None
        path = self.journals / f"{lease.process}.log"
        attempts = (
            journal.parse(path.read_text(encoding="utf-8", errors="replace"))
            if path.exists()
            else Evidence({}, frozenset(), this_boot=False)
        )
        # It may still begin what it has: nothing is "not begun".
        return Evidence(attempts.ended, attempts.begun, this_boot=False)

    def record(
        self, distribution: str, verdicts: Sequence[tuple[Attempt, Outcome]]
    ) -> dict[State, int]:
        """Write down how attempts ended, ascending by ordinal; gives how many became what."""
        relays = self.store.elements(keys.relays(distribution))
        became: dict[State, int] = {}
        for start in range(0, len(verdicts), _PIECE):
            packed, texts = b"", []
            for attempt, outcome in verdicts[start : start + _PIECE]:
                relay = relays.index(outcome.relay) + 1 if outcome.relay in relays else 0
                packed += pack_outcome(
                    attempt.ordinal, outcome.state, attempt.token, attempt.number, outcome, relay
                )
                if outcome.state is not State.ACCEPTED:
                    texts.append((attempt.ordinal, 0, outcome.text))
                became[outcome.state] = became.get(outcome.state, 0) + 1
            self.store.call(
                scripts.step(
                    scripts.Step(
                        self.process, next(self._serial), distribution, packed, texts=texts
                    )
                )
            )
        return became

    def _settle_one(self, lease: Lease, evidence: Evidence) -> dict[State, int]:
        first, past, edition, _ = batches_of(self.store, lease.distribution)[lease.batch]
        states = records.states_of(self.store, lease.distribution, first, past)
        attempts = list(records.records_of(self.store, lease.distribution, first, past))
        verdicts: list[tuple[Attempt, Outcome]] = []
        for n in ordinals_in(states, State.SENDING):
            record = attempts[n]
            if record.token == lease.token:
                attempt = Attempt(lease.distribution, first + n, lease.token, record.attempts)
                verdicts.append((attempt, evidence.verdict(attempt)))
        failpoints.point("settle")
        became = self.record(lease.distribution, verdicts)
        self.store.call(
            scripts.release(
                Claim(lease.distribution, lease.batch, lease.token, first, past, edition)
            )
        )
        return became
