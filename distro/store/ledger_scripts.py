"""Signatures of the ledger's scripts: calls of a sending process, of the sweep and of a person's
orders.
"""

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from distro.model import DistributionId, DistributionState
from distro.store import clock
from distro.store.client import Call

OUTCOME_SIZE = 29
RECORD_SIZE = 29
TRUSTED_TIER = 128  # in the place of a batch's edition: this much more in the tier of the trusted

_GRANTED = struct.Struct(">IIBB")  # ordinal, subscriber, attempt, flags

DUE_LEASE_MS = 5_000  # who claimed a due distribution and died is followed by another after so long


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch whose lease is ours: ordinals from `first` up to, without, `past`, all of one
    edition.
    """

    distribution: str
    batch: int
    token: str  # 8 hexadecimal digits, fresh at every claim
    first: int
    past: int
    edition: int  # index into the distribution's languages
    group: int = 0  # index into its groups of receivers, from 1; 0: none
    trusted: bool = False  # they have it before the embargo is over


class Intent(NamedTuple):
    """A recipient whose `sending` is written; this attempt is named by the claim's token and
    `attempt`.
    """

    ordinal: int
    subscriber: int
    attempt: int
    flags: int
    row: bytes  # the subscriber as the book has it now, JSON
    thread: bytes = b""  # of a note: the letter that it answers (`records.unpack_thread`)


@dataclass(frozen=True, slots=True)
class Stepped:
    """The answer to a group commit."""

    # 0 granted; 1 the lease is lost; 2 the distribution does not send; 3 the pace allows none now
    status: int
    cursor: int
    intents: tuple[Intent, ...]
    answers: str  # one of g, n, t, x for each question at 354
    state: str  # of the distribution
    wait_ms: int = 0  # until the pace allows another
    lift_ms: int = 0  # when the embargo is over (unix ms); 0: it is, or there is none


@dataclass(frozen=True, slots=True)
class Step:
    """One group commit: what `step` is asked."""

    process: str
    serial: int
    distribution: str
    outcomes: bytes = b""  # OUTCOME_SIZE each, sorted by ordinal
    claim: Claim | None = None
    want: int = 0
    cursor: int = 0
    questions: bytes = b""
    pace: str = ""  # buckets to draw from: "name rate burst;…"
    slow: str = ""  # what a group gets that asks us to slow down: "rate ms"
    texts: Sequence[tuple[int, int, str]] = field(default_factory=tuple)


def step(ask: Step) -> Call[Stepped]:
    """Write outcomes and grant the next intents, idempotent by its serial."""
    claim = ask.claim
    where: tuple[int | str, ...] = (
        (claim.batch, claim.token, ask.want, ask.cursor, claim.past)
        if claim
        else (-1, "0", 0, 0, 0)
    )
    args = [word for triple in ask.texts for word in triple]
    return Call(
        "step",
        (
            ask.process,
            ask.serial,
            ask.distribution,
            ask.outcomes,
            *where,
            ask.questions,
            ask.pace,
            ask.slow,
            *args,
        ),
        _stepped,
    )


def _stepped(answer: Any) -> Stepped:
    status, cursor, granted, rows, answers, state, wait_ms, lift_ms, threads = answer
    intents = tuple(
        [
            Intent(ordinal, who, attempt, flags, row or b"{}")
            for (ordinal, who, attempt, flags), row in zip(
                _GRANTED.iter_unpack(granted), rows, strict=True
            )
        ]
    )
    if threads:
        intents = tuple(
            intent._replace(thread=threads[n * 8 : n * 8 + 8]) for n, intent in enumerate(intents)
        )
    return Stepped(
        int(status),
        int(cursor),
        intents,
        answers.decode(),
        state.decode(),
        int(wait_ms),
        int(lift_ms),
    )


def claim(
    distribution: str,
    batch: int,
    token: str,
    process: str,
    lease_ms: int,
    stale_ms: int,
    skip: Sequence[int] = (),
    host_ms: int = 0,
) -> Call[Claim | None]:
    """Take a batch with work: this one if it may be taken, else any that is due; None: there is
    nothing to do.

    A distribution whose work has waited for over `stale_ms` is halted instead. `host_ms` is this
    host's clock (0: as it is now): a lift needs it and Redis' to agree.
    """

    def read(answer: Any) -> Claim | None:
        """Read the script's answer."""
        if not answer:
            return None
        number, first, past, edition, group = answer
        edition, tier = edition % TRUSTED_TIER, edition >= TRUSTED_TIER
        return Claim(distribution, number, token, first, past, edition, group, tier)

    skipped = ",".join(map(str, skip))
    host_ms = host_ms or time.time_ns() // 1_000_000 + clock.offset()
    return Call(
        "claim",
        (distribution, batch, token, process, lease_ms, stale_ms, skipped, host_ms),
        read,
    )


def others(distribution: str) -> Call[bool]:
    """Return whether another distribution waits for a sending process."""
    return Call("others", (distribution, DUE_LEASE_MS), bool)


def renew(lease_ms: int, claims: Sequence[Claim]) -> Call[list[bool]]:
    """Keep leases; False for each that is ours no more."""
    args = [word for c in claims for word in (c.distribution, c.batch, c.token)]
    return Call("renew", (lease_ms, *args), lambda answer: [bool(a) for a in answer])


def release(claim: Claim, wait_ms: int = 0) -> Call[bool]:
    """Give a lease back; False while somebody is still `sending` under it."""
    return Call("release", (claim.distribution, claim.batch, claim.token, wait_ms), bool)


def doubts(
    distribution: str, policy: str, after_ms: int, *, least: int, share: float, at_most: int = 500
) -> Call[tuple[int, int]]:
    """Apply the policy to doubts that were waited for; gives how many were looked at and how many
    go again.

    Over `least` doubts, and over this share of the audience, the distribution is halted instead.
    """
    return Call(
        "doubts",
        (distribution, policy, after_ms, at_most, least, f"{share:g}"),
        lambda a: (int(a[0]), int(a[1])),
    )


def errors(distribution: str, *, share: float, least: int) -> Call[bool]:
    """Halt if over this share of at least so many ended `failed`; True when it was halted now."""
    return Call("errors", (distribution, f"{share:g}", least), bool)


def close(distribution: str) -> Call[bool]:
    """Call it sent if it is; True when it became so now."""
    return Call("close", (distribution,), bool)


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """The store's answer to an order about a distribution."""

    what: str  # ok, refused, held or gone
    name: str  # of the distribution's state; "" where there is no such distribution

    @property
    def done(self) -> bool:
        """Return whether it was carried out."""
        return self.what == "ok"

    @property
    def state(self) -> DistributionState | None:
        """Return the distribution's state; None where there is no such distribution."""
        return DistributionState(self.name) if self.name else None


def _order_answer(answer: Any) -> OrderAnswer:
    return OrderAnswer(answer[0].decode(), answer[1].decode())


def halt(distribution: str, actor: str, reason: str, guard: str = "") -> Call[OrderAnswer]:
    """Halt a distribution; `guard` names what halts it by itself, "" a person."""
    return Call("halt_or_resume", (distribution, "halt", actor, reason, guard), _order_answer)


def resume(distribution: str, actor: str, reason: str) -> Call[OrderAnswer]:
    """Go on with a halted distribution, over the guard that halted it."""
    return Call("halt_or_resume", (distribution, "resume", actor, reason, ""), _order_answer)


def cancel(distribution: str, actor: str, reason: str) -> Call[OrderAnswer]:
    """Stop a distribution for good; where it is refused the answer has the state as it is."""
    return Call("cancel", (distribution, actor, reason), _order_answer)


def settle(distribution: str, at_most: int = 1000) -> Call[int]:
    """Return the next piece of what a cancelled distribution held: 0 there is more, 1 it is
    settled, 2 letters are in flight.
    """
    return Call("settle", (distribution, at_most), int)


def resend(
    distribution: str, state: str, first: int, actor: str, at_most: int = 1000
) -> Call[tuple[str, int, int]]:
    """Queue again those in doubt (`u`) or failed (`f`) from an ordinal on; gives ("ok" or
    "refused", next or -1, how many).
    """
    return Call(
        "resend",
        (distribution, state, first, at_most, actor),
        lambda a: (a[0].decode(), int(a[1]), int(a[2])),
    )


def reschedule(distribution: str, start_ms: int, actor: str, at_text: str) -> Call[OrderAnswer]:
    """Give a distribution another time; an audience fixed for the old one is let go."""
    return Call("reschedule", (distribution, start_ms, actor, at_text), _order_answer)


def approve(distribution: str, person: str, digest: str, audience: int) -> Call[OrderAnswer]:
    """Say yes to what a draft says; with enough of them it is scheduled."""
    return Call("approve", (distribution, person, digest, audience), _order_answer)


def void(distribution: str, actor: str, reason: str, act: str) -> Call[OrderAnswer]:
    """Make a draft of what has not begun: what was approved does not count any more."""
    return Call("void", (distribution, actor, reason, act), _order_answer)


def lift(distribution: str, lift_ms: int, actor: str, act: str, reason: str) -> Call[OrderAnswer]:
    """Give the embargo of a distribution another time (0: now); refused where it is over."""
    return Call("lift", (distribution, lift_ms, actor, act, reason), _order_answer)


def due(lease_ms: int = DUE_LEASE_MS, at_most: int = 20) -> Call[list[DistributionId]]:
    """Return the distributions that somebody must look at; whoever asks has them for the lease."""
    return Call("due", (lease_ms, at_most), lambda a: [DistributionId(d.decode()) for d in a])


def start(distribution: str, host_ms: int, stale_ms: int) -> Call[str]:
    """Flip a frozen, scheduled distribution at its time: "ok", "early", "not_now" (over `stale_ms`
    late it is halted).
    """
    return Call("start", (distribution, host_ms, stale_ms), lambda a: a[0].decode())
