"""The usual audience, and what is too far over it."""

from pathlib import Path

import pytest

from distro.flow.audience_query import too_large, usual_audience
from distro.installation.context import Installation
from distro.store import Store, keys
from distro.store.embedded import Embedded
from tests.support.installation import make_installation


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    return make_installation(tmp_path, server, store)


def sent_to(store: Store, *audiences: int) -> None:
    """Distributions that are over, the oldest first."""
    for number, audience in enumerate(audiences, 1):
        store.command("HSET", keys.distribution(str(number)), "audience", audience)
        store.command("ZADD", keys.DISTRIBUTIONS, number, str(number))


def test_four_earlier_ones_are_too_few_to_know(installation: Installation, store: Store) -> None:
    sent_to(store, 10, 10, 10, 10)

    assert usual_audience(installation) == 0
    assert not too_large(installation, 1_000_000, 0)


def test_the_usual_is_the_median(installation: Installation, store: Store) -> None:
    sent_to(store, 100, 90_000, 110, 120, 1)

    assert usual_audience(installation) == 110


def test_one_that_was_cancelled_before_it_had_an_audience_does_not_count(
    installation: Installation, store: Store
) -> None:
    sent_to(store, 100, 0, 100, 0, 100, 100, 300)

    assert usual_audience(installation) == 100


def test_only_the_newest_fifty_count(installation: Installation, store: Store) -> None:
    sent_to(store, *[10] * 100, *[1000] * 50)

    assert usual_audience(installation) == 1000


@pytest.mark.parametrize(
    ("audience", "usual", "large"),
    [(500, 1, False), (501, 1, True), (10_000, 1000, False), (10_001, 1000, True)],
)
def test_ten_times_the_usual_is_too_large_but_never_a_few_hundred(
    installation: Installation, audience: int, usual: int, large: bool
) -> None:
    assert too_large(installation, audience, usual) is large
