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
from distro.installation.context import Office
from distro.ledger.audit import audit
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.reports import summary
from distro.store import Store, book_scripts
from distro.store import ledger_scripts as scripts
from distro.store.embedded import Embedded
from distro.store.records import counters
from tests.contract.test_ledger import intents, states, step
from tests.support.office import add_readers, make_office, write_release
from tests.support.story import Story

NO = '{"fact": "f1", "act": "unsubscribed", "at": 1}'  # as the consent script takes it

SLUG = "towns-agree-a-plan"
HOUR = 3_600_000


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Office]:
    """Five readers, submitted, not frozen; whatever a test does, the books balance afterwards."""
    office = make_office(tmp_path, server, store)
    add_readers(store, 5, folder=tmp_path)
    submit(office, Order(files=[write_release(tmp_path)], to="journalists"))
    yield office
    for number in store.command("ZRANGE", "dists", 0, -1):
        assert not [
            f for f in audit(store, number.decode()).findings if "counter" in f or "states" in f
        ]


def marks(office: Office) -> int:
    return int(office.store.command("BITCOUNT", f"taken:{SLUG}"))


def again(office: Office, tmp_path: Path) -> str:
    return submit(office, Order(files=[tmp_path / "release.md"], to="journalists")).distribution[1:]


def clock(office: Office, ms: int) -> None:
    office.store.command("SET", "test:clock", ms, "EX", 60)


# -- cancel


def test_cancelled_before_the_freeze_nothing_is_held(office: Office, tmp_path: Path) -> None:
    left = orders.cancel(office, "1", actor="me", reason="called off")

    assert left.counts[State.CANCELLED] == 5
    assert advance(office, "1") == []
    report = summary.report(office.store, "1", "UTC").told
    assert (
        report["state"],
        report["counts"]["cancelled"],
        report["audience"],
        report["balanced"],
    ) == ("cancelled", 5, 5, True)
    assert again(office, tmp_path) == "2"


def test_cancel_gives_back_the_marks_of_whoever_was_not_reached(
    office: Office, tmp_path: Path
) -> None:
    """Promise 3: a mark is given back only where every attempt provably ended unaccepted."""
    advance(office, "1")
    _, found = intents(office.store, 4)
    ends = (State.ACCEPTED, State.FAILED, State.IN_DOUBT, State.DEFERRED)
    step(
        office.store,
        outcomes=tuple((i, "0a0b0c0d", s) for i, s in zip(found, ends, strict=True)),
        delay_ms=60_000,
    )

    orders.cancel(office, "1", actor="me", reason="")

    assert states(office.store) == "afukk"
    assert marks(office) == 3
    assert plan(office, Order(files=[tmp_path / "release.md"], to="journalists")).plan.audience == 2


def test_who_was_in_doubt_once_keeps_the_mark(office: Office) -> None:
    advance(office, "1")
    mine, (intent,) = intents(office.store)
    step(office.store, outcomes=((intent, "0a0b0c0d", State.IN_DOUBT),))
    office.store.call(scripts.release(mine))
    clock(office, 61_000)
    office.store.call(scripts.doubts("1", "resend", 60_000, least=20, share=0.05))
    assert states(office.store)[0] == "q"

    orders.cancel(office, "1", actor="me", reason="")

    assert states(office.store) == "kkkkk"
    assert marks(office) == 1


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
    office: Office, end: State, state: str, kept: int
) -> None:
    advance(office, "1")
    _, (intent,) = intents(office.store)
    left = orders.cancel(office, "1", actor="me", reason="")
    assert left.in_flight == 1
    assert "settled_at" not in office.store.hash("dist:1")

    step(office.store, outcomes=((intent, "0a0b0c0d", end),))
    assert orders.settle(office, "1") is True
    assert (states(office.store), marks(office)) == (f"{state}kkkk", kept)
    assert office.store.hash("dist:1")["settled_at"]


def test_a_cancel_while_the_audience_is_written_down_gives_everything_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def die(name: str) -> None:
        if name == "build":
            raise KeyboardInterrupt

    monkeypatch.setattr("distro.lib.failpoints.point", die)
    with pytest.raises(KeyboardInterrupt):
        advance(office, "1")
    monkeypatch.undo()
    assert (office.store.hash("dist:1")["state"], marks(office)) == ("freezing", 5)

    orders.cancel(office, "1", actor="me", reason="")
    assert marks(office) == 0
    assert advance(office, "1") == []
    advance(office, again(office, tmp_path))
    assert counters(office.store, "2")[State.QUEUED] == 5


def test_a_cancel_whose_command_dies_is_settled_by_the_sweep(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance(office, "1")

    def die(name: str) -> None:
        if name == "cancel.said":
            raise KeyboardInterrupt

    monkeypatch.setattr("distro.lib.failpoints.point", die)
    with pytest.raises(KeyboardInterrupt):
        orders.cancel(office, "1", actor="me", reason="")
    monkeypatch.undo()
    assert marks(office) == 5

    Story(office).sweep.once()
    assert (states(office.store), marks(office)) == ("kkkkk", 0)


def test_a_second_freeze_waits_until_the_cancelled_one_has_settled(
    office: Office, tmp_path: Path
) -> None:
    advance(office, "1")
    _, (intent,) = intents(office.store)
    orders.cancel(office, "1", actor="me", reason="")
    second = again(office, tmp_path)
    advance(office, second)
    assert office.store.hash("dist:2")["state"] == "scheduled"

    step(office.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    orders.settle(office, "1")
    advance(office, second)
    assert counters(office.store, "2")[State.QUEUED] == 4


def test_a_large_distribution_is_settled_in_pieces(office: Office, tmp_path: Path) -> None:
    add_readers(office.store, 3500, folder=tmp_path, first=10)
    advance(office, again(office, tmp_path))
    assert orders.cancel(office, "2", actor="me", reason="").counts[State.CANCELLED] == 3505
    assert marks(office) == 0


def test_a_distribution_that_is_sent_cannot_be_cancelled(office: Office) -> None:
    story = Story(office)
    story.run(3)
    story.stop()
    with pytest.raises(RefusedError, match="nothing to cancel"):
        orders.cancel(office, "1", actor="me", reason="")


def test_late_truth_about_a_cancelled_reader_takes_the_mark_again(office: Office) -> None:
    advance(office, "1")
    _, (intent,) = intents(office.store)
    step(office.store, outcomes=((intent, "0a0b0c0d", State.QUEUED),))
    orders.cancel(office, "1", actor="me", reason="")
    assert marks(office) == 0

    step(office.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    assert (states(office.store), marks(office)) == ("akkkk", 1)


def test_who_said_no_before_their_turn_gives_the_mark_back(office: Office) -> None:
    advance(office, "1")
    first = int.from_bytes(office.store.span("aud:1", 0, 4), "big")
    office.store.call(book_scripts.consent("h", None, [(first, "f1", NO)]))
    intents(office.store, 1)
    assert (states(office.store), marks(office)) == ("siqqq", 4)


# -- several distributions of one release


def test_two_distributions_of_one_release_run_side_by_side(office: Office, tmp_path: Path) -> None:
    advance(office, "1")
    add_readers(office.store, 3, folder=tmp_path, first=10)
    second = again(office, tmp_path)
    advance(office, second)

    assert [office.store.hash(f"dist:{d}")["state"] for d in "12"] == ["sending", "sending"]
    assert counters(office.store, "2")[State.QUEUED] == 3
    story = Story(office)
    story.run(3)
    story.stop()
    assert len(story.letters) == 8 == len({who for who, _ in story.letters})


def test_another_text_is_refused_while_a_reservation_stands_for_the_first(
    office: Office, tmp_path: Path
) -> None:
    other = write_release(tmp_path, body="Another text.", name="other.md")
    second = submit(office, Order(files=[other], to="journalists")).distribution[
        1:
    ]  # nothing is reserved yet: accepted …
    advance(office, "1")
    add_readers(office.store, 2, folder=tmp_path, first=10)
    with pytest.raises(RefusedError, match="differs"):
        submit(
            office,
            Order(
                files=[write_release(tmp_path, body="A third text.", name="third.md")],
                to="journalists",
            ),
        )

    advance(office, second)  # … but it comes too late
    told = office.store.hash(f"dist:{second}")
    assert told["state"] == "cancelled"
    assert "not the one that readers already have" in told["reason"]


def test_when_everything_was_given_back_another_text_may_go_out(
    office: Office, tmp_path: Path
) -> None:
    advance(office, "1")
    orders.cancel(office, "1", actor="me", reason="")
    submit(
        office,
        Order(
            files=[write_release(tmp_path, body="Another text.", name="other.md")], to="journalists"
        ),
    )
    advance(office, "2")
    assert counters(office.store, "2")[State.QUEUED] == 5


# -- resend


@pytest.mark.parametrize(
    ("only", "state"), [("failed", State.FAILED), ("in_doubt", State.IN_DOUBT)]
)
def test_resend_opens_a_sent_distribution_for_exactly_those(
    office: Office, only: str, state: State
) -> None:
    lost = Outcome(state, 550 if state is State.FAILED else 0, "gone", relay="memory:0")

    tries: list[str] = []

    def answer(message: Message) -> Outcome | None:
        if message.recipient.startswith("reader2@"):
            tries.append(message.recipient)
        return lost if message.recipient.startswith("reader2@") and len(tries) == 1 else None

    story = Story(office, answer)
    story.run(2)
    clock(office, 61_000)
    office.store.call(scripts.doubts("1", "hold", 60_000, least=20, share=0.05))
    story.run(1)
    assert office.store.hash("dist:1")["state"] == "sent"

    assert resend.resend(office, "1", only, actor="me") == 1
    assert office.store.hash("dist:1")["state"] == "sending"
    story.run(2)
    story.stop()
    told = office.store.hash("dist:1")
    assert (told["state"], told.get("possibly_twice", "0")) == (
        "sent",
        "1" if only == "in_doubt" else "0",
    )
    assert counters(office.store, "1")[State.ACCEPTED] == 5
    with pytest.raises(RefusedError, match="nobody"):
        resend.resend(office, "1", only, actor="me")


def test_resend_to_one_reader_ignores_the_mark_and_leaves_it(office: Office) -> None:
    story = Story(office)
    story.run(3)
    made = resend.resend_to(office, "1", "Reader3@d.example", actor="me")
    story.run(3)
    story.stop()

    assert [who for who, _ in story.letters].count("reader3@d.example") == 2
    assert len(story.letters) == 6
    assert office.store.hash(f"dist:{made}")["resend_of"] == "1"
    assert marks(office) == 5
    with pytest.raises(NotFoundError, match="nobody in the book"):
        resend.resend_to(office, "1", "stranger@d.example", actor="me")


def test_cancelling_a_distribution_of_one_gives_back_no_mark_that_is_not_its_own(
    office: Office,
) -> None:
    Story(office).run(0)
    advance(office, "1")
    _, (intent, *_) = intents(office.store, 5)
    step(office.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    who = int.from_bytes(office.store.span("aud:1", 0, 4), "big")
    made = resend.resend_to(
        office, "1", f"reader{who - 1}@{'abcd'[(who - 1) % 4]}.example", actor="me"
    )
    advance(office, made)
    orders.cancel(office, made, actor="me", reason="")
    assert counters(office.store, made)[State.CANCELLED] == 1
    assert marks(office) == 5


def test_resend_is_refused_where_it_would_undo_a_decision(office: Office) -> None:
    with pytest.raises(RefusedError, match="not begun"):
        resend.resend_to(office, "1", "reader3@d.example", actor="me")
    orders.cancel(office, "1", actor="me", reason="")
    for order in (
        lambda: resend.resend(office, "1", "failed", actor="me"),
        lambda: resend.resend_to(office, "1", "reader3@d.example", actor="me"),
    ):
        with pytest.raises(RefusedError, match="is cancelled"):
            order()


def test_nobody_who_said_no_is_written_to_by_a_resend(office: Office) -> None:
    story = Story(office)
    story.run(3)
    story.stop()
    office.store.call(book_scripts.consent("h", None, [(4, "f1", NO)]))
    with pytest.raises(RefusedError, match="unsubscribed"):
        resend.resend_to(office, "1", "reader3@d.example", actor="me")


# -- reschedule


def test_reschedule_lets_a_fixed_audience_go_and_fixes_it_anew(
    office: Office, tmp_path: Path
) -> None:
    orders.cancel(office, "1", actor="me", reason="")
    number = submit(
        office, Order(files=[tmp_path / "release.md"], to="journalists", at="2030-01-01T10:00Z")
    ).distribution[1:]
    start = int(office.store.hash(f"dist:{number}")["start_at"])
    clock(office, start - office.store.now_ms() - 60_000)
    advance(office, number)
    assert office.store.hash(f"dist:{number}")["audience"] == "5"
    office.store.command("DEL", "test:clock")

    orders.reschedule(office, number, "2031-01-01T10:00Z", actor="me")
    assert marks(office) == 0
    add_readers(office.store, 2, folder=tmp_path, first=10)
    clock(
        office,
        int(office.store.hash(f"dist:{number}")["start_at"]) - office.store.now_ms() - 60_000,
    )
    advance(office, number)
    assert office.store.hash(f"dist:{number}")["audience"] == "7"
    assert (marks(office), audit(office.store, number).findings) == (7, ())


def test_what_has_begun_cannot_be_rescheduled(office: Office) -> None:
    advance(office, "1")
    with pytest.raises(RefusedError, match="only what has not begun"):
        orders.reschedule(office, "1", "2031-01-01T10:00Z", actor="me")


# -- guards: it stops by itself (promise 11)


def test_a_start_long_after_its_time_is_halted_and_resume_overrides(office: Office) -> None:
    clock(office, 2 * HOUR)
    advance(office, "1")
    told = office.store.hash("dist:1")
    assert (told["state"], told["guard"]) == ("halted", "stale")
    assert "120 minutes ago" in told["reason"]
    orders.resume(office, "1", actor="me", reason="still news")
    assert intents(office.store, 1)[1]


def test_a_scheduled_start_that_was_slept_through_is_halted(office: Office, tmp_path: Path) -> None:
    orders.cancel(office, "1", actor="me", reason="")
    number = submit(
        office, Order(files=[tmp_path / "release.md"], to="journalists", at="2030-01-01T10:00Z")
    ).distribution[1:]
    ahead = int(office.store.hash(f"dist:{number}")["start_at"]) - office.store.now_ms()
    clock(office, ahead - 60_000)
    advance(office, number)
    clock(office, ahead + 2 * HOUR)
    assert office.store.call(scripts.start(number, 4_000_000_000_000, HOUR)) == "not_now"
    assert office.store.hash(f"dist:{number}")["state"] == "halted"
    orders.resume(office, number, actor="me", reason="")
    assert office.store.call(scripts.start(number, 4_000_000_000_000, HOUR)) == "ok"


def test_a_continuation_after_a_day_is_halted_and_resume_goes_on(office: Office) -> None:
    advance(office, "1")
    mine, (intent,) = intents(office.store)
    step(office.store, outcomes=((intent, "0a0b0c0d", State.ACCEPTED),))
    office.store.call(scripts.release(mine))
    clock(office, 24 * HOUR)
    assert office.store.call(scripts.claim("1", -1, "11111111", "h.1.x", 30_000, HOUR)) is None
    told = office.store.hash("dist:1")
    assert (told["state"], "1440 minutes" in told["reason"]) == ("halted", True)

    assert orders.resume(office, "1", actor="me", reason="") == "sending"
    assert office.store.call(scripts.claim("1", -1, "11111111", "h.1.x", 30_000, HOUR)) is not None


def test_a_deferred_letter_whose_hour_comes_is_not_stale(office: Office) -> None:
    advance(office, "1")
    mine, found = intents(office.store, 5)
    step(
        office.store,
        outcomes=tuple((i, "0a0b0c0d", State.DEFERRED) for i in found),
        delay_ms=4 * HOUR,
    )
    office.store.call(scripts.release(mine))
    clock(office, 4 * HOUR + 60_000)
    assert office.store.call(scripts.claim("1", -1, "11111111", "h.1.x", 30_000, HOUR)) is not None


def test_too_many_doubts_halt_before_anybody_is_written_to_twice(office: Office) -> None:
    advance(office, "1")
    mine, found = intents(office.store, 3)
    step(office.store, outcomes=tuple((i, "0a0b0c0d", State.IN_DOUBT) for i in found))
    office.store.call(scripts.release(mine))
    clock(office, 61_000)
    assert office.store.call(scripts.doubts("1", "resend", 60_000, least=2, share=0.05)) == (0, 0)
    told = office.store.hash("dist:1")
    assert (told["state"], told["guard"], states(office.store)) == ("halted", "doubts", "uuuqq")

    orders.resume(office, "1", actor="me", reason="the relay was cut off")
    assert office.store.call(scripts.doubts("1", "resend", 60_000, least=2, share=0.05)) == (3, 3)


def test_an_error_rate_over_the_limit_halts(office: Office) -> None:
    advance(office, "1")
    _, found = intents(office.store, 4)
    ends = (State.FAILED, State.FAILED, State.ACCEPTED, State.ACCEPTED)
    step(office.store, outcomes=tuple((i, "0a0b0c0d", s) for i, s in zip(found, ends, strict=True)))
    assert office.store.call(scripts.errors("1", share=0.25, least=5)) is False
    assert office.store.call(scripts.errors("1", share=0.5, least=4)) is False
    assert office.store.call(scripts.errors("1", share=0.25, least=4)) is True
    assert "2 of the first 4 were refused" in office.store.hash("dist:1")["reason"]
    orders.resume(office, "1", actor="me", reason="an old list")
    assert office.store.call(scripts.errors("1", share=0.25, least=4)) is False


# -- a letter that breaks connections


def test_the_third_break_inside_the_same_body_makes_it_wait(office: Office) -> None:
    """A poison letter must not take every connection in turn; the others go on."""
    advance(office, "1")
    for n in range(3):
        token = f"0000000{n}"
        mine, found = intents(office.store, 1, token)
        assert found[0].ordinal == 0
        broke = Outcome(State.QUEUED, text="reset", inside=True)
        from distro.store.records import pack_outcome

        packed = pack_outcome(0, State.QUEUED, token, found[0].attempt, broke, 1)
        office.store.call(
            scripts.step(scripts.Step("h.7.x", n + 1, "1", packed, words=[(0, 60_000, "reset")]))
        )
        assert states(office.store)[0] == "qqd"[n]
        office.store.call(scripts.release(mine))
    assert office.store.scores("retry:1:0")["0"] > office.store.now_ms()
    _, found = intents(office.store, 1, "99999999")
    assert found[0].ordinal == 1
