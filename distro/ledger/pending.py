"""Collect outcomes and questions for the next group commit, and pack them as the step script reads
them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from distro.ledger.journal import Attempt
from distro.ledger.leased_batch import LeasedBatch
from distro.model import Outcome, State
from distro.store.records import pack_outcome

_LONGEST = 300  # characters of a reply that are kept


class PendingOutcome(NamedTuple):
    """The end of an attempt, not yet in the ledger."""

    leased: LeasedBatch
    attempt: Attempt
    outcome: Outcome
    relay: int  # index into the distribution's relays, from 1; 0: none
    delay_ms: int  # until the next attempt of what is deferred


class PendingQuestion(NamedTuple):
    """A question at 354: whether this letter's body may begin."""

    leased: LeasedBatch
    attempt: Attempt
    answer: asyncio.Future[str]


@dataclass(slots=True)
class Pending:
    """The outcomes and questions that wait for the next commit of one distribution."""

    outcomes: list[PendingOutcome] = field(default_factory=list)
    questions: list[PendingQuestion] = field(default_factory=list)


def packed_outcomes(outcomes: Sequence[PendingOutcome]) -> bytes:
    """Return outcomes as the step script takes them, sorted by ordinal."""
    return b"".join(
        sorted(
            pack_outcome(a.ordinal, o.state, a.token, a.number, o, relay)
            for _, a, o, relay, _ in outcomes
        )
    )


def packed_questions(questions: Sequence[PendingQuestion]) -> bytes:
    """Return questions as the step script takes them: ordinal, token, batch."""
    return b"".join(
        a.ordinal.to_bytes(4, "big")
        + bytes.fromhex(a.token)
        + leased.claim.batch.to_bytes(4, "big")
        for leased, a, _ in questions
    )


def texts_of(outcomes: Sequence[PendingOutcome]) -> list[tuple[int, int, str]]:
    """Return (ordinal, delay in ms, text) of those who were not accepted."""
    return [
        (a.ordinal, delay, o.text[:_LONGEST])
        for _, a, o, _, delay in outcomes
        if o.state is not State.ACCEPTED
    ]
