"""Random days of a press office: submit, embargo, correct, hold, clear, kill, lift, unsubscribe,
with letters in flight, and replies that come late or never.

The oracle is the sink: who got which text in which order, and what was acknowledged before. It
knows nothing of how the ledger finds the holders.
"""

import itertools
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from distro.errors import RefusedError
from distro.flow import corrections, embargo, notices
from distro.flow.corrections import Correction
from distro.flow.freeze import advance
from distro.flow.notices import Notice
from distro.flow.orders import resume
from distro.flow.submission import Order, submit
from distro.flow.sweep import Sweep
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.model import NOTICES, DistributionId, DistributionState, Outcome, State
from distro.store import Store, distributions, keys, releases
from distro.store import ledger_scripts as scripts
from distro.store.embedded import Embedded
from distro.store.ledger_scripts import Claim, Intent, Step
from distro.store.records import pack_outcome, unpack_thread
from tests.support import clock
from tests.support.crashing import Crash, CrashingStore
from tests.support.installation import make_installation

READERS = range(1, 6)
TRUSTED = (1, 2)
SLUG = "story"
HOUR = 3_600_000
VERBS = ("hold", "clear", "correct", "clear", "correct", "hold", "update", "kill")
an_act = rule(
    verb=st.sampled_from(VERBS),
    sent=st.integers(0, 4),
    fate=st.sampled_from("aaatnud"),
    rounds=st.integers(0, 2),
    told=st.integers(0, 5),
)
_SURELY = 0  # a command that does not die
_UNDER_WAY = {DistributionState.SENDING, DistributionState.FREEZING}


@dataclass
class Flight:
    """A letter whose end the ledger does not know yet."""

    claim: Claim
    intent: Intent
    taken: bool  # the sink has it


@dataclass
class Lost:
    """A letter that ended in doubt; the truth may come out."""

    distribution: str
    token: str
    intent: Intent
    taken: bool


@dataclass
class Got:
    """A letter that the sink took."""

    distribution: str
    kind: str
    text: int  # number of the text; 0: a notice has none
    step: int


@dataclass
class Truth:
    """Everything that the oracle remembers."""

    got: dict[int, list[Got]] = field(default_factory=lambda: {r: [] for r in READERS})
    maybe: set[tuple[int, str]] = field(default_factory=set)  # reader and distribution, in doubt
    refused: set[tuple[int, str]] = field(default_factory=set)  # reader and distribution
    gone: set[int] = field(default_factory=set)  # readers who left
    ended: set[str] = field(default_factory=set)  # distributions of which nothing may begin
    held: set[str] = field(default_factory=set)  # the same, until `clear`


class PressMachine(RuleBasedStateMachine):
    """Rules are what people and workers do; each letter is judged as it is taken."""

    store: Store  # set by whoever runs the machine
    server: Embedded
    tokens = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="distro-press-"))
        self.store.command("FLUSHALL")
        clock.move(0)
        self.ahead = 0
        self.installation: Installation = make_installation(
            self.folder, self.server, self.store, in_doubt={"policy": "hold", "after": "1s"}
        )
        self.truth = Truth()
        self.flights: list[Flight] = []
        self.lost: list[Lost] = []
        self.serial = 0
        self.now = 0
        self.text = 1
        self.word = ""  # the last act
        self.lift = 0.0  # unix seconds; 0: none, or over

    def teardown(self) -> None:
        try:
            self.finish()
        finally:
            self.close()

    def close(self) -> None:
        clock.move(0)
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- the beginning

    @initialize(under_embargo=st.booleans())
    def begin(self, under_embargo: bool) -> None:
        everyone = [("SETBIT", keys.EVERYONE, n, 1) for n in READERS]
        everyone += [("SETBIT", keys.index("lists", "all"), n, 1) for n in READERS]
        everyone += [("SETBIT", keys.index("lists", "desk"), n, 1) for n in TRUSTED]
        everyone += [("SETBIT", keys.index("language", "en"), n, 1) for n in READERS]
        rows = [
            ("SET", keys.subscriber(n), f'{{"email":"r{n}@a.example","lists":["all"]}}')
            for n in READERS
        ]
        self.store.pipeline([*everyone, *rows])
        self.store.command("SET", keys.LAST_SUBSCRIBER, max(READERS))
        self.store.command("HSET", keys.COLUMNS, "lists", "index", "language", "index")
        self.store.command("SADD", keys.values("lists"), "all", "desk")
        self.store.command("SADD", keys.values("language"), "en")
        if under_embargo:
            self.lift = datetime.now(UTC).timestamp() + 1800
        submit(self.installation, Order(files=[self._file()], to="all"))
        self.advance()

    def _file(self) -> Path:
        path = self.folder / f"text-{self.text}.md"
        front = f"id: {SLUG}\nheadline: A story\nlanguage: en\n"
        if self.lift:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(self.lift))
            front += f"embargo: {at.isoformat()}\ntrusted: desk\n"
        path.write_text(f"---\n{front}---\nThis is text {self.text}.\n", encoding="utf-8")
        return path

    # -- what workers do

    @rule()
    def advance(self) -> None:
        """One round of the sweep, a second later, and what it asks for."""
        self.ahead += 1000
        clock.move(self.ahead)
        self._sweep(self.installation)

    @rule(at=st.integers(1, 60), after=st.booleans())
    def die(self, at: int, after: bool) -> None:
        self.dies(at, after=after)

    def dies(self, at: int, *, after: bool) -> bool:
        """The same by a process that dies at its n-th question to Redis, asked or answered; False
        where it has fewer.
        """
        self.ahead += 1000
        clock.move(self.ahead)
        try:
            self._sweep(self._dying(at, after=after))
        except Crash:
            return True
        return False

    def _sweep(self, installation: Installation) -> None:
        for wake in Sweep(installation, call_again=0).once():
            if not wake.deliver:
                advance(installation, wake.distribution)

    def _dying(self, at: int, *, after: bool) -> Installation:
        return replace(
            self.installation, store=CrashingStore(self.installation.url, at, after=after)
        )

    @rule(seconds=st.sampled_from([1, 10, 120]))
    def wait(self, seconds: int) -> None:
        """Let time pass; half of it may end an embargo."""
        self.ahead += seconds * 1000
        clock.move(self.ahead)

    @rule(pick=st.integers(0, 9), want=st.integers(1, 5), fate=st.sampled_from("aaafdtnu"))
    def send(self, pick: int, want: int, fate: str) -> None:
        """Letters of one distribution: accepted, refused, deferred, in flight (taken or not yet
        begun), or begun and not taken.
        """
        sending = [
            d
            for d in distributions.of_release(self.store, SLUG)
            if distributions.read(self.store, d).state is DistributionState.SENDING
        ]
        if sending:
            self._send(sending[pick % len(sending)], want, fate)

    def _send(self, number: DistributionId, want: int, fate: str) -> bool:
        claim = self.store.call(
            scripts.claim(number, -1, f"{next(self.tokens):08x}", "h.1.x", HOUR, 1000 * HOUR)
        )
        if claim is None:
            return False
        granted = self._step(Step("p", 0, number, claim=claim, want=want, cursor=claim.first))
        for intent in granted:
            self._judge(number, intent)
            if fate in "at":
                self._take(number, intent)
            if fate in "tnu":
                self.flights.append(Flight(claim, intent, taken=fate == "t"))
                if fate == "u":
                    self.truth.maybe.add((intent.subscriber, number))
            else:
                self._outcome(claim, intent, {"a": "a", "f": "f", "d": "d"}[fate])
        if not any(f.claim is claim for f in self.flights):
            self.store.call(scripts.release(claim))
        return bool(granted)

    def _step(self, step: Step) -> tuple[Intent, ...]:
        self.serial += 1
        return self.store.call(
            scripts.step(
                Step(
                    step.process,
                    self.serial,
                    step.distribution,
                    outcomes=step.outcomes,
                    claim=step.claim,
                    want=step.want,
                    cursor=step.cursor,
                    texts=step.texts,
                )
            )
        ).intents

    def _outcome(self, claim: Claim, intent: Intent, state: str) -> None:
        found = {"a": State.ACCEPTED, "f": State.FAILED, "d": State.DEFERRED, "u": State.IN_DOUBT}
        end = found.get(state, State.QUEUED)
        code = {"a": 250, "f": 550, "d": 450}.get(state, 0)
        raw = pack_outcome(intent.ordinal, end, claim.token, intent.attempt, Outcome(end, code), 0)
        if state == "f":
            self.truth.refused.add((intent.subscriber, claim.distribution))
        self._step(Step("p", 0, claim.distribution, raw, texts=[(intent.ordinal, 1000, "said")]))

    # -- letters as the sink sees them

    def _label(self, number: str) -> tuple[str, int]:
        found = distributions.read(self.store, number)
        edition = distributions.editions(self.store, found)["en"]
        words = edition.body.split()
        return found.kind, int(words[-1].rstrip(".")) if words else 0

    def _judge(self, number: str, intent: Intent) -> None:
        """No intent may be granted that was not allowed any more."""
        who = intent.subscriber
        assert number not in self.truth.ended | self.truth.held, f"D{number} began after its end"
        assert who not in self.truth.gone, f"{who} had left"
        kind, _ = self._label(number)
        early = self.lift and self.store.now_ms() < self.lift * 1000
        if early and kind not in NOTICES:
            assert who in TRUSTED, f"{who} got it before the lift"
        if intent.thread:
            source, ordinal = unpack_thread(intent.thread)
            letters = [g.distribution for g in self.truth.got[who]]
            possible = (who, str(source)) in self.truth.maybe
            assert str(source) in letters or possible, (
                f"a note to {who} answers no letter of theirs"
            )
            at = self.store.span(keys.audience(source), ordinal * 4, ordinal * 4 + 4)
            assert int.from_bytes(at, "big") == who

    def _take(self, number: str, intent: Intent) -> None:
        self.now += 1
        kind, text = self._label(number)
        self.truth.got[intent.subscriber].append(Got(number, kind, text, self.now))

    # -- replies that come later

    @rule(pick=st.integers(0, 9), known=st.booleans(), provable=st.booleans())
    def reply(self, pick: int, known: bool, provable: bool) -> None:
        """A letter in flight ends: with the relay's answer, or in doubt; or it had not begun."""
        if self.flights:
            flight = self.flights.pop(pick % len(self.flights))
            self._reply(flight, known=known, provable=provable)

    def _reply(self, flight: Flight, *, known: bool, provable: bool = True) -> None:
        number, intent = flight.claim.distribution, flight.intent
        doubtful = (intent.subscriber, number) in self.truth.maybe
        if flight.taken or doubtful:
            if known and flight.taken:
                self._outcome(flight.claim, intent, "a")
            else:
                self.truth.maybe.add((intent.subscriber, number))
                self._outcome(flight.claim, intent, "u")
                if provable:  # else nobody ever learns whether it arrived
                    self.lost.append(Lost(number, flight.claim.token, intent, flight.taken))
        else:
            self._outcome(flight.claim, intent, "q")
        if not any(f.claim is flight.claim for f in self.flights):
            self.store.call(scripts.release(flight.claim))

    @rule(pick=st.integers(0, 9))
    def evidence(self, pick: int) -> None:
        """The truth about a letter in doubt comes out."""
        if self.lost:
            self._tell(self.lost.pop(pick % len(self.lost)))

    def _tell(self, lost: Lost) -> None:
        if not lost.taken:
            return
        outcome = Outcome(State.ACCEPTED, 250)
        raw = pack_outcome(
            lost.intent.ordinal, State.ACCEPTED, lost.token, lost.intent.attempt, outcome, 0
        )
        self._step(Step("p", 0, lost.distribution, raw))

    # -- what people do

    @an_act
    def act(self, verb: str, sent: int, fate: str, rounds: int, told: int) -> None:
        """What mostly happens: some letters leave, somebody acts, some of its notes leave."""
        if sent:
            self.send(0, sent, fate)
        self._act(verb, self._order(verb))
        self._nothing_resumes()
        for _ in range(rounds):
            self.advance()
        if told:
            self.send(9, told, "a")

    @rule(
        verb=st.sampled_from(VERBS),
        sent=st.integers(0, 4),
        at=st.integers(1, 60),
        after=st.booleans(),
    )
    def act_and_die(self, verb: str, sent: int, at: int, after: bool) -> None:
        """The command dies; what it asked for is done whole, or not at all."""
        if sent:
            self.send(0, sent, "a")
        self.dies_acting(verb, at, after=after)

    @an_act
    def act_again(self, verb: str, sent: int, fate: str, rounds: int, told: int) -> None:
        """The same once more: acts are what the days are about."""
        self.act(verb, sent, fate, rounds, told)

    @an_act
    def act_and_act(self, verb: str, sent: int, fate: str, rounds: int, told: int) -> None:
        """Hold, and what follows at once."""
        self.act("hold", sent, fate, 0, 0)
        self.act(verb, 0, "a", rounds, told)

    def dies_acting(self, verb: str, at: int, *, after: bool) -> bool:
        """Act by a command that dies at its n-th question; True where nothing was done."""
        before = len(distributions.of_release(self.store, SLUG))
        self._act(verb, self._order(verb), at, after=after)
        return len(distributions.of_release(self.store, SLUG)) == before

    def _order(self, verb: str) -> Correction | Notice:
        if verb not in ("correct", "update"):
            return Notice(verb=verb, note="We say so.", actor="ana")
        self.text += 1
        to = "all" if verb == "update" else ""
        return Correction(files=[self._file()], note="It was wrong.", actor="ana", verb=verb, to=to)

    def _act(
        self, verb: str, order: Correction | Notice, at: int = _SURELY, *, after: bool = False
    ) -> None:
        before = {str(d) for d in distributions.of_release(self.store, SLUG)}
        status = releases.status(self.store, SLUG).name
        office = self._dying(at, after=after) if at else self.installation
        named = DistributionId("1")
        try:
            if isinstance(order, Correction):
                corrections.send(office, corrections.plan(office, named, order))
            else:
                notices.send(office, notices.plan(office, named, order))
        except Crash:
            if len(distributions.of_release(self.store, SLUG)) == len(before):
                if isinstance(order, Correction):
                    self.text -= 1
                return
        except RefusedError as error:
            refusals = {"killed", "held_already", "not_held"}
            assert error.code in refusals, error.message
            assert (status == "killed") == (error.code == "killed")
            if isinstance(order, Correction):
                self.text -= 1
            return
        self.word = verb
        if verb == "hold":
            self.truth.held = before
        elif verb == "clear":
            self.truth.held = set()
            self.truth.ended |= {
                d for d in before if distributions.read(self.store, d).kind == "hold"
            }
        else:
            self.truth.held = set()
            self.truth.ended |= before

    def _nothing_resumes(self) -> None:
        """A hold is not ended by resuming what it halted."""
        for number in distributions.of_release(self.store, SLUG):
            found = distributions.read(self.store, number)
            if found.held:
                try:
                    resume(self.installation, number, actor="ana", reason="")
                except RefusedError:
                    continue
                raise AssertionError(f"{found.label} was resumed under a hold")

    @precondition(lambda self: self.lift)
    @rule()
    def lift_embargo(self) -> None:
        try:
            embargo.lift(self.installation, DistributionId("1"), actor="ana", reason="")
        except RefusedError:
            return
        self.lift = 0.0

    @rule(who=st.sampled_from(READERS))
    def leave(self, who: int) -> None:
        if len(self.truth.gone) < 2:
            self.store.command("SETBIT", keys.REFUSED, who, 1)
            self.store.command("SETBIT", keys.refused("unsubscribed"), who, 1)
            self.truth.gone.add(who)

    # -- the end

    def finish(self) -> None:
        """Let everything come out and everybody be reached; then judge."""
        while self.flights:
            self._reply(self.flights.pop(), known=True)
        for lost in self.lost:
            self._tell(lost)
        self.ahead += 2 * HOUR
        clock.move(self.ahead)
        self.lift = 0.0
        for _ in range(40):
            self.ahead += 20_000
            clock.move(self.ahead)
            self.advance()
            mine = distributions.of_release(self.store, SLUG)
            went_on = [self._drain(d) for d in mine]
            states = {distributions.read(self.store, d).state for d in mine}
            if not any(went_on) and not states & _UNDER_WAY:
                break
        for number in distributions.of_release(self.store, SLUG):
            assert audit(self.store, number).findings == (), f"D{number}"
        for who in READERS:
            self._last_word(who)

    def _drain(self, number: DistributionId) -> bool:
        found = distributions.read(self.store, number)
        if found.state is DistributionState.HALTED and found.guard == "stale":
            resume(self.installation, number, actor="ana", reason="")
            return True
        if found.state is not DistributionState.SENDING:
            return found.state in (DistributionState.SCHEDULED, DistributionState.FREEZING)
        sent = False
        while self._send(number, 5, "a"):
            sent = True
        return sent

    def _last_word(self, who: int) -> None:
        got = self.truth.got[who]
        texts = [g for g in got if g.kind not in NOTICES]
        notes = Counter((g.kind, g.text) for g in got if g.kind not in ("hold", "clear"))
        assert all(n == 1 for n in notes.values()), f"{who} got a letter twice: {got}"
        once = len({g.text for g in texts}) == len(texts)
        assert once, f"{who} got a text twice: {got}"
        maybe = {d for reader, d in self.truth.maybe if reader == who}
        for g in got:
            earlier = [h for h in texts if h.step < g.step]
            if g.kind in ("correction", "kill", "hold"):
                assert earlier or maybe, f"{who} never held it, and got a {g.kind}"
            if g.kind == "clear":
                asked = [h for h in got if h.kind == "hold" and h.step < g.step]
                assert asked or maybe, f"{who} was never asked to wait"
        if who in self.truth.gone:
            return
        status = releases.status(self.store, SLUG).name
        kinds = [g.kind for g in got]
        # What was refused, or is itself in doubt (the policy of this machine does not repeat it).
        lost = maybe | {d for reader, d in self.truth.refused if reader == who}
        excused = {self._label(d)[0] for d in lost}
        if status == "killed":
            assert "kill" in kinds or "kill" in excused or not texts, (
                f"{who} holds it, and was not told of the kill"
            )
        elif status == "held":
            after = (
                [g for g in got if g.kind == "hold" and g.step > texts[-1].step] if texts else []
            )
            asked_to = bool(after) or "hold" in excused
            assert asked_to or not texts, f"{who} holds it, and was not asked to wait"
        else:
            newest = [g for g in texts if g.text == self.text]
            assert newest or lost, f"{who} does not have the newest text: {got}"
            asked_at = [g.step for g in got if g.kind == "hold"]
            if asked_at:
                answers = ("clear", "correction", "update")
                answered = any(g.step > max(asked_at) and g.kind in answers for g in got)
                assert answered or excused, f"{who} was asked to wait, never heard again: {got}"
