"""A crash at every step: whatever dies, everyone ends in a final state, once workers run again."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distro.errors import StoreGoneError
from distro.flow.freeze import advance
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.ledger.journal import Attempt, Journal, read
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.store import AsyncStore, Call, Store, keys
from distro.store import ledger_scripts as scripts
from distro.store.embedded import Embedded
from distro.store.ledger_scripts import RECORD_SIZE, Step
from distro.store.records import counters, unpack_record
from tests.support import clock
from tests.support.crashing import Crash, CrashingStore
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story


@pytest.fixture
def ready(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Forty readers in two languages, a release submitted, nothing frozen."""
    installation = make_installation(tmp_path, server, store, worker={"batch": 10})
    add_readers(store, 40, folder=tmp_path, languages=("en", "fr"))
    files = [
        write_release(tmp_path),
        write_release(
            tmp_path, language="fr", headline="Les villes", name="r.fr.md", body="Les villes."
        ),
    ]
    submit(installation, Order(files=files, to="journalists"))
    return installation


@pytest.mark.parametrize("after", [False, True])
def test_a_freeze_that_dies_anywhere_goes_on(ready: Installation, after: bool) -> None:
    """Every question of the freeze is a place to die; the next worker finds one audience, nobody
    twice, nobody lost.
    """
    for at in range(1, 60):
        dying = replace(ready, store=CrashingStore(ready.url, at, after=after))
        try:
            advance(dying, DistributionId("1"))
        except Crash:
            assert len(ready.store.raw(keys.states("1"))) <= 40
        else:
            break
    advance(ready, DistributionId("1"))

    found = audit(ready.store, "1")
    assert ready.store.hash(keys.distribution("1"))["state"] == "sending"
    assert (found.audience, found.findings) == (40, ())
    assert ready.store.command("BITCOUNT", keys.taken("towns-agree-a-plan")) == 40


def test_two_freezers_at_once_make_one_audience(ready: Installation) -> None:
    other = replace(ready)
    advance(ready, DistributionId("1"))
    assert advance(other, DistributionId("1")) == []
    assert audit(ready.store, "1").findings == ()


def test_a_lost_answer_from_redis_grants_nothing_twice(
    ready: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third answer of a group commit is lost after Redis did its work: the same serial is
    asked again.
    """
    asked = 0
    real = AsyncStore.call

    async def flaky(self: AsyncStore, call: Call[Any]) -> Any:
        nonlocal asked
        answer = await real(self, call)
        if call.script == "step":
            asked += 1
            if asked % 3 == 0:
                raise StoreGoneError("the answer was lost")
        return answer

    monkeypatch.setattr(AsyncStore, "call", flaky)
    story = Story(ready)
    story.run(4)
    story.stop()

    assert asked > 6
    assert len(story.letters) == 40 == len({who for who, _ in story.letters})
    assert counters(ready.store, "1")[State.ACCEPTED] == 40
    assert ready.store.hash(keys.distribution("1"))["state"] == "sent"


def left_by_the_dead(ready: Installation, fates: list[str]) -> None:
    """What a killed process leaves: a lease, intents, a journal that says how far each letter
    came.
    """
    advance(ready, DistributionId("1"))
    process = f"{ready.host}.99.dead00"
    mine = ready.store.call(scripts.claim("1", 0, "0a0b0c0d", process, 30_000, 3_600_000))
    assert mine is not None
    answer = ready.store.call(
        scripts.step(Step(process, 1, "1", claim=mine, want=len(fates), cursor=mine.first))
    )
    journal = Journal(ready.journals, process)
    for intent, fate in zip(answer.intents, fates, strict=True):
        attempt = Attempt("1", intent.ordinal, mine.token, intent.attempt)
        if fate != "not begun":
            journal.begun(attempt)
        if fate == "accepted":
            journal.ended(attempt, Outcome(State.ACCEPTED, 250, "2.0.0 ok", "QID1", "relay:25"))
        if fate == "refused":
            journal.ended(
                attempt, Outcome(State.FAILED, 550, "5.1.1 no such user", relay="relay:25")
            )
    journal.close()  # the lock goes with the process


def test_the_journal_tells_what_became_of_a_dead_processs_letters(ready: Installation) -> None:
    """A reply is a state, begun without a reply is doubt, not begun is queued: at once, the free
    lock is the proof.
    """
    left_by_the_dead(ready, ["accepted", "refused", "begun", "not begun"])

    became = Story(ready).sweep.judge.settle("1", grace_ms=None)

    assert became == {State.ACCEPTED: 1, State.FAILED: 1, State.IN_DOUBT: 1, State.QUEUED: 1}
    assert ready.store.raw(keys.states("1"))[:5] == b"afuqq"
    assert audit(ready.store, "1").findings == ()
    record = unpack_record(ready.store.span(keys.records("1"), 0, RECORD_SIZE))
    assert (record.code, record.queue_id) == (250, "QID1")


def test_a_living_process_is_not_judged_before_its_lease_is_long_over(ready: Installation) -> None:
    left_by_the_dead(ready, ["begun"])
    alive = Journal(ready.journals, f"{ready.host}.99.dead00")  # holds the lock, as if it lived
    judge = Story(ready).sweep.judge

    assert judge.settle("1", grace_ms=30_000) == {}
    clock.move(61_000)
    assert judge.settle("1", grace_ms=None) == {}
    assert judge.settle("1", grace_ms=30_000) == {State.IN_DOUBT: 1}
    alive.close()


def test_an_earlier_boots_silence_is_doubt(ready: Installation) -> None:
    """After a power cut the page cache's lines may be missing: not begun proves nothing."""
    left_by_the_dead(ready, ["accepted", "not begun"])
    path = ready.journals / f"{ready.host}.99.dead00.log"
    path.write_text(path.read_text().replace("boot=", "boot=other"))

    assert Story(ready).sweep.judge.settle("1", grace_ms=None) == {
        State.ACCEPTED: 1,
        State.IN_DOUBT: 1,
    }


def test_half_a_line_proves_nothing(ready: Installation) -> None:
    left_by_the_dead(ready, ["begun"])
    path = ready.journals / f"{ready.host}.99.dead00.log"
    path.write_bytes(
        path.read_bytes() + b"1795514404.131 D1 0 0a0b0c0d.1 accepted 250 relay:25 - 2.0.0 o"
    )

    evidence = read(ready.journals, f"{ready.host}.99.dead00")
    assert evidence is not None
    assert evidence.ended == {}


def test_after_a_death_everyone_still_gets_exactly_one(ready: Installation) -> None:
    """Promise 2: nobody planned is forgotten; the doubt is resent once, by name, under the same
    Message-ID.
    """
    left_by_the_dead(ready, ["accepted", "begun", "not begun"])
    story = Story(ready)
    story.run(2)
    # The doubt still waits for evidence.
    assert ready.store.hash(keys.distribution("1"))["state"] == "sending"

    clock.move(61_000)
    story.run(3)
    story.stop()

    row = ready.store.hash(keys.distribution("1"))
    assert (row["state"], row["possibly_twice"]) == ("sent", "1")
    assert len(story.letters) == 39  # all but the one that the dead process's relay had
    assert counters(ready.store, "1")[State.ACCEPTED] == 40


def test_a_journal_that_cannot_be_written_stops_the_process(
    ready: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 8: what cannot be journalled must not happen."""
    exits: list[int] = []

    class Left(BaseException):
        pass

    def leave(code: int) -> None:
        exits.append(code)
        raise Left

    def full(self: Journal, line: bytes) -> None:
        if b"begun" in line:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "_write", full)
    monkeypatch.setattr("os._exit", leave)
    advance(ready, DistributionId("1"))
    story = Story(ready, lanes=1)
    import contextlib

    with contextlib.suppress(BaseException):
        story.sender.deliver(DistributionId("1"), 0, 1)
    assert exits
    assert exits[0] == 74
    assert story.letters == []
    with contextlib.suppress(BaseException):
        story.stop()


def test_an_intent_that_grew_old_is_asked_again(ready: Installation) -> None:
    """Promise 4: who unsubscribes while a letter waits at 354 is not written to."""
    from distro.audience.consent import UNSUBSCRIBED

    left: list[str] = []

    def answer(message: Message) -> Outcome | None:
        if not left:  # the first letter: everyone else unsubscribes meanwhile, and time passes
            left.append(message.recipient)
            for number in range(1, 41):
                ready.consent.record(
                    ready.store, subscriber=number, address="", act=UNSUBSCRIBED, source="test"
                )
            import time

            time.sleep(0.6)
        return None

    story = Story(ready, answer, lanes=1)
    story.run(2)
    story.stop()

    assert [who for who, _ in story.letters] == left
    found = counters(ready.store, "1")
    assert (found[State.ACCEPTED], found[State.SUPPRESSED]) == (1, 39)
    assert ready.store.hash(keys.distribution("1"))["state"] == "sent"


def test_every_audience_is_frozen_in_order_of_its_ordinals(ready: Installation) -> None:
    advance(ready, DistributionId("1"))
    ids = struct.unpack(">40I", ready.store.raw(keys.audience("1")))
    assert len(set(ids)) == 40
    assert {i % 2 for i in ids[:20]} == {1}  # the English edition first: ids 1, 3, 5 …


def test_a_witness_is_heard_before_a_doubt_is_resent(ready: Installation, tmp_path: Path) -> None:
    """The relay's Maildir has the letter: it is accepted, and nobody is written to again."""
    left_by_the_dead(ready, ["begun", "begun"])
    story = Story(ready)
    story.run(2)
    (tmp_path / "box" / "new").mkdir(parents=True)
    from distro.flow.in_doubt import _doubts

    (doubt,) = _doubts(ready, DistributionId("1"), [0])
    (tmp_path / "box" / "new" / "1").write_text(f"Message-ID: {doubt.message_id}\n\nthe letter")
    policy = ready.settings.in_doubt.model_copy(
        update={"evidence": [f"maildir:{tmp_path / 'box'}"]}
    )
    hearing = Story(replace(ready, settings=ready.settings.model_copy(update={"in_doubt": policy})))

    clock.move(61_000)
    hearing.run(3)
    hearing.stop()
    story.stop()

    row = ready.store.hash(keys.distribution("1"))
    assert (row["state"], row["possibly_twice"]) == ("sent", "1")
    assert counters(ready.store, "1")[State.ACCEPTED] == 40
    assert doubt.recipient not in [who for who, _ in story.letters + hearing.letters]
