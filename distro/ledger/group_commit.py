"""Commit in groups: outcomes and next intents travel together, one script call for all that is
pending.

One call at a time a process, each with a serial: if the answer is lost, the same call is made again
and changes nothing. The intent is written before the act: what the consumer gets is `sending` in
the ledger already. A batch's lease is needed for new intents, never for outcomes: truth counts,
however late.
"""

import asyncio
import secrets
from collections import deque

from distro.errors import StoreGoneError
from distro.ledger.journal import Attempt
from distro.ledger.leased_batch import IntentConsumer, LeasedBatch, Terms
from distro.ledger.patient_store import PatientStore
from distro.ledger.pending import (
    Pending,
    PendingOutcome,
    PendingQuestion,
    packed_outcomes,
    packed_questions,
    texts_of,
)
from distro.lib import failpoints
from distro.model import Outcome
from distro.store import AsyncStore
from distro.store import ledger_scripts as scripts

# seconds between two commits, unless many outcomes wait: a commit costs Redis a write to the disk,
# whatever its size
_INTERVAL = 0.010
_LEAST = 0.004  # seconds between them where a connection waits for a letter
_SLICE = 0.25  # seconds of one held batch before another's turn
_REST = 0.05  # seconds that a batch rests at least when its receivers' bucket is empty
_MOST = 400  # outcomes in one call: under 10 ms for Redis
RENEW_EVERY = 5.0  # seconds


class GroupCommit:
    """The one writer of a process into the ledger."""

    def __init__(
        self, store: AsyncStore, process: str, consumer: IntentConsumer, terms: Terms
    ) -> None:
        self.store = store
        self.process = process
        self.consumer = consumer
        self.terms = terms
        self.early = 8  # so many outcomes do not wait for the interval
        self.leased: deque[LeasedBatch] = deque()
        self._patient = PatientStore(store)
        self._serial = 0
        self._pending: dict[str, Pending] = {}
        self._count = 0  # outcomes that wait
        self._kick = asyncio.Event()
        self._enough: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._slice_until = 0.0

    # -- what callers say

    async def claim(self, distribution: str, batch: int) -> LeasedBatch | None:
        """Take a batch of this distribution, this one if possible; None: nothing to do."""
        failpoints.point("claim.before")
        found = await self._patient.call(
            scripts.claim(
                distribution,
                batch,
                secrets.token_hex(4),
                self.process,
                self.terms.lease_ms,
                self.terms.stale_ms,
                self._resting(distribution),
            )
        )
        if found is None:
            return None
        failpoints.point("claim.after")
        leased = LeasedBatch(found, found.first)
        self.leased.append(leased)
        self.kick()
        return leased

    def holding(self, distribution: str) -> LeasedBatch | None:
        """Return a batch of this distribution that is not through and may go on."""
        return next(
            (
                h
                for h in self.leased
                if h.claim.distribution == distribution and not h.done.is_set()
            ),
            None,
        )

    def _resting(self, distribution: str) -> list[int]:
        """Return the groups of receivers of which this process holds a batch back."""
        return sorted(
            {
                h.claim.group
                for h in self.leased
                if h.claim.group
                and h.rest_until
                and not h.exhausted
                and h.claim.distribution == distribution
            }
        )

    def resting_for(self, distribution: str) -> float:
        """Return the seconds until another batch of a distribution is of use; 0 where one is now.

        A batch of no group is held back by the relays' pace.
        """
        now = self._loop.time()
        mine = (h for h in self.leased if h.claim.distribution == distribution)
        return max(
            (
                max(h.rest_until - now, _REST)
                for h in mine
                if not h.claim.group and not h.exhausted and h.rest_until
            ),
            default=0.0,
        )

    def outcome(
        self,
        leased: LeasedBatch,
        attempt: Attempt,
        outcome: Outcome,
        *,
        relay: int,
        delay_ms: int = 0,
    ) -> None:
        """Have an outcome written with the next commit; `delay_ms` until the next try if
        deferred.
        """
        self._of(attempt.distribution).outcomes.append(
            PendingOutcome(leased, attempt, outcome, relay, delay_ms)
        )
        self._count += 1
        if self._count >= self.early:
            self._go()
        self._kick.set()

    async def ask(self, leased: LeasedBatch, attempt: Attempt) -> str:
        """Return whether this attempt's body may still begin: g go, n they said no, x not any
        more.
        """
        answer: asyncio.Future[str] = self._loop.create_future()
        self._of(attempt.distribution).questions.append(PendingQuestion(leased, attempt, answer))
        self.hurry()
        return await answer

    def kick(self) -> None:
        """Look whether something is wanted."""
        self._kick.set()

    def hurry(self) -> None:
        """Look as soon as may be: a connection waits."""
        self._kick.set()
        if self._enough:
            self._loop.call_later(self._last + _LEAST - self._loop.time(), self._go)

    def end(self, leased: LeasedBatch, *, lost: bool = False, halted: bool = False) -> None:
        """Take no more intents of a batch: it is through, its lease is lost, or it stands still."""
        leased.exhausted, leased.lost, leased.halted = (
            True,
            leased.lost or lost,
            leased.halted or halted,
        )
        leased.done.set()
        self._drained(leased)

    def _drained(self, leased: LeasedBatch) -> None:
        if leased.exhausted and leased.in_flight <= 0 and not leased.returning:
            leased.returning = True
            self.consumer.on_drained(leased)

    @property
    def idle(self) -> bool:
        """Return whether nothing waits to be written."""
        return not any(p.outcomes or p.questions for p in self._pending.values())

    # -- the loop

    async def run(self) -> None:
        """Commit until cancelled."""
        while True:
            await self._kick.wait()
            self._kick.clear()
            await self._gather()
            if self._has_work():
                self._last = self._loop.time()
                await self._commit_one()
            if self._has_work():
                self._kick.set()

    async def _gather(self) -> None:
        """Let outcomes come together, until the interval is over, enough have come, or a connection
        waits for more.
        """
        pause = self._last + (_LEAST if self.consumer.waiting() else _INTERVAL) - self._loop.time()
        if pause > 0 and self._count < self.early:
            self._enough = self._loop.create_future()
            timer = self._loop.call_later(pause, self._go)
            await self._enough
            self._enough = None
            timer.cancel()

    def _go(self) -> None:
        if self._enough and not self._enough.done():
            self._enough.set_result(None)

    def _has_work(self) -> bool:
        return not self.idle or (self._next_claim() is not None and self.consumer.wanted() > 0)

    def _next_claim(self) -> LeasedBatch | None:
        """Return the held batch whose turn it is: they take turns of some time, so that
        distributions share a process in large groups.
        """
        now = self._loop.time()
        if self.leased and now >= self._slice_until:
            self._slice_until = now + _SLICE
            self.leased.rotate(-1)
        for _ in range(len(self.leased)):
            leased = self.leased[-1]
            if not leased.exhausted and (leased.rest_until <= now or not leased.claim.group):
                # Without a group it waits for the relays' bucket, as all would.
                return leased if leased.rest_until <= now else None
            self.leased.rotate(-1)
        return None

    async def _commit_one(self) -> None:
        leased = self._next_claim()
        waiting = [d for d, p in self._pending.items() if p.outcomes or p.questions]
        distribution = waiting[0] if waiting else ""
        if leased and (not waiting or leased.claim.distribution in waiting):
            distribution = leased.claim.distribution
        if leased and leased.claim.distribution != distribution:
            leased = None
        pending = self._of(distribution)
        outcomes, pending.outcomes = pending.outcomes[:_MOST], pending.outcomes[_MOST:]
        self._count -= len(outcomes)
        questions, pending.questions = pending.questions, []
        # What these outcomes free may be used at once.
        want = max(0, self.consumer.wanted() + len(outcomes)) if leased else 0
        self._serial += 1
        ask = scripts.Step(
            process=self.process,
            serial=self._serial,
            distribution=distribution,
            outcomes=packed_outcomes(outcomes),
            claim=leased.claim if leased else None,
            want=want,
            cursor=leased.cursor if leased else 0,
            questions=packed_questions(questions),
            pace=self.consumer.pace(leased.claim) if leased else "",
            slow=self.terms.slow,
            texts=texts_of(outcomes),
        )
        before = self._loop.time()
        if outcomes:
            failpoints.point("outcome")
        answer = await self._patient.call(scripts.step(ask))
        for h, *_ in outcomes:
            h.in_flight -= 1
            self._drained(h)
        for (_, _, asked), verdict in zip(questions, answer.answers, strict=True):
            if not asked.done():
                asked.set_result(verdict)
        if leased:
            self._granted(leased, answer, want, before)

    def _granted(
        self, leased: LeasedBatch, answer: scripts.Stepped, want: int, before: float
    ) -> None:
        leased.cursor, leased.lift_ms = answer.cursor, answer.lift_ms
        leased.in_flight += len(answer.intents)
        if answer.status == 3:  # let others go first until the bucket has filled a little
            rest = max(answer.wait_ms / 1000, _REST)
            leased.rest_until = self._loop.time() + rest
            leased.done.set()
            self._loop.call_later(rest, self._rested, leased)
        ended = answer.status in (1, 2) or (
            answer.cursor >= leased.claim.past and len(answer.intents) < want
        )
        if ended:
            leased.exhausted, leased.lost, leased.halted = (
                True,
                answer.status == 1,
                answer.status == 2,
            )
        if answer.intents or ended:
            self.consumer.on_intents(leased, answer.intents, before)
        if ended:
            self.end(leased)

    def _rested(self, leased: LeasedBatch) -> None:
        """Let a batch go on. Its time counts as over: a timer may ring a rounding error early, and
        nobody would ring again.
        """
        leased.rest_until = min(leased.rest_until, self._loop.time())
        self.kick()

    def _of(self, distribution: str) -> Pending:
        return self._pending.setdefault(distribution, Pending())

    # -- leases

    async def keep_leases(self) -> None:
        """Renew every lease every few seconds until cancelled; those that are lost end."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            mine = [h for h in self.leased if not h.lost]
            if mine:
                try:
                    kept = await self.store.call(
                        scripts.renew(self.terms.lease_ms, [h.claim for h in mine])
                    )
                except StoreGoneError:
                    continue
                for leased, still in zip(mine, kept, strict=True):
                    if not still and leased in self.leased:
                        leased.lost = True
                        self.consumer.on_intents(leased, (), 0.0)
                        self.end(leased, lost=True)

    async def give_back(self, leased: LeasedBatch, wait_ms: int) -> None:
        """Give a lease back; what is left of the batch is work again, after `wait_ms`."""
        if leased in self.leased:
            await self._patient.call(scripts.release(leased.claim, wait_ms))
            self.leased.remove(leased)
