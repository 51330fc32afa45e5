"""Batches are claimed, letters sent, outcomes recorded: the life of a sending process.

A process keeps one event loop in a thread of its own, one group commit into the ledger and one pool
of connections for
its life. `deliver` lends it a distribution: it takes that distribution's batches one after the
other and returns when
there is nothing left to take, or after about twenty seconds; what is still in flight stays with the
pool. The pool asks
for letters (`take`), asks again at 354 (`may_begin`), and tells how each ended (`done`); nothing
here sleeps for pacing.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from distro import log
from distro.errors import DistroError, StoreGoneError
from distro.flow import throttle
from distro.flow.domain_halts import DomainHalt, DomainHalts
from distro.flow.fault_halt import halt_for_fault
from distro.flow.ready_queue import ReadyQueue
from distro.flow.relay_notes import RelayNotes
from distro.flow.retry import retry_or_give_up
from distro.installation.context import Installation
from distro.ledger.group_commit import GroupCommit, IntentConsumer, LeasedBatch, Terms
from distro.ledger.journal import Attempt, Journal
from distro.letter import Filler
from distro.lib import failpoints
from distro.lib.inline_task import InlineTask
from distro.model import Outcome, State
from distro.relay.capacity import Learnt
from distro.relay.message import Message
from distro.relay.pool import IDLE, PoolOf, Work
from distro.relay.reply import without_address
from distro.store import AsyncStore, processes
from distro.store import ledger_scripts as scripts
from distro.store.ledger_scripts import Claim, Intent
from distro.times import duration_ms

SLICE = 20.0  # seconds that one wake-up may keep a process
_TURN = 0.25  # seconds that it keeps it at least; another distribution may wait so long
_FRESH = 0.5  # seconds for which an intent's permission to begin holds
_RUNS = 8  # distributions whose letters are kept compiled
_FORGOTTEN = 10.0  # seconds that a letter may be ready without a connection that takes it
_PER_LANE = 2  # intents a connection: one in flight, one ready


class _SubscriberRow(msgspec.Struct):
    """What a letter needs of a subscriber."""

    email: str = ""
    name: list[str] = []


@dataclass(frozen=True, slots=True)
class RunningDistribution:
    """A distribution as a sending process sees it: its letters by edition, and when it began."""

    distribution: str
    fillers: tuple[Filler, ...]
    began_ms: int
    groups: tuple[str, ...] = ()  # of receivers that stand apart


@dataclass(slots=True)
class Delivery:
    """One intent with its letter."""

    leased: LeasedBatch
    attempt: Attempt
    intent: Intent
    message: Message
    permitted: float  # loop time of the call that last said that it may begin
    stop: DomainHalt | None = None  # its domain was halted meanwhile
    withdrawn: str = ""  # why it was not begun after all: n they said no, x not ours any more


class Deliverer(Work[Delivery], IntentConsumer):
    """The sending side of one process; made on its event loop."""

    def __init__(
        self, installation: Installation, store: AsyncStore, process: str, pool_of: PoolOf
    ) -> None:
        self.installation = installation
        self.store = store
        self.process = process
        self.journal = Journal(installation.journals, process)
        self.pool = pool_of(self)
        settings = installation.settings
        terms = Terms(
            duration_ms(settings.worker.lease),
            duration_ms(settings.limits.stale),
            throttle.slow_down(settings),
        )
        self.commit = GroupCommit(store, process, self, terms)
        self.commit.early = max(1, self.pool.lanes * 3 // 4)
        self.runs: dict[str, RunningDistribution] = {}
        self.ready_queue: ReadyQueue[Delivery] = ReadyQueue(IDLE)
        self._relays: dict[tuple[str, str], int] = {}
        self._paces = throttle.Paces(settings)
        self._decode = msgspec.json.Decoder(_SubscriberRow).decode
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._unreachable_until = 0.0
        self.stops = DomainHalts(store)  # domains that are halted
        self.notes = RelayNotes(store, process)
        self._returns: set[asyncio.Task[None]] = set()

    # -- life

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(coroutine)
            for coroutine in (self.commit.keep_leases(), self._alive(), self.stops.watch())
        ]
        self._committing = InlineTask(self.commit.run())
        for end in (*self._tasks, self._committing.end):
            end.add_done_callback(self._broke)
        self._committing.go()
        self.pool.start()

    def _broke(self, end: "asyncio.Future[None]") -> None:
        if not end.cancelled() and (error := end.exception()):
            self.broken(error)

    def broken(self, error: BaseException) -> None:
        """A bug must not look like a quiet worker: the process ends, and its journal says what
        became of its letters.
        """
        log.get().error(
            "this process cannot go on; its letters will be judged by its journal",
            why=repr(error),
            exc_info=error,
        )
        os._exit(70)

    async def stop(self, seconds: float) -> None:
        """Claim no more, let what is in flight end, commit, give the leases back."""
        self._stopping = True
        self._return_ready(lambda _: True)
        self.ready_queue.close()
        await self.pool.stop(seconds)
        end = self._loop.time() + 5
        while not self.commit.idle and self._loop.time() < end:
            self.commit.kick()
            await asyncio.sleep(0.01)
        for leased in list(self.commit.leased):
            self.commit.end(leased)
        if self._returns:
            await asyncio.wait(self._returns, timeout=2)
        self._committing.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(DistroError):
            await self.notes.close()
            await processes.say_gone(self.store, self.process)
        await self.store.close()
        self.journal.close()

    async def _alive(self) -> None:
        while True:
            with contextlib.suppress(DistroError):
                await processes.say_alive(self.store, self.process)
            with contextlib.suppress(DistroError):
                await self.notes.keep()
            self.ready_queue.expire_waiters()
            self._return_forgotten()
            await asyncio.sleep(5)

    # -- one wake-up

    async def drain(self, run: RunningDistribution, batch: int, seconds: float) -> bool:
        """Send what this distribution has for us; True if there may be more."""
        self._remember(run)
        began = self._loop.time()
        while await self._goes_on(run, began, seconds):
            if self._loop.time() < self._unreachable_until:
                return False
            rest = self.commit.resting_for(run.distribution)
            if rest > 0:  # the relays' own bucket is empty: another batch would wait for it too
                await asyncio.sleep(min(rest, _TURN))
                continue
            leased = self.commit.holding(run.distribution) or await self.commit.claim(
                run.distribution, batch
            )
            batch = -1
            if leased is None:
                return False
            self.ready_queue.call()
            self.commit.kick()
            while not leased.done.is_set() and await self._goes_on(run, began, seconds):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_TURN):
                        await leased.done.wait()
        return not self._stopping

    async def _goes_on(self, run: RunningDistribution, began: float, seconds: float) -> bool:
        """Whether this wake-up stays: at least a turn, and longer unless another distribution waits
        for a process.

        What it holds goes on either way; only the process is free for another wake-up.
        """
        took = self._loop.time() - began
        if self._stopping or took >= seconds:
            return False
        with contextlib.suppress(StoreGoneError):
            return took < _TURN or not await self.store.call(scripts.others(run.distribution))
        return True

    def _remember(self, run: RunningDistribution) -> None:
        """Keep a run while letters of it may come back; of those that are through, only the last
        few.
        """
        self.runs[run.distribution] = run
        leased = {h.claim.distribution for h in self.commit.leased}
        for distribution in [d for d in self.runs if d not in leased and d != run.distribution][
            :-_RUNS
        ]:
            del self.runs[distribution]

    def pace(self, claim: Claim) -> str:
        """The buckets that letters of a batch draw from."""
        group = self.runs[claim.distribution].groups[claim.group - 1] if claim.group else ""
        return self._paces.of(group)

    def wanted(self) -> int:
        """How many more intents could be used: two for each connected lane, less what is `sending`
        in the ledger.
        """
        if self._stopping or self._loop.time() < self._unreachable_until:
            return 0
        return self.ready_queue.lanes * _PER_LANE - sum(h.in_flight for h in self.commit.leased)

    def waiting(self) -> bool:
        return self.ready_queue.waiting

    def on_intents(self, leased: LeasedBatch, intents: tuple[Intent, ...], before: float) -> None:
        """Intents are granted: give them to waiting lanes, keep the rest ready."""
        failpoints.point("intent")
        run = self.runs[leased.claim.distribution]
        filler = run.fillers[leased.claim.edition]
        for intent in intents:
            attempt = Attempt(run.distribution, intent.ordinal, leased.claim.token, intent.attempt)
            try:
                row = self._decode(intent.row)
                pieces = filler.fill(
                    intent.ordinal, intent.subscriber, row.email, row.name[0] if row.name else ""
                )
            except Exception as error:  # noqa: BLE001 - one reader's broken data must not end the process, again and again
                self._cannot_fill(leased, attempt, error)
                continue
            delivery = Delivery(
                leased,
                attempt,
                intent,
                Message(
                    filler.envelope_sender(intent.ordinal),
                    row.email,
                    pieces,
                    f"D{run.distribution}.{intent.ordinal}",
                ),
                before,
            )
            stop = self.stops.of(row.email)
            if stop:
                self._stopped(delivery, stop)
            else:
                self.ready_queue.offer(delivery)
        if leased.lost or leased.halted:
            self._return_ready(lambda delivery: delivery.leased is leased)

    def _cannot_fill(self, leased: LeasedBatch, attempt: Attempt, error: Exception) -> None:
        """Halt the distribution: nothing of this letter was sent, and who it is for is told by
        their number alone.
        """
        self.commit.outcome(
            leased, attempt, Outcome(State.QUEUED, text="its letter cannot be made"), relay=0
        )
        if not leased.halted:
            leased.halted = True
            with contextlib.suppress(StoreGoneError):  # else the next try says so
                halt_for_fault(
                    self.installation,
                    attempt.distribution,
                    f"the letter of recipient {attempt.ordinal} cannot be made",
                    error,
                )

    def _stopped(self, delivery: Delivery, stop: DomainHalt) -> None:
        """Not begun: it waits for the end of its domain's halt, which is no refusal and uses up no
        retry period.
        """
        self.commit.outcome(
            delivery.leased,
            delivery.attempt,
            Outcome(State.DEFERRED, text=f"halted: {stop.reason}"),
            relay=0,
            delay_ms=max(0, int(self.stops.left(stop) * 1000)),
        )

    def _return_ready(self, which: Callable[[Delivery], bool]) -> None:
        """Intents that will not be begun go back: provably nothing was sent."""
        for delivery in self.ready_queue.withdraw(which):
            self._record(delivery, Outcome(State.QUEUED, text="not begun"), journal=False)

    def _return_forgotten(self) -> None:
        """Let no letter wait for a connection for long, whatever its lanes met: it goes back to the
        queue.
        """
        before = self._loop.time() - _FORGOTTEN
        self._return_ready(lambda delivery: delivery.permitted < before)

    def on_drained(self, leased: LeasedBatch) -> None:
        """Nothing of this batch is in flight any more: its lease goes back."""
        wait = max(0.0, self._unreachable_until - self._loop.time())
        task = asyncio.ensure_future(self.commit.give_back(leased, int(wait * 1000)))
        self._returns.add(task)
        task.add_done_callback(self._returns.discard)

    # -- Work: what the pool asks and tells

    async def demand(self) -> None:
        if not (
            self._stopping
            or self.ready_queue.ready
            or any(not h.exhausted for h in self.commit.leased)
        ):
            await self.ready_queue.sleep()

    async def take(self) -> Delivery | None:
        return await self.ready_queue.take(self.commit.hurry)

    async def may_begin(self, delivery: Delivery) -> bool:
        """At 354: still ours, not halted, not withdrawn; by an answer from a call made less than
        half a second ago.
        """
        while self._loop.time() - delivery.permitted > _FRESH:
            asked = self._loop.time()
            verdict = await self.commit.ask(delivery.leased, delivery.attempt)
            if verdict != "g":
                delivery.withdrawn = verdict
                return False
            delivery.permitted = asked
        delivery.stop = self.stops.of(delivery.message.recipient)
        return delivery.stop is None

    def begun(self, delivery: Delivery) -> None:
        try:
            self.journal.begun(delivery.attempt)
        except OSError as error:
            self._cannot_journal(error)
        failpoints.point("begun")

    def done(self, delivery: Delivery, outcome: Outcome) -> None:
        self.ready_queue.busy -= 1
        if delivery.stop and outcome.state is State.QUEUED:
            self._stopped(delivery, delivery.stop)
            return
        if delivery.withdrawn == "n":
            outcome = Outcome(State.SUPPRESSED, text="unsubscribed")
        self._record(delivery, outcome, journal=True)

    def _record(self, delivery: Delivery, outcome: Outcome, *, journal: bool) -> None:
        delay_ms = 0
        recipient = delivery.message.recipient
        named = (
            outcome.queue_id.lower() in recipient.lower()
        )  # a relay may call a letter by whom it is for
        outcome = outcome._replace(
            text=without_address(outcome.text, recipient),
            queue_id="" if named else outcome.queue_id,
        )
        if outcome.state is State.DEFERRED:
            outcome, delay_ms = retry_or_give_up(
                outcome,
                delivery.attempt.number,
                self.installation.settings.retry,
                self.runs[delivery.attempt.distribution].began_ms,
            )
        elif (
            outcome.inside
        ):  # the third break in a row inside this letter's body makes it wait so long
            delay_ms = duration_ms(self.installation.settings.retry.first)
        if outcome.state is State.ACCEPTED:
            self.notes.going_on()
        if journal:
            failpoints.point("replied")
            try:
                self.journal.ended(delivery.attempt, outcome)
            except OSError as error:
                self._cannot_journal(error)
            failpoints.point("journalled")
        relay = (
            self._relay_index(delivery.attempt.distribution, outcome.relay) if outcome.relay else 0
        )
        self.commit.outcome(
            delivery.leased, delivery.attempt, outcome, relay=relay, delay_ms=delay_ms
        )

    def _cannot_journal(self, error: OSError) -> None:
        """What cannot be journalled must not happen: this process's sending stops here, in the
        middle.
        """
        log.get().error(
            "the journal cannot be written: this process stops sending",
            path=str(self.journal.path),
            why=error.strerror or str(error),
        )
        os._exit(74)

    def _relay_index(self, distribution: str, name: str) -> int:
        """The number under which records call a relay, from 1."""
        known = self._relays.get((distribution, name))
        if known is None:
            names = self.installation.store.elements(f"rly:{distribution}")
            if name not in names:
                self.installation.store.command("RPUSH", f"rly:{distribution}", name)
                names = self.installation.store.elements(f"rly:{distribution}")
            known = self._relays[distribution, name] = min(names.index(name) + 1, 255)
        return known

    def unreachable(self, why: str, pause: float) -> None:
        """Promise nothing to a relay that is away: what is ready goes back, the batches too."""
        log.get().warning(
            "the relay does not answer; letters wait as queued", why=why, again_in=f"{pause:.0f}s"
        )
        self.notes.stuck(f"the relay does not take letters: {why}")
        self._unreachable_until = self._loop.time() + pause
        self._return_ready(lambda _: True)
        for leased in list(self.commit.leased):
            self.commit.end(leased)

    def learnt(self, relay: str, what: Learnt) -> None:
        """Note a limit of the relay: doctor and the report say it, as a setting to write down."""
        if what.idle:
            self.ready_queue.idle = min(IDLE, what.idle * 0.8)
        self.notes.learnt(relay, what, {h.claim.distribution for h in self.commit.leased})

    def refused(self, why: str) -> None:
        """The relay refuses us, not a recipient: halt everything that runs here."""
        for leased in list(self.commit.leased):
            distribution = leased.claim.distribution
            self.installation.store.call(scripts.turn(distribution, "halt", "", why, "us"))
            log.get().error("halted", distribution=f"D{distribution}", why=why)
            self._return_ready(partial(_of, leased))
            self.commit.end(leased, halted=True)


def _of(leased: LeasedBatch, delivery: Delivery) -> bool:
    return delivery.leased is leased
