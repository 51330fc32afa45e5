"""When a distribution begins: never in the past, never before the embargo."""

from datetime import UTC, datetime, timedelta

import pytest

from distro.errors import RefusedError
from distro.flow.submission import start_ms

NOW = datetime.now(UTC).replace(microsecond=0)


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


def test_without_a_time_it_begins_now() -> None:
    assert start_ms("", "", "UTC") == 0


def test_a_time_without_a_zone_is_of_the_installation() -> None:
    assert start_ms("2099-07-01 10:00", "", "Europe/Paris") == (
        int(datetime(2099, 7, 1, 8, tzinfo=UTC).timestamp() * 1000)
    )


@pytest.mark.parametrize(
    ("time", "code"), [("half past ten", "time_unreadable"), ("2020-01-01 10:00", "time_over")]
)
def test_a_time_that_cannot_be_is_refused(time: str, code: str) -> None:
    with pytest.raises(RefusedError) as error:
        start_ms(time, "", "UTC")

    assert error.value.code == code


def test_a_time_of_this_minute_is_not_over() -> None:
    moment = datetime.now(UTC) - timedelta(seconds=36)
    assert start_ms(moment.isoformat(), "", "UTC") > 0


@pytest.mark.parametrize("time", ["", at(1)], ids=["now", "an_hour_before"])
def test_nothing_begins_before_the_embargo(time: str) -> None:
    with pytest.raises(RefusedError) as error:
        start_ms(time, at(2), "UTC")

    assert (error.value.code, error.value.facts["lift"]) == ("embargo_not_over", at(2))


def test_at_the_embargo_it_may_begin() -> None:
    assert start_ms(at(2), at(2), "UTC") == int((NOW + timedelta(hours=2)).timestamp() * 1000)


def test_an_embargo_that_is_over_holds_nothing_back() -> None:
    assert start_ms("", at(-1), "UTC") == 0
