"""After a temporary refusal: waits that double, scattered, up to the longest; then the end."""

import time

import pytest

from distro.flow.retry import retry_or_give_up
from distro.model import Outcome, State
from distro.settings.sending import Retry

REFUSED = Outcome(State.DEFERRED, 451, "4.3.0 later", relay="mx.example:25")


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 240), (200, 240)]
)
def test_the_wait_doubles_up_to_the_longest(attempts: int, minutes: int) -> None:
    outcome, wait_ms = retry_or_give_up(REFUSED, attempts, Retry(), now_ms())

    assert outcome == REFUSED
    assert 0.8 * minutes <= wait_ms / 60_000 <= 1.2 * minutes


def test_waits_are_scattered() -> None:
    assert len({retry_or_give_up(REFUSED, 1, Retry(), now_ms())[1] for _ in range(20)}) > 10


def test_it_is_given_up_where_the_next_attempt_would_be_after_the_period() -> None:
    two_days_ago = now_ms() - 2 * 86_400_000

    outcome, wait_ms = retry_or_give_up(REFUSED, 9, Retry(), two_days_ago)

    assert (outcome.state, outcome.code, outcome.relay) == (State.FAILED, 451, "mx.example:25")
    assert outcome.text == "given up after 2d: 4.3.0 later"
    assert wait_ms == 0


def test_an_attempt_that_still_fits_is_made() -> None:
    """The period counts to the next attempt, not from the last."""
    ten_minutes_left = now_ms() - 2 * 86_400_000 + 600_000

    assert retry_or_give_up(REFUSED, 1, Retry(), ten_minutes_left)[0].state is State.DEFERRED
    assert retry_or_give_up(REFUSED, 3, Retry(), ten_minutes_left)[0].state is State.FAILED
