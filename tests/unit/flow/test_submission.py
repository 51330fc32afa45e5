"""When a distribution begins: never in the past, never before the embargo."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from distro.errors import RefusedError
from distro.flow.submission import start_ms
from distro.model import Edition

ENGLISH = Edition(language="en", headline="Coastal towns rebuild", body="Text.")
FRENCH = Edition(language="fr", headline="Les villes", body="Texte.")
NOW = datetime.now(UTC).replace(microsecond=0)


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


def under_embargo(hours: float) -> list[Edition]:
    return [replace(ENGLISH, embargo=at(hours)), FRENCH]


def test_without_a_time_it_begins_now() -> None:
    assert start_ms("", [ENGLISH], "UTC") == 0


def test_a_time_without_a_zone_is_of_the_installation() -> None:
    assert start_ms("2099-07-01 10:00", [ENGLISH], "Europe/Paris") == (
        int(datetime(2099, 7, 1, 8, tzinfo=UTC).timestamp() * 1000)
    )


@pytest.mark.parametrize(
    ("time", "code"), [("half past ten", "time_unreadable"), ("2020-01-01 10:00", "time_over")]
)
def test_a_time_that_cannot_be_is_refused(time: str, code: str) -> None:
    with pytest.raises(RefusedError) as error:
        start_ms(time, [ENGLISH], "UTC")

    assert error.value.code == code


def test_a_time_of_this_minute_is_not_over() -> None:
    assert start_ms(at(-0.01), [ENGLISH], "UTC") > 0


@pytest.mark.parametrize("time", ["", at(1)], ids=["now", "an_hour_before"])
def test_nothing_begins_before_the_embargo_of_any_edition(time: str) -> None:
    with pytest.raises(RefusedError) as error:
        start_ms(time, under_embargo(2), "UTC")

    assert (error.value.code, error.value.facts["lift"]) == ("embargo_not_over", at(2))


def test_at_the_embargo_it_may_begin() -> None:
    assert start_ms(at(2), under_embargo(2), "UTC") == int(
        (NOW + timedelta(hours=2)).timestamp() * 1000
    )


def test_an_embargo_that_is_over_holds_nothing_back() -> None:
    assert start_ms("", under_embargo(-1), "UTC") == 0
