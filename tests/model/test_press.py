"""Nobody ends holding a text without its last word, nobody who never held it gets a correction or a
kill, nothing superseded begins: over random days; and every mutant is found by a day of its own.
"""

import os
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from distro.store import Store
from distro.store.embedded import Embedded
from tests.model.press_days import DAYS, Day
from tests.model.press_machine import PressMachine
from tests.model.test_model import GENERATE, QUIET

MANY = 1000 if os.environ.get("DISTRO_FAULTS") == "all" else 40


def machine(store: Store, server: Embedded) -> type[PressMachine]:
    return type("Machine", (PressMachine,), {"store": store, "server": server})


def run(store: Store, server: Embedded, *, examples: int, steps: int = 25) -> None:
    run_state_machine_as_test(
        machine(store, server),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=GENERATE,
            **QUIET,  # type: ignore[arg-type]
        ),
    )


def judge(store: Store, server: Embedded, day: Day) -> None:
    """Let a day happen, and judge it to its end."""
    office = machine(store, server)()
    try:
        day.happens(office)
        office.finish()
    finally:
        office.close()


each_day = pytest.mark.parametrize("day", DAYS, ids=lambda day: day.mutant.__name__)


@each_day
def test_a_day_ends_well(day: Day, store: Store, server: Embedded) -> None:
    judge(store, server, day)


@each_day
def test_a_day_finds_its_mutant(
    day: Day, store: Store, server: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.mutant(monkeypatch)
    with pytest.raises(AssertionError):
        judge(store, server, day)


def _until_done(dies: Callable[[int], bool]) -> int:
    """Die at the first question, the second, and so on; return how often."""
    return next(at for at in count(1) if not dies(at)) - 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("verb", ["correct", "update", "hold", "clear", "kill"])
def test_a_note_reaches_its_holders_whatever_dies(
    verb: str, after: bool, store: Store, server: Embedded
) -> None:
    """The command dies at each of its questions until it is through; then each sweep does."""
    office = machine(store, server)()
    try:
        office.begin(under_embargo=False)
        office.send(0, 2, "a")
        office.send(0, 1, "t")
        if verb == "clear":
            office.act("hold", 0, "a", rounds=2, told=1)
        deaths = _until_done(lambda at: office.dies_acting(verb, at, after=after))
        assert deaths > 5
        deaths = _until_done(lambda at: office.dies(at, after=after))
        office.reply(0, known=True, provable=True)
        deaths += _until_done(lambda at: office.dies(at, after=after))
        assert deaths > 20
        office.finish()
    finally:
        office.close()


def test_everybody_hears_the_last_word(store: Store, server: Embedded) -> None:
    run(store, server, examples=4)


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_everybody_hears_the_last_word_on_many_days(store: Store, server: Embedded) -> None:
    run(store, server, examples=MANY)
