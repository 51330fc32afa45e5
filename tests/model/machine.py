"""The ledger against a simple model: random histories of workers, deaths, lost answers, orders and
late truth.

The scripts are the real ones, on the real Redis; only the clock is moved. The relay is this file:
it knows for certain which letters it took. Two distributions of one release share five readers, so
that marks matter.
"""

import itertools
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from distro.ledger.journal import Attempt, Journal
from distro.ledger.recovery import Recovery
from distro.model import Outcome, State
from distro.store import Store, audience_scripts, book_scripts, keys, release_scripts
from distro.store import ledger_scripts as scripts
from distro.store.ledger_scripts import RECORD_SIZE, Claim, Intent, Step, Stepped
from distro.store.records import counters, histogram, pack_outcome, unpack_record
from distro.store.release_scripts import EditionText, NewDistribution, Submission
from tests.support import clock

NO = '{"fact": "f1", "act": "unsubscribed", "at": 1}'  # as the consent script takes it

READERS = {"1": (1, 2, 3), "2": (1, 2, 3, 4, 5)}  # who is meant by each distribution
SLUG = "story"
HOUR = 3_600_000
LEASE = 30_000
OPEN = frozenset("qid")
RARELY = st.sampled_from([False] * 7 + [True])  # what ends things, or readers, for good
HOW = ("read", "broken", "pending")
ENDS = (State.ACCEPTED, State.DEFERRED, State.FAILED, State.QUEUED)


@dataclass
class Flight:
    """One attempt of a process: how far it came, and what the relay answered."""

    claim: Claim
    intent: Intent
    begun: bool = False
    taken: bool = False  # the relay has it, whatever the process knows
    answer: Outcome | None = None  # as the process read it

    @property
    def attempt(self) -> Attempt:
        return Attempt(
            self.claim.distribution, self.intent.ordinal, self.claim.token, self.intent.attempt
        )


@dataclass
class Process:
    """A sending process: its journal, leases and letters. It lives until it is killed."""

    name: str
    journal: Journal
    serial: int = 0
    claims: list[tuple[Claim, int]] = field(default_factory=list)  # with the cursor
    flights: list[Flight] = field(default_factory=list)


class LedgerMachine(RuleBasedStateMachine):
    """Rules are what may happen; invariants what must hold after each of it."""

    store: Store  # set by whoever runs the machine
    tokens = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="distro-model-"))
        self.store.command("FLUSHALL")
        self.ahead = 0
        clock.move(0)
        self.judge = Recovery(self.store, self.folder, "h")
        self.processes: list[Process] = []
        self.zombies: list[Flight] = []  # in flight in a process that was judged by the clock
        self.sink: Counter[int] = Counter()  # letters that the relay took, by reader
        self.accepted: set[tuple[str, int]] = set()  # what the ledger has said, for good
        self.said_no: set[int] = set()
        self.stopped: set[str] = set()  # distributions halted or cancelled, acknowledged

    # -- the beginning

    @initialize()
    def begin(self) -> None:
        self.store.pipeline(
            [("SETBIT", keys.EVERYONE, n, 1) for n in range(1, 6)]
            + [("SETBIT", keys.index("of", d), n, 1) for d, ids in READERS.items() for n in ids]
            + [("SETBIT", keys.index("language", "en"), n, 1) for n in range(1, 6)]
            + [
                ("SET", keys.subscriber(n), json.dumps({"email": f"r{n}@a.example"}))
                for n in range(1, 6)
            ]
        )
        self._submit("1")
        self._freeze("1")
        for _ in range(2):
            self._birth()

    def _submit(self, number: str) -> None:
        answer = self.store.call(
            release_scripts.accept(
                Submission(
                    slug=SLUG,
                    distribution=NewDistribution(
                        kind="update",
                        headline="H",
                        editions=[EditionText("en", "v1", "{}")],
                        expression="x",
                        expanded="x",
                        actor="",
                        planned=3,
                    ),
                )
            )
        )
        assert (answer.what, answer.about) == ("ok", number)

    def _freeze(self, number: str) -> None:
        reserved = self.store.call(
            audience_scripts.reserve(
                number,
                audience_scripts.AudienceQuery(SLUG, [["k", keys.index("of", number)]], ("en",)),
            )
        )
        if reserved.plan is None:
            return
        ids = [
            n for n in range(1, 6) if self.store.command("GETBIT", keys.reserved(number, "en"), n)
        ]
        if not ids:
            self.store.call(audience_scripts.frozen(number, 0, b"", "cancelled", "nobody is left"))
            return
        self.store.call(
            audience_scripts.build(number, 0, b"".join(n.to_bytes(4, "big") for n in ids))
        )
        half = (len(ids) + 1) // 2
        batches = b"".join(
            a.to_bytes(4, "big") + b.to_bytes(4, "big") + b"\0\0"
            for a, b in ((0, half), (half, len(ids)))
            if a < b
        )
        assert self.store.call(audience_scripts.frozen(number, len(ids), batches, "sending"))

    def _birth(self) -> None:
        name = f"h.{next(self.tokens)}.x"
        self.processes.append(Process(name, Journal(self.folder, name)))

    # -- helpers

    def _frozen(self) -> list[str]:
        row = self.store.pipeline([("HGET", keys.distribution(d), "frozen_at") for d in READERS])
        return [d for d, at in zip(READERS, row, strict=True) if at]

    def _state(self, number: str) -> str:
        return self.store.hash(keys.distribution(number)).get("state", "")

    def _ids(self, number: str) -> list[int]:
        raw = self.store.raw(keys.audience(number))
        return [int.from_bytes(raw[n : n + 4], "big") for n in range(0, len(raw), 4)]

    def _step(self, process: Process, step: Step) -> Stepped:
        return self.store.call(scripts.step(step))

    # -- what workers do

    @rule(number=st.sampled_from("12"))
    def freeze(self, number: str) -> None:
        """Freeze what is due; the second is submitted when its turn comes."""
        if number == "2" and not self.store.command("EXISTS", keys.distribution("2")):
            self._submit("2")
        if self._state(number) in ("scheduled", "freezing"):
            self._freeze(number)

    @rule(who=st.integers(0, 1), number=st.sampled_from("12"), batch=st.integers(-1, 1))
    def claim(self, who: int, number: str, batch: int) -> None:
        process = self.processes[who]
        mine = self.store.call(
            scripts.claim(
                number, batch, f"{next(self.tokens):08x}", process.name, LEASE, 1000 * HOUR
            )
        )
        if mine:
            assert number not in self.stopped
            process.claims.append((mine, mine.first))

    @rule(
        who=st.integers(0, 1),
        number=st.sampled_from("12"),
        want=st.integers(1, 3),
        begin=st.integers(0, 3),
        end=st.sampled_from(ENDS),
        how=st.sampled_from(HOW),
        commit=st.booleans(),
    )
    def work(
        self, who: int, number: str, want: int, begin: int, end: State, how: str, commit: bool
    ) -> None:
        """What a process mostly does, cut off at any stage."""
        if not any(c.distribution == number for c, _ in self.processes[who].claims):
            self.freeze(number)
            self.claim(who, number, -1)
        self.take(who, want, lost=False)
        for n in range(begin):
            self.begin_body(who, n)
        self.relay_answers(who, begin, end, how)
        if commit:
            self.commit(who, twice=False)

    @rule(who=st.integers(0, 1), want=st.integers(1, 3), lost=st.booleans())
    def take(self, who: int, want: int, lost: bool) -> None:
        """Intents of the newest lease; the answer may be lost, and the same call is made again."""
        process = self.processes[who]
        if not process.claims:
            return
        mine, cursor = process.claims[-1]
        process.serial += 1
        step = Step(
            process.name, process.serial, mine.distribution, claim=mine, want=want, cursor=cursor
        )
        answer = self._step(process, step)
        if lost:
            assert self._step(process, step) == answer
        assert not (answer.intents and mine.distribution in self.stopped), (
            "an intent after a halt or cancel was acknowledged"
        )
        assert not any(i.subscriber in self.said_no for i in answer.intents), (
            "an intent for somebody who said no"
        )
        process.claims[-1] = (mine, answer.cursor)
        process.flights += [Flight(mine, i) for i in answer.intents]

    @rule(who=st.integers(0, 1), pick=st.integers(0, 9))
    def begin_body(self, who: int, pick: int) -> None:
        """The question at 354; if it may, the body begins, and the journal has it first."""
        process = self.processes[who]
        ready = [f for f in process.flights if not f.begun]
        if not ready:
            return
        flight = ready[pick % len(ready)]
        process.serial += 1
        question = (
            flight.intent.ordinal.to_bytes(4, "big")
            + bytes.fromhex(flight.claim.token)
            + flight.claim.batch.to_bytes(4, "big")
        )
        answer = self._step(
            process,
            Step(process.name, process.serial, flight.claim.distribution, questions=question),
        )
        if answer.answers == "g":
            assert flight.claim.distribution not in self.stopped, (
                "a body after a halt or cancel was acknowledged"
            )
            assert flight.intent.subscriber not in self.said_no, "a body for somebody who said no"
            process.journal.begun(flight.attempt)
            flight.begun = True
        else:
            process.flights.remove(flight)
            self._report(
                process,
                flight,
                Outcome(State.SUPPRESSED if answer.answers == "n" else State.QUEUED),
            )

    @rule(
        who=st.integers(0, 1),
        pick=st.integers(0, 9),
        end=st.sampled_from(ENDS),
        how=st.sampled_from(HOW),
    )
    def relay_answers(self, who: int, pick: int, end: State, how: str) -> None:
        """The relay takes or refuses it; the answer is read and journalled before anything else, or
        lost, or on its way.
        """
        process = self.processes[who]
        open_ = [f for f in process.flights if f.begun and f.answer is None]
        if not open_:
            return
        flight = open_[pick % len(open_)]
        end = State.ACCEPTED if flight.taken else end
        if end is State.ACCEPTED and not flight.taken:
            self.sink[flight.intent.subscriber] += 1
            flight.taken = True
        if how == "read":
            flight.answer = Outcome(end, 250 if end is State.ACCEPTED else 450)
            process.journal.ended(flight.attempt, flight.answer)
        elif how == "broken":  # the connection broke after the message's end
            process.flights.remove(flight)
            process.journal.ended(flight.attempt, Outcome(State.IN_DOUBT))
            self._report(process, flight, Outcome(State.IN_DOUBT))

    @rule(who=st.integers(0, 1), twice=st.booleans())
    def commit(self, who: int, twice: bool) -> None:
        """What was answered is written down, perhaps twice because Redis' answer was lost."""
        process = self.processes[who]
        for flight in [f for f in process.flights if f.answer]:
            process.flights.remove(flight)
            self._report(process, flight, flight.answer or Outcome(State.QUEUED), twice=twice)

    def _report(
        self, process: Process, flight: Flight, outcome: Outcome, *, twice: bool = False
    ) -> None:
        process.serial += 1
        packed = pack_outcome(
            flight.intent.ordinal,
            outcome.state,
            flight.claim.token,
            flight.intent.attempt,
            outcome,
            1,
        )
        step = Step(
            process.name,
            process.serial,
            flight.claim.distribution,
            packed,
            texts=[(flight.intent.ordinal, 60_000, "words")],
        )
        answer = self._step(process, step)
        if twice:
            assert self._step(process, step) == answer

    @rule(who=st.integers(0, 1))
    def give_back(self, who: int) -> None:
        process = self.processes[who]
        process.claims = [
            (c, n) for c, n in process.claims if not self.store.call(scripts.release(c))
        ]

    # -- what dies

    @rule(who=st.integers(0, 1))
    def kill(self, who: int) -> None:
        """kill -9: what was journalled stays, the lock goes, the next sweep judges; another process
        takes its place.
        """
        process = self.processes.pop(who)
        process.journal.close()
        self._birth()

    @rule()
    def sweep(self) -> None:
        for number in self._frozen():
            self.judge.settle(number, grace_ms=None)
        self._settle_cancelled()

    @rule(who=st.integers(0, 1), number=st.sampled_from("12"), repeat=st.booleans())
    def freeze_process(self, who: int, number: str, repeat: bool) -> None:
        """A process stands still for two lease terms and is judged by the clock; afterwards it
        wakes: late truth.

        Meanwhile another one may repeat what was in doubt.
        """
        self.wait(2 * LEASE + 1000)
        for number in self._frozen():
            self.judge.settle(number, grace_ms=LEASE)
        process = self.processes[who]
        self.zombies += [f for f in process.flights if f.begun]
        # It knows nothing, and goes on: the questions stop it.
        process.flights = [f for f in process.flights if not f.begun]
        if repeat:
            self.after_a_minute(number, "resend", cancel=False)
            self.work(1 - who, number, 3, 3, State.ACCEPTED, "read", commit=True)

    @rule(pick=st.integers(0, 9), accepted=st.booleans())
    def late_truth(self, pick: int, accepted: bool) -> None:
        if not self.zombies:
            return
        flight = self.zombies.pop(pick % len(self.zombies))
        if flight.answer is None:
            self.sink[flight.intent.subscriber] += accepted and not flight.taken
            flight.answer = Outcome(State.ACCEPTED if accepted or flight.taken else State.FAILED)
        self._report(self.processes[0], flight, flight.answer)

    # -- what time and people do

    @rule(ms=st.sampled_from([1_000, 20_000, 61_000, 300_000]))
    def wait(self, ms: int) -> None:
        self.ahead += ms
        clock.move(self.ahead)
        for process in self.processes:  # the living renew their leases
            if process.claims and ms < LEASE:
                self.store.call(scripts.renew(LEASE, [c for c, _ in process.claims]))

    @rule(number=st.sampled_from("12"), policy=st.sampled_from(["resend", "hold"]))
    def doubts(self, number: str, policy: str) -> None:
        if number in self._frozen():
            self.store.call(scripts.doubts(number, policy, 60_000, least=20, share=0.05))

    @rule(
        number=st.sampled_from("12"),
        policy=st.sampled_from(["resend", "resend", "hold"]),
        cancel=st.sampled_from([False, False, True]),
    )
    def after_a_minute(self, number: str, policy: str, cancel: bool) -> None:
        """The living keep their leases; what is in doubt is repeated or held; perhaps somebody
        cancels then.
        """
        for _ in range(4):
            self.wait(20_000)
        self.doubts(number, policy)
        if cancel and self.store.call(scripts.cancel(number, "", "")).done:
            self.stopped.add(number)
            self._settle_cancelled()

    @rule(number=st.sampled_from("12"), really=RARELY)
    def halt(self, number: str, really: bool) -> None:
        if really and self.store.call(scripts.halt(number, "", "")).done:
            self.stopped.add(number)

    @rule(number=st.sampled_from("12"))
    def resume(self, number: str) -> None:
        if self.store.call(scripts.resume(number, "", "")).done:
            self.stopped.discard(number)

    @rule(number=st.sampled_from("12"), really=RARELY)
    def cancel(self, number: str, really: bool) -> None:
        if really and self.store.call(scripts.cancel(number, "", "")).done:
            self.stopped.add(number)

    @rule(number=st.sampled_from("12"), which=st.sampled_from("uf"))
    def resend(self, number: str, which: str) -> None:
        if number in self._frozen():
            self.store.call(scripts.resend(number, which, 0, ""))

    @rule(reader=st.integers(1, 5), really=RARELY)
    def unsubscribe(self, reader: int, really: bool) -> None:
        if not really:
            return
        self.store.call(book_scripts.consent("h", None, [(reader, "f1", NO)]))
        self.said_no.add(reader)

    def _settle_cancelled(self) -> None:
        for number in self.store.members(keys.SETTLING):
            while self.store.call(scripts.settle(number, 2)) == 0:
                pass

    # -- what must hold at every instant

    @invariant()
    def holds(self) -> None:
        """Promises 1 to 3, read from the bytes."""
        taken = self.store.raw(keys.taken(SLUG)).ljust(1, b"\0")[0]
        standing: Counter[int] = Counter()
        repeated: Counter[int] = Counter()
        twice = 0
        for number in self._frozen():
            led, aud, rec, row = self.store.pipeline(
                [
                    ("GET", keys.states(number)),
                    ("GET", keys.audience(number)),
                    ("GET", keys.records(number)),
                    ("HMGET", keys.distribution(number), "audience", "possibly_twice"),
                ]
            )
            states, size = (led or b"").decode(), int(row[0])
            assert counters(self.store, number) == histogram(states.encode())
            assert len(states) == size
            twice += int(row[1] or 0)
            for ordinal, state in enumerate(states):
                reader = int.from_bytes(aud[ordinal * 4 : ordinal * 4 + 4], "big")
                repeated[reader] += (
                    unpack_record(rec[ordinal * RECORD_SIZE : (ordinal + 1) * RECORD_SIZE]).flags
                    & 1
                )
                assert state != "a" or self.sink[reader], "accepted, and the relay never took it"
                assert state == "a" or (number, ordinal) not in self.accepted, (
                    f"accepted was taken back: {state}"
                )
                self.accepted |= {(number, ordinal)} if state == "a" else set()
                if state not in "ks":
                    standing[reader] += 1
                    assert taken & (128 >> reader), f"reader {reader} is {state} without a mark"
        assert all(n == 1 for n in standing.values()), "two distributions stand for the same reader"
        for reader, letters in self.sink.items():
            assert letters <= 1 or repeated[reader], (
                f"reader {reader} has {letters} letters and was never in doubt"
            )
            assert not letters or taken & (128 >> reader), (
                f"reader {reader} has a letter and no mark"
            )
        assert sum(n - 1 for n in self.sink.values() if n > 1) <= twice

    # -- the end: everybody dies, workers run again, and everyone ends in a final state

    def teardown(self) -> None:
        try:
            if self.store.command("EXISTS", keys.distribution("1")):
                self._to_the_end()
        finally:
            for process in self.processes:
                process.journal.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _to_the_end(self) -> None:
        for number in READERS:
            self.resume(number)
        for _ in range(2):
            self.kill(0)
        for _ in range(8):
            self.wait(310_000)
            self.sweep()
            for number in READERS:
                self.freeze(number)
                self.doubts(number, "resend")
                self._send_everything(number)
                self.store.call(scripts.close(number))
            self.holds()
            if all(self._state(d) in ("sent", "cancelled", "") for d in READERS):
                break
        for number in self._frozen():
            states = self.store.raw(keys.states(number)).decode()
            assert not OPEN & set(states), f"somebody is left open: {states}"
            assert self._state(number) in ("sent", "cancelled")

    def _send_everything(self, number: str) -> None:
        for batch in (0, 1):
            self.claim(0, number, batch)
            while self.processes[0].claims:
                before = len(self.processes[0].flights)
                self.take(0, 3, lost=False)
                if len(self.processes[0].flights) == before:
                    self.give_back(0)
                    self.processes[0].claims = []
                for _ in range(len(self.processes[0].flights)):
                    self.begin_body(0, 0)
                    self.relay_answers(0, 0, State.ACCEPTED, "read")
                self.commit(0, twice=False)
