"""Claim batches, send their letters, record how each ended: the life of a sending process.

A process keeps one event loop in a thread of its own, one group commit into the ledger and one pool
of connections for its life. `drain` lends it a distribution: it takes that distribution's batches
one after the other and returns when there is nothing left to take, or after about twenty seconds;
what is still in flight stays with the pool. The pool asks for letters (`take`), asks again at 354
(`may_begin`), and says how each ended (`done`); nothing here sleeps for pacing.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from functools import partial

import msgspec

from distro import log
from distro.errors import DistroError, StoreGoneError
from distro.flow import throttle
from distro.flow.domain_halts import DomainHalts
from distro.flow.ready_queue import ReadyQueue
from distro.flow.record import Delivery, Recorder, RunningDistribution
from distro.flow.relay_notes import RelayNotes
from distro.installation.context import Installation
from distro.ledger.group_commit import GroupCommit
from distro.ledger.journal import Attempt, Journal
from distro.ledger.leased_batch import IntentConsumer, LeasedBatch, Terms
from distro.lib import failpoints
from distro.lib.inline_task import InlineTask
from distro.model import Outcome, RelayLimits, State
from distro.relay.message import Message
from distro.relay.pool import IDLE
from distro.relay.work import PoolOf, Work
from distro.store import AsyncStore, processes
from distro.store import ledger_scripts as scripts
from distro.store.ledger_scripts import Claim, Intent
from distro.times import duration_ms

SLICE = 20.0  # seconds that one wake-up may keep a process
_LEAST = 0.25  # seconds that it keeps it at least; another distribution may wait so long
_FRESH = 0.5  # seconds for which an intent's permission to begin holds
_RUNS = 8  # distributions whose letters are kept compiled
_FORGOTTEN = 10.0  # seconds that a letter may be ready without a connection that takes it
_PER_LANE = 2  # intents a connection: one in flight, one ready


class _SubscriberRow(msgspec.Struct):
    """The columns of a subscriber that a letter needs."""

    email: str = ""
    name: list[str] = []


class Deliverer(Work[Delivery], IntentConsumer):
    """The sending side of one process; made on its event loop."""

    def __init__(
        self, installation: Installation, store: AsyncStore, process: str, pool_of: PoolOf
    ) -> None:
        settings = installation.settings
        terms = Terms(
            duration_ms(settings.worker.lease),
            duration_ms(settings.limits.stale),
            throttle.slow_down(settings),
        )
        self.installation = installation
        self.store = store
        self.process = process
        self.journal = Journal(installation.journals, process)
        self.pool = pool_of(self)
        self.commit = GroupCommit(store, process, self, terms)
        self.commit.early = max(1, self.pool.lanes * 3 // 4)
        self.runs: dict[str, RunningDistribution] = {}
        self.ready_queue: ReadyQueue[Delivery] = ReadyQueue(IDLE)
        self.halts = DomainHalts(store)
        self.notes = RelayNotes(store, process)
        self.recorder = Recorder(installation, self.commit, self.journal, self.notes, self.runs)
        self._paces = throttle.Paces(settings)
        self._decode = msgspec.json.Decoder(_SubscriberRow).decode
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._returns: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._unreachable_until = 0.0

    # -- life

    def start(self) -> None:
        """Open connections and begin to commit."""
        self._tasks = [
            asyncio.create_task(coroutine)
            for coroutine in (self.commit.keep_leases(), self._say_alive(), self.halts.watch())
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
        """End the process: a bug must not look like a quiet worker.

        Its journal says what became of its letters.
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

    async def _say_alive(self) -> None:
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
        """Send what a distribution has for this process; return whether there may be more."""
        self._remember(run)
        began = self._loop.time()
        while await self._goes_on(run, began, seconds):
            if self._loop.time() < self._unreachable_until:
                return False
            rest = self.commit.resting_for(run.distribution)
            if rest > 0:  # the relays' own bucket is empty: another batch would wait for it too
                await asyncio.sleep(min(rest, _LEAST))
                continue
            leased = self.commit.holding(run.distribution)
            leased = leased or await self.commit.claim(run.distribution, batch)
            batch = -1
            if leased is None:
                return False
            self.ready_queue.wake_lanes()
            self.commit.kick()
            while not leased.done.is_set() and await self._goes_on(run, began, seconds):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LEAST):
                        await leased.done.wait()
        return not self._stopping

    async def _goes_on(self, run: RunningDistribution, began: float, seconds: float) -> bool:
        """Return whether this wake-up stays, longer than the least only while no other waits.

        What it holds goes on either way; only the process is free for another wake-up.
        """
        took = self._loop.time() - began
        if self._stopping or took >= seconds:
            return False
        with contextlib.suppress(StoreGoneError):
            return took < _LEAST or not await self.store.call(scripts.others(run.distribution))
        return True

    def _remember(self, run: RunningDistribution) -> None:
        """Keep a run while letters of it may come back; of those that are through, only a few."""
        self.runs[run.distribution] = run
        leased = {batch.claim.distribution for batch in self.commit.leased}
        through = [d for d in self.runs if d not in leased and d != run.distribution]
        for distribution in through[:-_RUNS]:
            del self.runs[distribution]

    # -- the group commit's consumer: what may be sent, and the letters for it

    def pace(self, claim: Claim) -> str:
        """Return the buckets that letters of a batch draw from."""
        group = self.runs[claim.distribution].groups[claim.group - 1] if claim.group else ""
        return self._paces.of(group)

    def wanted(self) -> int:
        """Return how many more intents could be used.

        Two for each connected lane, less what is `sending` in the ledger.
        """
        if self._stopping or self._loop.time() < self._unreachable_until:
            return 0
        in_flight = sum(batch.in_flight for batch in self.commit.leased)
        return self.ready_queue.lanes * _PER_LANE - in_flight

    def waiting(self) -> bool:
        """Return whether a lane waits for a letter."""
        return self.ready_queue.waiting

    def on_intents(self, leased: LeasedBatch, intents: tuple[Intent, ...], before: float) -> None:
        """Make the letters of granted intents; give them to waiting lanes, keep the rest ready."""
        failpoints.point("intent")
        run = self.runs[leased.claim.distribution]
        if leased.lift_ms not in (0, run.lift_ms):
            self._moved(leased, intents)
            return
        for intent in intents:
            attempt = Attempt(run.distribution, intent.ordinal, leased.claim.token, intent.attempt)
            try:
                message = self._message(run, leased, intent)
            except Exception as error:  # noqa: BLE001
                # One reader's broken data must not end the process, again and again.
                self.recorder.cannot_fill(leased, attempt, error)
                continue
            delivery = Delivery(leased, attempt, intent, message, before)
            halt = self.halts.of(message.recipient)
            if halt:
                self.recorder.wait_for_halt(delivery, halt, self.halts.left(halt))
            else:
                self.ready_queue.offer(delivery)
        if leased.lost or leased.halted:
            self._return_ready(partial(_of, leased))

    def _moved(self, leased: LeasedBatch, intents: tuple[Intent, ...]) -> None:
        """Give intents back: the embargo was moved; the next wake-up reads the letters anew."""
        claim = leased.claim
        for intent in intents:
            attempt = Attempt(claim.distribution, intent.ordinal, claim.token, intent.attempt)
            again = Outcome(State.QUEUED, text="the embargo was moved")
            self.commit.outcome(leased, attempt, again, relay=0)
        self.commit.end(leased, halted=True)
        self._return_ready(partial(_of, leased))

    def _message(self, run: RunningDistribution, leased: LeasedBatch, intent: Intent) -> Message:
        fillers = run.in_advance if leased.lift_ms else run.fillers
        filler = fillers[leased.claim.edition]
        row = self._decode(intent.row)
        name = row.name[0] if row.name else ""
        answers = run.answers(intent.thread) if intent.thread else b""
        own = filler.letter.personal or filler.letter.links
        columns = msgspec.json.decode(intent.row) if own else None
        who = (intent.ordinal, intent.subscriber, row.email, name)
        pieces = filler.fill(*who, answers=answers, row=columns)
        label = f"D{run.distribution}.{intent.ordinal}"
        return Message(filler.envelope_sender(intent.ordinal), row.email, pieces, label)

    def on_drained(self, leased: LeasedBatch) -> None:
        """Give a lease back: nothing of its batch is in flight any more."""
        wait = max(0.0, self._unreachable_until - self._loop.time())
        task = asyncio.ensure_future(self.commit.give_back(leased, int(wait * 1000)))
        self._returns.add(task)
        task.add_done_callback(self._returns.discard)

    def _return_ready(self, which: Callable[[Delivery], bool]) -> None:
        """Give back the intents of ready letters that will not be begun."""
        for delivery in self.ready_queue.withdraw(which):
            self.recorder.not_begun(delivery)

    def _return_forgotten(self) -> None:
        """Let no letter wait long for a connection, whatever happened to its lanes."""
        before = self._loop.time() - _FORGOTTEN
        self._return_ready(lambda delivery: delivery.permitted < before)

    # -- the pool's work: letters, and how they ended

    async def demand(self) -> None:
        """Wait, without a connection, until there may be something to send."""
        exhausted = all(batch.exhausted for batch in self.commit.leased)
        if not self._stopping and not self.ready_queue.ready and exhausted:
            await self.ready_queue.sleep()

    async def take(self) -> Delivery | None:
        """Return the next letter; None after some idle seconds, or when everything stops."""
        return await self.ready_queue.take(self.commit.hurry)

    async def may_begin(self, delivery: Delivery) -> bool:
        """Return, at 354, whether the letter is still ours, not halted and not withdrawn.

        The answer comes from a call that was made less than half a second ago.
        """
        while self._loop.time() - delivery.permitted > _FRESH:
            asked = self._loop.time()
            verdict = await self.commit.ask(delivery.leased, delivery.attempt)
            if verdict != "g":
                delivery.withdrawn = verdict
                return False
            delivery.permitted = asked
        delivery.halt = self.halts.of(delivery.message.recipient)
        return delivery.halt is None

    def begun(self, delivery: Delivery) -> None:
        """Record that a letter's body begins."""
        self.recorder.begun(delivery.attempt)

    def done(self, delivery: Delivery, outcome: Outcome) -> None:
        """Record how a letter ended."""
        self.ready_queue.busy -= 1
        if delivery.halt and outcome.state is State.QUEUED:
            self.recorder.wait_for_halt(delivery, delivery.halt, self.halts.left(delivery.halt))
        else:
            self.recorder.ended(delivery, outcome)

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

    def learnt(self, relay: str, what: RelayLimits) -> None:
        """Note a limit of the relay: doctor and the report name it as a setting to write down."""
        if what.idle:
            self.ready_queue.idle = min(IDLE, what.idle * 0.8)
        self.notes.learnt(relay, what, {b.claim.distribution for b in self.commit.leased})

    def refused(self, why: str) -> None:
        """Halt everything that runs here: the relay refuses us, not a recipient."""
        for leased in list(self.commit.leased):
            distribution = leased.claim.distribution
            self.installation.store.call(scripts.halt(distribution, "", why, "us"))
            log.get().error("halted", distribution=f"D{distribution}", why=why)
            self._return_ready(partial(_of, leased))
            self.commit.end(leased, halted=True)


def _of(leased: LeasedBatch, delivery: Delivery) -> bool:
    return delivery.leased is leased
