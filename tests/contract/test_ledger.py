"""The ledger's scripts, one transition a test: what may become what, and what a replay, a zombie or
late truth does.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from distro.flow.freeze import advance
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.model import LETTERS, DistributionId, Outcome, State
from distro.store import Store, book_scripts, keys
from distro.store import ledger_scripts as scripts
from distro.store.embedded import Embedded
from distro.store.ledger_scripts import RECORD_SIZE, Claim, Intent, Step, Stepped
from distro.store.records import counters, pack_outcome, unpack_record
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release

NO = '{"fact": "f1", "act": "unsubscribed", "at": 1}'  # as the consent script takes it

D = DistributionId("1")
serials = itertools.count(1)


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Installation]:
    """Five readers, frozen, one batch, nothing sent; whatever a test does, the counters equal the
    bytes afterwards.
    """
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 5, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    advance(installation, D)
    assert store.hash(keys.distribution("1"))["state"] == "sending"
    yield installation
    assert not [f for f in audit(store, D).findings if "counter" in f or "states" in f]


def claim(
    store: Store, token: str = "0a0b0c0d", lease_ms: int = 30_000, process: str = "h.1.x"
) -> Claim | None:
    return store.call(scripts.claim(D, -1, token, process, lease_ms, 3_600_000))


def step(
    store: Store,
    *,
    process: str = "h.1.x",
    serial: int = 0,
    of: Claim | None = None,
    want: int = 0,
    cursor: int = 0,
    outcomes: tuple[tuple[Intent, str, State], ...] = (),
    token: str = "0a0b0c0d",
    delay_ms: int = 0,
    questions: bytes = b"",
) -> Stepped:
    packed = b"".join(
        sorted(
            pack_outcome(
                i.ordinal, s, t, i.attempt, Outcome(s, 250 if s is State.ACCEPTED else 450), 1
            )
            for i, t, s in outcomes
        )
    )
    words = [
        (i.ordinal, delay_ms, f"words about {s}") for i, _, s in outcomes if s is not State.ACCEPTED
    ]
    return store.call(
        scripts.step(
            Step(
                process,
                serial or next(serials),
                D,
                packed,
                of,
                want,
                cursor,
                questions,
                texts=words,
            )
        )
    )


def states(store: Store) -> str:
    return store.raw(keys.states("1")).decode()


def intents(
    store: Store, want: int = 1, token: str = "0a0b0c0d"
) -> tuple[Claim, tuple[Intent, ...]]:
    mine = claim(store, token)
    assert mine is not None
    return mine, step(store, of=mine, want=want).intents


def force(store: Store, ordinal: int, state: State) -> None:
    """Put a recipient into a state, counters in step."""
    before = states(store)[ordinal]
    order = "".join(LETTERS.values())
    store.command("SETRANGE", keys.states("1"), ordinal, state.letter)
    store.command(
        "BITFIELD",
        keys.counters("1"),
        "INCRBY",
        "i32",
        f"#{order.index(before)}",
        -1,
        "INCRBY",
        "i32",
        f"#{order.index(state.letter)}",
        1,
    )


def test_an_intent_is_written_before_the_act(installation: Installation) -> None:
    _, found = intents(installation.store, 2)
    assert [i.ordinal for i in found] == [0, 1]
    assert states(installation.store) == "iiqqq"
    assert b"reader" in found[0].row


def test_a_second_claim_is_refused(installation: Installation) -> None:
    assert claim(installation.store) is not None
    assert claim(installation.store, "ffffffff") is None


@pytest.mark.parametrize(
    "state",
    [State.ACCEPTED, State.FAILED, State.IN_DOUBT, State.QUEUED, State.SUPPRESSED, State.DEFERRED],
)
def test_an_outcome_moves_sending(installation: Installation, state: State) -> None:
    _, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", state),), delay_ms=60_000)
    assert states(installation.store)[0] == state.letter


def test_a_replayed_commit_changes_nothing_and_grants_the_same(installation: Installation) -> None:
    mine = claim(installation.store)
    first = step(installation.store, serial=7, of=mine, want=2)
    again = step(installation.store, serial=7, of=mine, want=2)
    assert first == again
    assert states(installation.store) == "iiqqq"


def test_an_outcome_counts_once(installation: Installation) -> None:
    _, (intent,) = intents(installation.store)
    for _ in range(2):
        step(installation.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    assert counters(installation.store, D)[State.ACCEPTED] == 1


def test_a_zombies_outcome_under_another_name_is_ignored(installation: Installation) -> None:
    _, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "deadbeef", State.FAILED),))
    assert states(installation.store)[0] == "i"


def test_no_intent_without_the_live_lease(installation: Installation) -> None:
    mine = claim(installation.store)
    assert mine is not None
    clock.move(60_000)
    assert step(installation.store, of=mine, want=1).status == 1
    assert states(installation.store) == "qqqqq"


def test_no_intent_for_another_token(installation: Installation) -> None:
    mine = claim(installation.store)
    assert mine is not None
    stolen = Claim(D, mine.batch, "ffffffff", mine.first, mine.past, mine.edition)
    assert step(installation.store, of=stolen, want=1).status == 1


def test_a_halt_is_learnt_in_the_same_call(installation: Installation) -> None:
    """Promise 7."""
    mine = claim(installation.store)
    installation.store.call(scripts.halt(D, "me", "wrong photo"))
    answer = step(installation.store, of=mine, want=3)
    assert (answer.status, answer.intents, answer.state) == (2, (), "halted")


def test_who_unsubscribed_after_the_freeze_is_suppressed_at_their_turn(
    installation: Installation,
) -> None:
    """Promise 4: consent is read at the turn, not at the freeze."""
    first = int.from_bytes(installation.store.span(keys.audience("1"), 0, 4), "big")
    installation.store.call(book_scripts.consent("h", None, [(first, "f1", NO)]))
    _, found = intents(installation.store, 2)
    assert [i.ordinal for i in found] == [1, 2]
    assert states(installation.store) == "siiqq"
    assert installation.store.hash(keys.replies("1")) == {"0": "unsubscribed"}


@pytest.mark.parametrize(
    ("change", "answer"), [("nothing", "g"), ("unsubscribe", "n"), ("halt", "x"), ("lease", "x")]
)
def test_the_question_at_354(installation: Installation, change: str, answer: str) -> None:
    mine, (intent,) = intents(installation.store)
    if change == "unsubscribe":
        installation.store.call(book_scripts.consent("h", None, [(intent.subscriber, "f1", NO)]))
    if change == "halt":
        installation.store.call(scripts.halt(D, "", ""))
    if change == "lease":
        clock.move(60_000)
    question = (
        intent.ordinal.to_bytes(4, "big")
        + bytes.fromhex(mine.token)
        + mine.batch.to_bytes(4, "big")
    )
    assert step(installation.store, questions=question).answers == answer


@pytest.mark.parametrize(
    "state",
    [State.QUEUED, State.DEFERRED, State.FAILED, State.IN_DOUBT, State.SUPPRESSED, State.CANCELLED],
)
def test_late_truth_wins(installation: Installation, state: State) -> None:
    """A 250 that is proved after the fact turns whatever was believed into accepted."""
    _, (intent,) = intents(installation.store)
    force(installation.store, 0, state)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    assert states(installation.store)[0] == "a"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.BOUNCED, State.COMPLAINED])
def test_truth_is_not_taken_back(installation: Installation, state: State) -> None:
    _, (intent,) = intents(installation.store)
    force(installation.store, 0, state)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.FAILED),))
    assert states(installation.store)[0] == state.letter


def test_truth_about_nobody_that_was_tried_is_ignored(installation: Installation) -> None:
    step(installation.store, outcomes=((Intent(3, 1, 1, 0, b""), "0a0b0c0d", State.ACCEPTED),))
    assert states(installation.store) == "qqqqq"


def test_truth_about_the_first_attempt_waits_for_the_second(installation: Installation) -> None:
    """While a second attempt is sending it is kept as a flag, and wins over what that one says."""
    mine, (first,) = intents(installation.store)
    step(installation.store, outcomes=((first, "0a0b0c0d", State.QUEUED),))
    installation.store.call(scripts.release(mine))
    _, (second,) = intents(installation.store, token="11223344")
    assert second.attempt == 2

    step(installation.store, outcomes=((first, "0a0b0c0d", State.ACCEPTED),))
    assert states(installation.store)[0] == "i"
    step(installation.store, outcomes=((second, "11223344", State.FAILED),))
    assert states(installation.store)[0] == "a"


def test_a_deferred_recipient_is_tried_again_in_its_own_batch_at_its_time(
    installation: Installation,
) -> None:
    mine, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.DEFERRED),), delay_ms=300_000)
    answer = step(installation.store, of=mine, want=9, cursor=1)
    step(
        installation.store, outcomes=tuple((i, "0a0b0c0d", State.ACCEPTED) for i in answer.intents)
    )
    installation.store.call(scripts.release(mine))
    assert states(installation.store) == "daaaa"
    assert claim(installation.store, "11111111") is None

    clock.move(360_000)
    again = claim(installation.store, "11111111")
    assert again is not None
    (retry,) = step(installation.store, of=again, want=5).intents
    assert (retry.ordinal, retry.attempt) == (0, 2)


def test_a_lease_is_not_given_back_while_somebody_is_sending_under_it(
    installation: Installation,
) -> None:
    mine, (intent,) = intents(installation.store)
    assert installation.store.call(scripts.release(mine)) is False
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.QUEUED),))
    assert installation.store.call(scripts.release(mine)) is True
    assert audit(installation.store, D).findings == ()


def test_a_doubt_is_resent_once_then_stays(installation: Installation) -> None:
    mine, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.IN_DOUBT),))
    installation.store.call(scripts.release(mine))
    assert installation.store.call(scripts.doubts(D, "resend", 60_000, least=20, share=0.05)) == (
        0,
        0,
    )

    clock.move(61_000)
    assert installation.store.call(scripts.doubts(D, "resend", 60_000, least=20, share=0.05)) == (
        1,
        1,
    )
    assert installation.store.hash(keys.distribution("1"))["possibly_twice"] == "1"
    again = claim(installation.store, "22222222")
    assert again is not None
    second, *rest = step(installation.store, of=again, want=5).intents
    step(
        installation.store,
        outcomes=(
            (second, "22222222", State.IN_DOUBT),
            *((i, "22222222", State.ACCEPTED) for i in rest),
        ),
    )
    clock.move(200_000)
    assert installation.store.call(scripts.doubts(D, "resend", 60_000, least=20, share=0.05)) == (
        1,
        0,
    )
    assert states(installation.store) == "uaaaa"
    assert installation.store.call(scripts.close(D)) is True


def test_under_hold_a_doubt_stays(installation: Installation) -> None:
    mine, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.IN_DOUBT),))
    installation.store.call(scripts.release(mine))
    clock.move(61_000)
    assert installation.store.call(scripts.doubts(D, "hold", 60_000, least=20, share=0.05)) == (
        1,
        0,
    )
    assert states(installation.store)[0] == "u"


def test_sent_waits_for_every_open_state(installation: Installation) -> None:
    for ordinal in range(5):
        force(installation.store, ordinal, State.ACCEPTED)
    for state, closed in (
        (State.QUEUED, False),
        (State.SENDING, False),
        (State.DEFERRED, False),
        (State.IN_DOUBT, True),
    ):
        force(installation.store, 0, state)
        if not closed:
            assert installation.store.call(scripts.close(D)) is False
    assert installation.store.call(scripts.close(D)) is True


def test_a_record_remembers_the_last_attempt(installation: Installation) -> None:
    _, (intent,) = intents(installation.store)
    packed = pack_outcome(
        0, State.ACCEPTED, "0a0b0c0d", 1, Outcome(State.ACCEPTED, 250, queue_id="4XzQ1b2c3D"), 3
    )
    installation.store.call(scripts.step(Step("h.9.x", 1, D, packed)))
    record = unpack_record(installation.store.span(keys.records("1"), 0, RECORD_SIZE))
    assert (record.token, record.attempts, record.code, record.relay, record.queue_id) == (
        "0a0b0c0d",
        intent.attempt,
        250,
        3,
        "4XzQ1b2c3D",
    )
    assert record.at > 1_700_000_000
