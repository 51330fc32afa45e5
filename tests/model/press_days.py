"""Short days of a press office, each with the defect that it shows.

Random days find these defects too, some of them rarely: what is known to go wrong once must not
wait for luck. A day moves the same machine, which judges it in the same way.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from distro.flow import freeze, holders, late_holders
from distro.model import State
from tests.model.press_machine import PressMachine
from tests.model.test_model import mutated

Mutation = Callable[[pytest.MonkeyPatch], None]
Hours = Callable[[PressMachine], None]


class Day(NamedTuple):
    """What happens on a day, and the change of our code that it finds."""

    mutant: Mutation
    happens: Hours


# -- doubt


def doubt_is_not_holding(patch: pytest.MonkeyPatch) -> None:
    """Whoever may have it is not told."""
    patch.setattr(holders, "_HOLDS", frozenset((ord(State.ACCEPTED.letter),)))


def killed_after_a_doubt(day: PressMachine) -> None:
    """A letter's answer is lost for good, then the release is killed."""
    day.begin(under_embargo=False)
    day.send(0, 1, "t")
    day.reply(0, known=False, provable=False)
    day.act("kill", 0, "a", rounds=2, told=5)


def nobody_is_late(patch: pytest.MonkeyPatch) -> None:
    """A 250 that is proved after the note went out is not told to it."""
    mutated(patch, "step", ("call('HINCRBY', 'late', dist[6], 1)", ""))


def a_note_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """It is through while a letter of the text is in flight, and nobody looks again."""
    mutated(patch, "close", ("if counter(other, 'i') > 0 then return 0 end", ""))
    patch.setattr(late_holders, "tell", lambda *_: None)


def killed_while_letters_are_in_flight(day: PressMachine) -> None:
    """The note to the others is through before the relay answers."""
    day.begin(under_embargo=False)
    day.send(0, 1, "a")
    day.send(0, 2, "t")
    day.act("kill", 0, "a", rounds=3, told=5)
    day.wait(120)
    day.advance()
    day.reply(0, known=True, provable=True)


def told_twice(patch: pytest.MonkeyPatch) -> None:
    """Whoever a note is for already is told by its sibling too."""
    patch.setattr(late_holders, "_known", lambda *_: [])


# -- what is under way


def what_waits_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A correction ends only what is being sent."""
    mutated(
        patch,
        "act",
        (
            "local under_way = state ~= 'sent' and state ~= 'cancelled'",
            "local under_way = state == 'sending'",
        ),
    )


def corrected_twice_at_once(day: PressMachine) -> None:
    """The first correction has not begun when the second one comes."""
    day.begin(under_embargo=False)
    day.act("correct", 2, "a", rounds=0, told=0)
    day.act("correct", 0, "a", rounds=3, told=5)


def resumed_under_a_hold(patch: pytest.MonkeyPatch) -> None:
    mutated(patch, "halt_or_resume", ("if d[4] then return { 'held', state } end", ""))


def on_hold(day: PressMachine) -> None:
    """Some have it when it is held; somebody tries to resume it."""
    day.begin(under_embargo=False)
    day.act("hold", 2, "a", rounds=2, told=5)


# -- whom a note is for


def cleared_to_everybody(patch: pytest.MonkeyPatch) -> None:
    """An all-clear to who was never asked to wait."""
    mutated(patch, "act", ("if a.verb == 'clear' then sources = holds(a.slug) end", ""))


def cleared_before_most_were_asked(day: PressMachine) -> None:
    """Four have the text, one was asked to hold it when all is clear."""
    day.begin(under_embargo=False)
    day.act("hold", 4, "a", rounds=2, told=1)
    day.act("clear", 0, "a", rounds=2, told=5)


def the_rest_has_it_already(patch: pytest.MonkeyPatch) -> None:
    """Holders get the corrected text by the note, and with the rest."""
    mutated(
        patch,
        "select",
        ("for _, l in ipairs(q.leave) do\n  leave(l[1], l[2])\nend", ""),
    )


def corrected_in_the_middle(day: PressMachine) -> None:
    """Two of five have it when it is corrected; the three others get the right text."""
    day.begin(under_embargo=False)
    day.act("correct", 2, "a", rounds=3, told=5)


def under_another_letter(patch: pytest.MonkeyPatch) -> None:
    """A note stands under a letter that its reader never had."""
    patch.setattr(freeze, "threads_to", lambda people, _: b"\0\0\0\1\0\0\0\0" * len(people))


# -- the embargo


def no_lift(patch: pytest.MonkeyPatch) -> None:
    """Batches of everyone are granted before the lift."""
    mutated(patch, "step", ("local early = at < lift", "local early = false"))
    mutated(patch, "claim", ("and not_before(D, b, d[3]) <= clock", ""))
    mutated(patch, "frozen", ("math.max(at, not_before(D, b, d[4]))", "at"))


def under_embargo(day: PressMachine) -> None:
    """The trusted have it; the batches of everyone are asked for before the lift."""
    day.begin(under_embargo=True)
    for _ in range(3):
        day.send(0, 5, "a")


DAYS = [
    Day(doubt_is_not_holding, killed_after_a_doubt),
    Day(nobody_is_late, killed_while_letters_are_in_flight),
    Day(a_note_does_not_wait, killed_while_letters_are_in_flight),
    Day(told_twice, killed_while_letters_are_in_flight),
    Day(what_waits_is_forgotten, corrected_twice_at_once),
    Day(resumed_under_a_hold, on_hold),
    Day(cleared_to_everybody, cleared_before_most_were_asked),
    Day(the_rest_has_it_already, corrected_in_the_middle),
    Day(under_another_letter, corrected_in_the_middle),
    Day(no_lift, under_embargo),
]
