"""A batch that a process holds by lease, and the interface of whoever uses its intents."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from distro.store.ledger_scripts import Claim, Intent


@dataclass(slots=True)
class LeasedBatch:
    """A batch whose lease is ours."""

    claim: Claim
    cursor: int
    in_flight: int = 0  # `sending` under this lease, as the ledger sees it
    exhausted: bool = False  # no more intents to be had
    lost: bool = False  # the lease is ours no more
    halted: bool = False
    returning: bool = False  # the lease is on its way back
    lift_ms: int = 0  # when its embargo is over, as the ledger says; 0: it is, or there is none
    rest_until: float = 0.0  # loop time until which the pace allows nothing more of it
    done: asyncio.Event = field(default_factory=asyncio.Event)  # exhausted or lost


class IntentConsumer(Protocol):
    """The user of intents; implemented by the flow."""

    def wanted(self) -> int:
        """Return how many intents could be used now."""

    def waiting(self) -> bool:
        """Return whether a connection waits for a letter."""

    def pace(self, claim: Claim) -> str:
        """Return the buckets that a batch draws from."""

    def on_intents(self, leased: LeasedBatch, intents: tuple[Intent, ...], before: float) -> None:
        """Use granted intents; `before` is the loop time before the call that granted them."""

    def on_drained(self, leased: LeasedBatch) -> None:
        """Give the lease back: the batch has ended and nothing of it is in flight."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings of an installation about batches."""

    lease_ms: int  # how long one belongs to a process that has gone silent
    stale_ms: int  # work that waited longer halts its distribution instead of being claimed
    slow: str  # what a group of receivers gets that asks us to slow down
