"""Record how each attempt ends: first in the process's journal, then in the next group commit."""

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from distro import log
from distro.errors import StoreGoneError
from distro.flow.fault_halt import halt_for_fault
from distro.flow.relay_notes import RelayNotes
from distro.flow.retry import retry_or_give_up
from distro.installation.context import Installation
from distro.ledger.group_commit import GroupCommit
from distro.ledger.journal import Attempt, Journal
from distro.ledger.leased_batch import LeasedBatch
from distro.letter import Filler
from distro.lib import failpoints
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.relay.reply import without_address
from distro.store import distributions
from distro.store.halts import DomainHalt
from distro.store.ledger_scripts import Intent
from distro.times import duration_ms

_SUPPRESSED = {"n": "unsubscribed", "t": "trust withdrawn"}  # by the verdict at 354


@dataclass(frozen=True, slots=True)
class RunningDistribution:
    """A distribution as a sending process sees it."""

    distribution: str
    fillers: tuple[Filler, ...]  # its letters by edition
    began_ms: int
    groups: tuple[str, ...] = ()  # of receivers that stand apart
    in_advance: tuple[Filler, ...] = ()  # its letters for who has it before the embargo is over
    lift_ms: int = 0  # when that is, as those letters say it
    # Of a note: the Message-ID of the letter that each of its own answers.
    answers: Callable[[bytes], bytes] = lambda _: b""


@dataclass(slots=True)
class Delivery:
    """One intent with its letter."""

    leased: LeasedBatch
    attempt: Attempt
    intent: Intent
    message: Message
    permitted: float  # loop time of the call that last said that it may begin
    halt: DomainHalt | None = None  # its domain was halted meanwhile
    # Why it was not begun after all: n they said no, t not trusted any more, x not ours any more.
    withdrawn: str = ""


class Recorder:
    """Writes what becomes of the attempts of one sending process."""

    def __init__(
        self,
        installation: Installation,
        commit: GroupCommit,
        journal: Journal,
        notes: RelayNotes,
        runs: Mapping[str, RunningDistribution],
    ) -> None:
        self.installation = installation
        self.commit = commit
        self.journal = journal
        self.notes = notes
        self.runs = runs
        self._retry = installation.settings.retry
        self._relays: dict[tuple[str, str], int] = {}

    def begun(self, attempt: Attempt) -> None:
        """Journal that a letter's body begins, before its first byte is sent."""
        try:
            self.journal.begun(attempt)
        except OSError as error:
            self._cannot_journal(error)
        failpoints.point("begun")

    def ended(self, delivery: Delivery, outcome: Outcome) -> None:
        """Record how an attempt ended: what the relay said, or that it was not begun after all."""
        if delivery.withdrawn in _SUPPRESSED:
            outcome = Outcome(State.SUPPRESSED, text=_SUPPRESSED[delivery.withdrawn])
        self._record(delivery, outcome, journal=True)

    def not_begun(self, delivery: Delivery) -> None:
        """Give an intent back: provably nothing was sent."""
        self._record(delivery, Outcome(State.QUEUED, text="not begun"), journal=False)

    def wait_for_halt(self, delivery: Delivery, halt: DomainHalt, seconds: float) -> None:
        """Put off a letter until its domain's halt is over: no refusal, and no part of the retry
        period.
        """
        self.commit.outcome(
            delivery.leased,
            delivery.attempt,
            Outcome(State.DEFERRED, text=f"halted: {halt.reason}"),
            relay=0,
            delay_ms=max(0, int(seconds * 1000)),
        )

    def cannot_fill(self, leased: LeasedBatch, attempt: Attempt, error: Exception) -> None:
        """Halt the distribution: a letter of it cannot be made, and nothing of it was sent.

        The reason names whom it is for by their ordinal alone.
        """
        unmade = Outcome(State.QUEUED, text="its letter cannot be made")
        self.commit.outcome(leased, attempt, unmade, relay=0)
        if leased.halted:
            return
        leased.halted = True
        doing = f"the letter of recipient {attempt.ordinal} cannot be made"
        with contextlib.suppress(StoreGoneError):  # else the next try says so
            halt_for_fault(self.installation, attempt.distribution, doing, error)

    def _record(self, delivery: Delivery, outcome: Outcome, *, journal: bool) -> None:
        attempt = delivery.attempt
        outcome = _without_recipient(outcome, delivery.message.recipient)
        delay_ms = 0
        if outcome.state is State.DEFERRED:
            began_ms = self.runs[attempt.distribution].began_ms
            outcome, delay_ms = retry_or_give_up(outcome, attempt.number, self._retry, began_ms)
        elif outcome.inside:
            # After the third break in a row inside this letter's body it waits so long.
            delay_ms = duration_ms(self._retry.first)
        if outcome.state is State.ACCEPTED:
            self.notes.going_on()
        if journal:
            failpoints.point("replied")
            try:
                self.journal.ended(attempt, outcome)
            except OSError as error:
                self._cannot_journal(error)
            failpoints.point("journalled")
        relay = self._relay_index(attempt.distribution, outcome.relay) if outcome.relay else 0
        self.commit.outcome(delivery.leased, attempt, outcome, relay=relay, delay_ms=delay_ms)

    def _cannot_journal(self, error: OSError) -> None:
        """End the process: what cannot be journalled must not happen."""
        log.get().error(
            "the journal cannot be written: this process stops sending",
            path=str(self.journal.path),
            why=error.strerror or str(error),
        )
        os._exit(74)

    def _relay_index(self, distribution: str, name: str) -> int:
        """Return the number under which records call a relay, from 1."""
        known = self._relays.get((distribution, name))
        if known is None:
            known = distributions.relay_index(self.installation.store, distribution, name)
            self._relays[distribution, name] = known
        return known


def _without_recipient(outcome: Outcome, recipient: str) -> Outcome:
    """Return an outcome whose text and queue id do not name whom the letter is for."""
    named = outcome.queue_id.lower() in recipient.lower()  # some relays name it by the address
    return outcome._replace(
        text=without_address(outcome.text, recipient),
        queue_id="" if named else outcome.queue_id,
    )
