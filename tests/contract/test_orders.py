"""A person's orders about a distribution, on the real scripts: cancel and its give-back, resend,
reschedule; the guards.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from distro.errors import NotFoundError, RefusedError
from distro.flow import orders, resend
from distro.flow.freeze import advance
from distro.flow.submission import Order, plan, submit
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.reports import summary
from distro.store import Store, book_scripts, keys
from distro.store import ledger_scripts as scripts
from distro.store.embedded import Embedded
from distro.store.records import counters
from tests.contract.test_ledger import intents, states, step
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

NO = '{"fact": "f1", "act": "unsubscribed", "at": 1}'  # as the consent script takes it

SLUG = "towns-agree-a-plan"
HOUR = 3_600_000


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Installation]:
    """Five readers, submitted, not frozen; whatever a test does, the books balance afterwards."""
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 5, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    yield installation
    for number in store.command("ZRANGE", keys.DISTRIBUTIONS, 0, -1):
        assert not [
            f for f in audit(store, number.decode()).findings if "counter" in f or "states" in f
        ]


def marks(installation: Installation) -> int:
    return int(installation.store.command("BITCOUNT", keys.taken(SLUG)))


def again(installation: Installation, tmp_path: Path) -> DistributionId:
    return submit(installation, Order(files=[tmp_path / "release.md"], to="journalists")).id


# -- cancel


def test_cancelled_before_the_freeze_nothing_is_held(
    installation: Installation, tmp_path: Path
) -> None:
    left = orders.cancel(installation, DistributionId("1"), actor="me", reason="called off")

    assert left.counts[State.CANCELLED] == 5
    assert advance(installation, DistributionId("1")) == []
    report = summary.report(installation.store, DistributionId("1"), "UTC").fields
    assert (
        report["state"],
        report["counts"]["cancelled"],
        report["audience"],
        report["balanced"],
    ) == ("cancelled", 5, 5, True)
    assert again(installation, tmp_path) == "2"


def test_cancel_gives_back_the_marks_of_whoever_was_not_reached(
    installation: Installation, tmp_path: Path
) -> None:
    """Promise 3: a mark is given back only where every attempt provably ended unaccepted."""
    advance(installation, DistributionId("1"))
    _, found = intents(installation.store, 4)
    ends = (State.ACCEPTED, State.FAILED, State.IN_DOUBT, State.DEFERRED)
    step(
        installation.store,
        outcomes=tuple((i, "0a0b0c0d", s) for i, s in zip(found, ends, strict=True)),
        delay_ms=60_000,
    )

    orders.cancel(installation, DistributionId("1"), actor="me", reason="")

    assert states(installation.store) == "afukk"
    assert marks(installation) == 3
    assert (
        plan(installation, Order(files=[tmp_path / "release.md"], to="journalists")).plan.audience
        == 2
    )


def test_who_was_in_doubt_once_keeps_the_mark(installation: Installation) -> None:
    advance(installation, DistributionId("1"))
    mine, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.IN_DOUBT),))
    installation.store.call(scripts.release(mine))
    clock.move(61_000)
    installation.store.call(scripts.doubts("1", "resend", 60_000, least=20, share=0.05))
    assert states(installation.store)[0] == "q"

    orders.cancel(installation, DistributionId("1"), actor="me", reason="")

    assert states(installation.store) == "kkkkk"
    assert marks(installation) == 1


@pytest.mark.parametrize(
    ("end", "state", "kept"),
    [
        (State.QUEUED, "k", 0),
        (State.DEFERRED, "k", 0),
        (State.ACCEPTED, "a", 1),
        (State.IN_DOUBT, "u", 1),
        (State.FAILED, "f", 1),
    ],
)
def test_what_is_in_flight_when_cancelled_is_settled_by_its_outcome(
    installation: Installation, end: State, state: str, kept: int
) -> None:
    advance(installation, DistributionId("1"))
    _, (intent,) = intents(installation.store)
    left = orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    assert left.in_flight == 1
    assert "settled_at" not in installation.store.hash(keys.distribution("1"))

    step(installation.store, outcomes=((intent, "0a0b0c0d", end),))
    assert orders.settle(installation, DistributionId("1")) is True
    assert (states(installation.store), marks(installation)) == (f"{state}kkkk", kept)
    assert installation.store.hash(keys.distribution("1"))["settled_at"]


def test_a_cancel_while_the_audience_is_written_down_gives_everything_back(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def die(name: str) -> None:
        if name == "build":
            raise KeyboardInterrupt

    monkeypatch.setattr("distro.lib.failpoints.point", die)
    with pytest.raises(KeyboardInterrupt):
        advance(installation, DistributionId("1"))
    monkeypatch.undo()
    assert (installation.store.hash(keys.distribution("1"))["state"], marks(installation)) == (
        "freezing",
        5,
    )

    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    assert marks(installation) == 0
    assert advance(installation, DistributionId("1")) == []
    advance(installation, again(installation, tmp_path))
    assert counters(installation.store, "2")[State.QUEUED] == 5


def test_a_cancel_whose_command_dies_is_settled_by_the_sweep(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance(installation, DistributionId("1"))

    def die(name: str) -> None:
        if name == "cancel.said":
            raise KeyboardInterrupt

    monkeypatch.setattr("distro.lib.failpoints.point", die)
    with pytest.raises(KeyboardInterrupt):
        orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    monkeypatch.undo()
    assert marks(installation) == 5

    Story(installation).sweep.once()
    assert (states(installation.store), marks(installation)) == ("kkkkk", 0)


def test_a_second_freeze_waits_until_the_cancelled_one_has_settled(
    installation: Installation, tmp_path: Path
) -> None:
    advance(installation, DistributionId("1"))
    _, (intent,) = intents(installation.store)
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    second = again(installation, tmp_path)
    advance(installation, second)
    assert installation.store.hash(keys.distribution("2"))["state"] == "scheduled"

    step(installation.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    orders.settle(installation, DistributionId("1"))
    advance(installation, second)
    assert counters(installation.store, "2")[State.QUEUED] == 4


def test_a_large_distribution_is_settled_in_pieces(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 3500, folder=tmp_path, first=10)
    advance(installation, again(installation, tmp_path))
    assert (
        orders.cancel(installation, DistributionId("2"), actor="me", reason="").counts[
            State.CANCELLED
        ]
        == 3505
    )
    assert marks(installation) == 0


def test_a_distribution_that_is_sent_cannot_be_cancelled(installation: Installation) -> None:
    story = Story(installation)
    story.run(3)
    story.stop()
    with pytest.raises(RefusedError, match="nothing to cancel"):
        orders.cancel(installation, DistributionId("1"), actor="me", reason="")


def test_late_truth_about_a_cancelled_reader_takes_the_mark_again(
    installation: Installation,
) -> None:
    advance(installation, DistributionId("1"))
    _, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.QUEUED),))
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    assert marks(installation) == 0

    step(installation.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    assert (states(installation.store), marks(installation)) == ("akkkk", 1)


def test_who_said_no_before_their_turn_gives_the_mark_back(installation: Installation) -> None:
    advance(installation, DistributionId("1"))
    first = int.from_bytes(installation.store.span(keys.audience("1"), 0, 4), "big")
    installation.store.call(book_scripts.consent("h", None, [(first, "f1", NO)]))
    intents(installation.store, 1)
    assert (states(installation.store), marks(installation)) == ("siqqq", 4)


# -- several distributions of one release


def test_two_distributions_of_one_release_run_side_by_side(
    installation: Installation, tmp_path: Path
) -> None:
    advance(installation, DistributionId("1"))
    add_readers(installation.store, 3, folder=tmp_path, first=10)
    second = again(installation, tmp_path)
    advance(installation, second)

    assert [installation.store.hash(keys.distribution(d))["state"] for d in "12"] == [
        "sending",
        "sending",
    ]
    assert counters(installation.store, "2")[State.QUEUED] == 3
    story = Story(installation)
    story.run(3)
    story.stop()
    assert len(story.letters) == 8 == len({who for who, _ in story.letters})


def test_another_text_is_refused_while_a_reservation_stands_for_the_first(
    installation: Installation, tmp_path: Path
) -> None:
    other = write_release(tmp_path, body="Another text.", name="other.md")
    # Nothing is reserved yet: accepted …
    second = submit(installation, Order(files=[other], to="journalists")).distribution[1:]
    advance(installation, DistributionId("1"))
    add_readers(installation.store, 2, folder=tmp_path, first=10)
    with pytest.raises(RefusedError, match="differs"):
        submit(
            installation,
            Order(
                files=[write_release(tmp_path, body="A third text.", name="third.md")],
                to="journalists",
            ),
        )

    advance(installation, DistributionId(second))  # … but it comes too late
    row = installation.store.hash(keys.distribution(second))
    assert row["state"] == "cancelled"
    assert "not the one that readers already have" in row["reason"]


def test_when_everything_was_given_back_another_text_may_go_out(
    installation: Installation, tmp_path: Path
) -> None:
    advance(installation, DistributionId("1"))
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    submit(
        installation,
        Order(
            files=[write_release(tmp_path, body="Another text.", name="other.md")], to="journalists"
        ),
    )
    advance(installation, DistributionId("2"))
    assert counters(installation.store, "2")[State.QUEUED] == 5


# -- resend


@pytest.mark.parametrize(
    ("only", "state"), [("failed", State.FAILED), ("in_doubt", State.IN_DOUBT)]
)
def test_resend_opens_a_sent_distribution_for_exactly_those(
    installation: Installation, only: str, state: State
) -> None:
    lost = Outcome(state, 550 if state is State.FAILED else 0, "gone", relay="memory:0")

    tries: list[str] = []

    def answer(message: Message) -> Outcome | None:
        if message.recipient.startswith("reader2@"):
            tries.append(message.recipient)
        return lost if message.recipient.startswith("reader2@") and len(tries) == 1 else None

    story = Story(installation, answer)
    story.run(2)
    clock.move(61_000)
    installation.store.call(scripts.doubts("1", "hold", 60_000, least=20, share=0.05))
    story.run(1)
    assert installation.store.hash(keys.distribution("1"))["state"] == "sent"

    assert resend.resend(installation, DistributionId("1"), only, actor="me") == 1
    assert installation.store.hash(keys.distribution("1"))["state"] == "sending"
    story.run(2)
    story.stop()
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], row.get("possibly_twice", "0")) == (
        "sent",
        "1" if only == "in_doubt" else "0",
    )
    assert counters(installation.store, "1")[State.ACCEPTED] == 5
    with pytest.raises(RefusedError, match="nobody"):
        resend.resend(installation, DistributionId("1"), only, actor="me")


def test_resend_to_one_reader_ignores_the_mark_and_leaves_it(installation: Installation) -> None:
    story = Story(installation)
    story.run(3)
    made = resend.resend_to(installation, DistributionId("1"), "Reader3@d.example", actor="me")
    story.run(3)
    story.stop()

    assert [who for who, _ in story.letters].count("reader3@d.example") == 2
    assert len(story.letters) == 6
    assert installation.store.hash(keys.distribution(made))["resend_of"] == "1"
    assert marks(installation) == 5
    with pytest.raises(NotFoundError, match="nobody in the book"):
        resend.resend_to(installation, DistributionId("1"), "stranger@d.example", actor="me")


def test_cancelling_a_distribution_of_one_gives_back_no_mark_that_is_not_its_own(
    installation: Installation,
) -> None:
    Story(installation).run(0)
    advance(installation, DistributionId("1"))
    _, (intent, *_) = intents(installation.store, 5)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    who = int.from_bytes(installation.store.span(keys.audience("1"), 0, 4), "big")
    made = resend.resend_to(
        installation,
        DistributionId("1"),
        f"reader{who - 1}@{'abcd'[(who - 1) % 4]}.example",
        actor="me",
    )
    advance(installation, made)
    orders.cancel(installation, made, actor="me", reason="")
    assert counters(installation.store, made)[State.CANCELLED] == 1
    assert marks(installation) == 5


def test_resend_is_refused_where_it_would_undo_a_decision(installation: Installation) -> None:
    with pytest.raises(RefusedError, match="not begun"):
        resend.resend_to(installation, DistributionId("1"), "reader3@d.example", actor="me")
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    for order in (
        lambda: resend.resend(installation, DistributionId("1"), "failed", actor="me"),
        lambda: resend.resend_to(
            installation, DistributionId("1"), "reader3@d.example", actor="me"
        ),
    ):
        with pytest.raises(RefusedError, match="is cancelled"):
            order()


def test_nobody_who_said_no_is_written_to_by_a_resend(installation: Installation) -> None:
    story = Story(installation)
    story.run(3)
    story.stop()
    installation.store.call(book_scripts.consent("h", None, [(4, "f1", NO)]))
    with pytest.raises(RefusedError, match="unsubscribed"):
        resend.resend_to(installation, DistributionId("1"), "reader3@d.example", actor="me")


# -- reschedule


def test_reschedule_lets_a_fixed_audience_go_and_fixes_it_anew(
    installation: Installation, tmp_path: Path
) -> None:
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    number = submit(
        installation,
        Order(files=[tmp_path / "release.md"], to="journalists", at="2030-01-01T10:00Z"),
    ).id
    start = int(installation.store.hash(keys.distribution(number))["start_at"])
    clock.move(start - installation.store.now_ms() - 60_000)
    advance(installation, number)
    assert installation.store.hash(keys.distribution(number))["audience"] == "5"
    clock.move(0)

    orders.reschedule(installation, number, "2031-01-01T10:00Z", actor="me")
    assert marks(installation) == 0
    add_readers(installation.store, 2, folder=tmp_path, first=10)
    clock.move(
        int(installation.store.hash(keys.distribution(number))["start_at"])
        - installation.store.now_ms()
        - 60_000,
    )
    advance(installation, number)
    assert installation.store.hash(keys.distribution(number))["audience"] == "7"
    assert (marks(installation), audit(installation.store, number).findings) == (7, ())


def test_what_has_begun_cannot_be_rescheduled(installation: Installation) -> None:
    advance(installation, DistributionId("1"))
    with pytest.raises(RefusedError, match="only what has not begun"):
        orders.reschedule(installation, DistributionId("1"), "2031-01-01T10:00Z", actor="me")


# -- guards: it stops by itself (promise 11)


def test_a_start_long_after_its_time_is_halted_and_resume_overrides(
    installation: Installation,
) -> None:
    clock.move(2 * HOUR)
    advance(installation, DistributionId("1"))
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], row["guard"]) == ("halted", "stale")
    assert "120 minutes ago" in row["reason"]
    orders.resume(installation, DistributionId("1"), actor="me", reason="still news")
    assert intents(installation.store, 1)[1]


def test_a_scheduled_start_that_was_slept_through_is_halted(
    installation: Installation, tmp_path: Path
) -> None:
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    number = submit(
        installation,
        Order(files=[tmp_path / "release.md"], to="journalists", at="2030-01-01T10:00Z"),
    ).id
    ahead = (
        int(installation.store.hash(keys.distribution(number))["start_at"])
        - installation.store.now_ms()
    )
    clock.move(ahead - 60_000)
    advance(installation, number)
    clock.move(ahead + 2 * HOUR)
    assert installation.store.call(scripts.start(number, 4_000_000_000_000, HOUR)) == "not_now"
    assert installation.store.hash(keys.distribution(number))["state"] == "halted"
    orders.resume(installation, number, actor="me", reason="")
    assert installation.store.call(scripts.start(number, 4_000_000_000_000, HOUR)) == "ok"


def test_a_continuation_after_a_day_is_halted_and_resume_goes_on(
    installation: Installation,
) -> None:
    advance(installation, DistributionId("1"))
    mine, (intent,) = intents(installation.store)
    step(installation.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    installation.store.call(scripts.release(mine))
    clock.move(24 * HOUR)
    assert (
        installation.store.call(scripts.claim("1", -1, "11111111", "h.1.x", 30_000, HOUR)) is None
    )
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], "1440 minutes" in row["reason"]) == ("halted", True)

    assert orders.resume(installation, DistributionId("1"), actor="me", reason="") == "sending"
    assert (
        installation.store.call(scripts.claim("1", -1, "11111111", "h.1.x", 30_000, HOUR))
        is not None
    )


def test_a_deferred_letter_whose_hour_comes_is_not_stale(installation: Installation) -> None:
    advance(installation, DistributionId("1"))
    mine, found = intents(installation.store, 5)
    step(
        installation.store,
        outcomes=tuple((i, "0a0b0c0d", State.DEFERRED) for i in found),
        delay_ms=4 * HOUR,
    )
    installation.store.call(scripts.release(mine))
    clock.move(4 * HOUR + 60_000)
    assert (
        installation.store.call(scripts.claim("1", -1, "11111111", "h.1.x", 30_000, HOUR))
        is not None
    )


def test_too_many_doubts_halt_before_anybody_is_written_to_twice(
    installation: Installation,
) -> None:
    advance(installation, DistributionId("1"))
    mine, found = intents(installation.store, 3)
    step(installation.store, outcomes=tuple((i, "0a0b0c0d", State.IN_DOUBT) for i in found))
    installation.store.call(scripts.release(mine))
    clock.move(61_000)
    assert installation.store.call(scripts.doubts("1", "resend", 60_000, least=2, share=0.05)) == (
        0,
        0,
    )
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], row["guard"], states(installation.store)) == (
        "halted",
        "doubts",
        "uuuqq",
    )

    orders.resume(installation, DistributionId("1"), actor="me", reason="the relay was cut off")
    assert installation.store.call(scripts.doubts("1", "resend", 60_000, least=2, share=0.05)) == (
        3,
        3,
    )


def test_an_error_rate_over_the_limit_halts(installation: Installation) -> None:
    advance(installation, DistributionId("1"))
    _, found = intents(installation.store, 4)
    ends = (State.FAILED, State.FAILED, State.ACCEPTED, State.ACCEPTED)
    step(
        installation.store,
        outcomes=tuple((i, "0a0b0c0d", s) for i, s in zip(found, ends, strict=True)),
    )
    assert installation.store.call(scripts.errors("1", share=0.25, least=5)) is False
    assert installation.store.call(scripts.errors("1", share=0.5, least=4)) is False
    assert installation.store.call(scripts.errors("1", share=0.25, least=4)) is True
    assert (
        "2 of the first 4 were refused" in installation.store.hash(keys.distribution("1"))["reason"]
    )
    orders.resume(installation, DistributionId("1"), actor="me", reason="an old list")
    assert installation.store.call(scripts.errors("1", share=0.25, least=4)) is False


# -- a letter that breaks connections


def test_the_third_break_inside_the_same_body_makes_it_wait(installation: Installation) -> None:
    """A poison letter must not take every connection in turn; the others go on."""
    advance(installation, DistributionId("1"))
    for n in range(3):
        token = f"0000000{n}"
        mine, found = intents(installation.store, 1, token)
        assert found[0].ordinal == 0
        broke = Outcome(State.QUEUED, text="reset", inside=True)
        from distro.store.records import pack_outcome

        packed = pack_outcome(0, State.QUEUED, token, found[0].attempt, broke, 1)
        installation.store.call(
            scripts.step(scripts.Step("h.7.x", n + 1, "1", packed, texts=[(0, 60_000, "reset")]))
        )
        assert states(installation.store)[0] == "qqd"[n]
        installation.store.call(scripts.release(mine))
    assert installation.store.scores(keys.retries("1", "0"))["0"] > installation.store.now_ms()
    _, found = intents(installation.store, 1, "99999999")
    assert found[0].ordinal == 1
