"""What came back, in the ledger: once an attempt and class, also while our attempt is under way."""

import pytest

from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.model import State
from distro.store import Store, keys, records, returns
from distro.store.returns import Recorded, Verdict
from tests.contract.test_ledger import D, force, installation, intents, states, step

__all__ = ["installation"]  # a fixture


def came_back(
    store: Store, ordinal: int = 0, *, grade: str = "hard", message: str = "m1"
) -> Recorded:
    state = "m" if grade == "complaint" else "b"
    verdict = Verdict(message, state, grade, "unknown_user", "mx.a.example", "unknown user")
    return store.call(returns.came_back(D, ordinal, verdict))


def who(store: Store) -> int:
    """Return the subscriber at ordinal 0."""
    return records.audience_ids_at(store, D, [0])[0]


def sent(installation: Installation, state: State) -> None:
    """Try the first reader once, and leave them in a state."""
    mine, granted = intents(installation.store)
    if state is not State.SENDING:
        step(installation.store, outcomes=((granted[0], mine.token, state),), delay_ms=60_000)


def test_who_was_never_written_to_cannot_bounce(installation: Installation) -> None:
    store = installation.store
    assert came_back(store) == Recorded("not_attempted", "q", who(store))
    assert came_back(store, 99).what == "not_attempted"
    assert states(store) == "qqqqq"
    assert returns.of_distribution(store, D) == []


@pytest.mark.parametrize(
    "state", [State.ACCEPTED, State.DEFERRED, State.IN_DOUBT], ids=lambda s: str(s)
)
def test_a_bounce_moves_whoever_was_tried(installation: Installation, state: State) -> None:
    store = installation.store
    sent(installation, state)
    assert came_back(store) == Recorded("moved", "b", who(store))
    assert states(store) == "bqqqq"
    assert records.replies_at(store, D, [0]) == ["unknown user"]
    assert returns.of_recipient(store, D, 0) is not None
    # Nothing of them waits any more.
    assert store.command("ZCARD", keys.doubts("1")) == 0
    assert store.command("ZCARD", keys.retries("1", 0)) == 0
    assert not audit(store, D).findings


def test_the_same_message_again_changes_nothing(installation: Installation) -> None:
    store = installation.store
    sent(installation, State.ACCEPTED)
    assert came_back(store).what == "moved"
    assert came_back(store).what == "kept"
    assert states(store) == "bqqqq"


def test_another_message_of_the_same_class_counts_no_second_time(
    installation: Installation,
) -> None:
    store = installation.store
    sent(installation, State.ACCEPTED)
    assert came_back(store, grade="soft").what == "moved"
    assert came_back(store, grade="soft", message="m2").what == "counted"
    # Permanent may follow transient …
    assert came_back(store, grade="hard", message="m3").what == "kept"
    # … never back.
    assert came_back(store, grade="soft", message="m4").what == "counted"
    assert returns.of_distribution(store, D)[0].grade == "hard"


def test_a_complaint_follows_a_bounce_and_is_final(installation: Installation) -> None:
    store = installation.store
    sent(installation, State.ACCEPTED)
    came_back(store)
    assert came_back(store, grade="complaint", message="m2") == Recorded("moved", "m", who(store))
    assert came_back(store, message="m3").what == "counted"
    assert states(store) == "mqqqq"


def test_a_failed_recipient_may_complain_but_not_bounce(installation: Installation) -> None:
    store = installation.store
    sent(installation, State.FAILED)
    assert came_back(store).what == "kept"
    assert states(store) == "fqqqq"
    assert came_back(store, grade="complaint", message="m2").what == "moved"


@pytest.mark.parametrize("grade", ["hard", "complaint"])
@pytest.mark.parametrize("outcome", [State.ACCEPTED, State.FAILED, State.IN_DOUBT, State.QUEUED])
def test_what_comes_before_our_own_commit_waits_for_it(
    installation: Installation, grade: str, outcome: State
) -> None:
    store = installation.store
    mine, granted = intents(store)
    assert came_back(store, grade=grade) == Recorded("waits", "i", who(store))
    assert states(store) == "iqqqq"
    step(store, outcomes=((granted[0], mine.token, outcome),))
    assert states(store)[0] == ("m" if grade == "complaint" else "b")
    assert not records.record_at(store, D, 0).flags
    assert store.command("ZCARD", keys.doubts("1")) == 0


def test_a_complaint_that_waits_is_not_weakened_by_a_bounce(installation: Installation) -> None:
    store = installation.store
    mine, granted = intents(store)
    came_back(store, grade="complaint")
    came_back(store, message="m2")
    step(store, outcomes=((granted[0], mine.token, State.ACCEPTED),))
    assert states(store) == "mqqqq"


def test_breaks_inside_the_body_are_still_counted_beside_what_waits(
    installation: Installation,
) -> None:
    """The flags of a record hold both."""
    store = installation.store
    store.command("SETRANGE", keys.records("1"), 9, bytes([4 + 16]))
    assert records.record_at(store, D, 0).flags == 20


def test_a_late_acceptance_takes_no_bounce_back(installation: Installation) -> None:
    store = installation.store
    mine, granted = intents(store)
    step(store, outcomes=((granted[0], mine.token, State.IN_DOUBT),))
    came_back(store)
    step(store, outcomes=((granted[0], mine.token, State.ACCEPTED),))
    assert states(store) == "bqqqq"


def test_who_is_suppressed_or_cancelled_stays_so(installation: Installation) -> None:
    store = installation.store
    sent(installation, State.DEFERRED)
    force(store, 0, State.CANCELLED)
    assert came_back(store).what == "kept"
    assert states(store) == "kqqqq"


def test_a_permanent_refusal_is_noted_for_the_book(installation: Installation) -> None:
    store = installation.store
    sent(installation, State.FAILED)
    assert returns.refusals(store, 10) == [("1", 0)]
    returns.drop_refusal(store, "1", 0)
    assert returns.refusals(store, 10) == []
