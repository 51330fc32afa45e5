"""Divide a plain text into the parts of a release: the division that all signs together favour
most.

Every line is weighed for every part (`weights.py`), and every step from one part to the next has a
weight too. The best way through the text is found by dynamic programming (Viterbi, 1967), so one
odd line costs a little and rules nothing out. How much worse the best division with another
headline is says how sure the answer is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from distro.submit.lines import TextLine
from distro.submit.weights import Weights


class Part(StrEnum):
    """A part of a release. `parts.py` says which may follow which."""

    BEFORE = "before"  # the page, above the headline
    HEAD = "headline"
    ASIDE = "aside"  # between headline and text, and neither
    SUBHEAD = "subhead"
    BODY = "body"
    INSET = "inset"  # in mid-text: a button, a caption, "read also"
    NOTES = "notes"
    ABOUT = "about"
    CONTACTS_ABOVE = "contacts above"
    CONTACTS_BETWEEN = "contacts between"
    CONTACTS = "contacts"
    CONTACTS_BELOW = "contacts below"  # in the page's foot
    END = "end"  # the end mark, and what follows it without a heading: the house
    AFTER = "after"  # the page, below the text
    FOOTER = "footer"  # the page, from "related news" or its legal lines on


_NEVER = -1e9
# From which part which may follow, and what the step weighs.
_STEPS: dict[Part, dict[Part, float]] = {
    Part.BEFORE: {Part.BEFORE: 0, Part.HEAD: 0, Part.CONTACTS_ABOVE: -1, Part.BODY: -4},
    Part.CONTACTS_ABOVE: {Part.CONTACTS_ABOVE: 0, Part.BEFORE: -0.5, Part.HEAD: 0, Part.BODY: -4},
    Part.HEAD: {
        Part.HEAD: 0,
        Part.ASIDE: -0.2,
        Part.SUBHEAD: -0.3,
        Part.BODY: 0.3,
        Part.CONTACTS_BETWEEN: -1,
    },
    Part.ASIDE: {Part.ASIDE: 0, Part.SUBHEAD: -0.5, Part.BODY: 0, Part.CONTACTS_BETWEEN: -1},
    Part.CONTACTS_BETWEEN: {
        Part.CONTACTS_BETWEEN: 0,
        Part.ASIDE: -0.5,
        Part.SUBHEAD: -0.5,
        Part.BODY: -0.3,
    },
    Part.SUBHEAD: {Part.SUBHEAD: 0, Part.ASIDE: -0.2, Part.BODY: 0.3, Part.CONTACTS_BETWEEN: -1},
    Part.BODY: {
        Part.BODY: 0,
        Part.INSET: -0.8,
        Part.NOTES: 0,
        Part.ABOUT: 0,
        Part.CONTACTS: 0,
        Part.END: 0,
        Part.AFTER: -0.5,
        Part.FOOTER: 0,
    },
    Part.INSET: {
        Part.INSET: 0,
        Part.BODY: -0.8,
        Part.NOTES: -0.8,
        Part.ABOUT: -0.8,
        Part.CONTACTS: -0.8,
        Part.END: -0.8,
    },
    Part.NOTES: {
        Part.NOTES: 0,
        Part.ABOUT: 0,
        Part.CONTACTS: 0,
        Part.END: 0,
        Part.AFTER: -0.5,
        Part.FOOTER: 0,
    },
    Part.ABOUT: {
        Part.ABOUT: 0,
        Part.NOTES: 0,
        Part.CONTACTS: 0,
        Part.END: 0,
        Part.AFTER: -0.5,
        Part.FOOTER: 0,
    },
    Part.CONTACTS: {
        Part.CONTACTS: 0,
        Part.NOTES: 0,
        Part.ABOUT: 0,
        Part.END: 0,
        Part.BODY: -10,
        Part.AFTER: -0.3,
        Part.FOOTER: 0,
    },
    Part.END: {
        Part.END: 0,
        Part.NOTES: 0,
        Part.ABOUT: 0,
        Part.CONTACTS: 0,
        Part.AFTER: -0.3,
        Part.FOOTER: 0,
    },
    Part.AFTER: {
        Part.AFTER: 0,
        Part.FOOTER: 0,
        Part.NOTES: -0.5,
        Part.ABOUT: -0.5,
        Part.CONTACTS_BELOW: -0.5,
    },
    Part.FOOTER: {
        Part.FOOTER: 0,
        Part.NOTES: -2,
        Part.ABOUT: -2,
        Part.CONTACTS_BELOW: -2,
        Part.BODY: -7,
    },
    Part.CONTACTS_BELOW: {
        Part.CONTACTS_BELOW: 0,
        Part.AFTER: -0.3,
        Part.FOOTER: 0,
        Part.ABOUT: 0,
        Part.NOTES: 0,
    },
}
_FIRST = {Part.BEFORE: 0.0, Part.HEAD: 0.3, Part.BODY: -3.0, Part.CONTACTS_ABOVE: -1.0}
_LAST = frozenset(_STEPS) - {
    Part.BEFORE,
    Part.HEAD,
    Part.ASIDE,
    Part.SUBHEAD,
    Part.INSET,
    Part.CONTACTS_ABOVE,
    Part.CONTACTS_BETWEEN,
}
_NEXT = tuple((part, tuple(steps.items())) for part, steps in _STEPS.items())
_FROM = {to: [(part, steps[to]) for part, steps in _STEPS.items() if to in steps] for to in Part}
_PAGE = frozenset([Part.BEFORE, Part.ASIDE, Part.INSET, Part.AFTER])
_PARTS = tuple(Part)


@dataclass(frozen=True, slots=True)
class Division:
    """Each line's part; the line that might be the headline instead, and how much less the signs
    favour it; the prose that is left out.
    """

    parts: tuple[Part, ...]
    other: int | None = None  # index of the line
    margin: float = 0.0
    left_out: tuple[int, ...] = ()


def divide(lines: Sequence[TextLine]) -> Division:
    """Find the best division of the lines, none of them blank."""
    if not lines:
        return Division(())
    signs = Weights(lines)
    stay, enter = _weights(signs)
    forward, came = _forward(stay, enter)
    best = max(_LAST, key=lambda part: forward[-1][part])
    parts = [best]
    for n in range(len(lines) - 1, 0, -1):
        parts.append(came[n][parts[-1]])
    parts.reverse()
    other, margin = _other_headline(stay, enter, forward, parts)
    left_out = tuple(
        n for n, part in enumerate(parts) if part in _PAGE and signs.sentence_among_others(n)
    )
    return Division(tuple(parts), other, margin, left_out)


_Weights = list[dict[Part, float]]


def _weights(signs: Weights) -> tuple[_Weights, _Weights]:
    """Return what each line weighs in each part: where the part goes on, and where it begins
    there.
    """
    stay: _Weights = []
    enter: _Weights = []
    inside: dict[Part, Callable[[int], float]] = {
        Part.BEFORE: signs.before,
        Part.HEAD: signs.head,
        Part.ASIDE: signs.aside,
        Part.SUBHEAD: signs.subhead,
        Part.BODY: signs.body,
        Part.INSET: signs.inset,
        Part.NOTES: signs.notes,
        Part.ABOUT: signs.about,
        Part.CONTACTS: signs.contacts,
        Part.END: signs.after_end,
        Part.AFTER: signs.after,
        Part.FOOTER: signs.footer,
    }
    for n in range(len(signs.lines)):
        here = {part: weigh(n) for part, weigh in inside.items()}
        here |= dict.fromkeys(
            (Part.CONTACTS_ABOVE, Part.CONTACTS_BETWEEN, Part.CONTACTS_BELOW), here[Part.CONTACTS]
        )
        opening = signs.opens_contacts(n)
        first = here | {
            Part.BODY: here[Part.BODY] + signs.opens_body(n),
            Part.CONTACTS: here[Part.CONTACTS] + opening,
            Part.CONTACTS_ABOVE: here[Part.CONTACTS] + opening,
            Part.CONTACTS_BETWEEN: here[Part.CONTACTS] + opening,
            Part.CONTACTS_BELOW: here[Part.CONTACTS] + signs.opens_contacts(n, in_page=True),
            Part.INSET: here[Part.INSET] - (2.0 if "closing" in signs.lines[n].kinds else 0),
            Part.NOTES: signs.opens_notes(n),
            Part.ABOUT: signs.opens_about(n),
            Part.END: signs.opens_end(n),
            Part.FOOTER: here[Part.FOOTER] + signs.opens_footer(n),
            Part.HEAD: here[Part.HEAD] - (2.5 if signs.goes_on(n) else 0),
            Part.SUBHEAD: here[Part.SUBHEAD] - (1.5 if signs.goes_on(n) else 0),
        }
        here[Part.HEAD] = signs.more_head(n) if n else -4.0
        here[Part.SUBHEAD] = signs.more_subhead(n) if n else -4.0
        stay.append(here)
        enter.append(first)
    return stay, enter


def _forward(stay: _Weights, enter: _Weights) -> tuple[_Weights, list[dict[Part, Part]]]:
    """Return the best weight of every line in every part, and from which part that came."""
    best: _Weights = [
        {part: _FIRST[part] + enter[0][part] if part in _FIRST else _NEVER for part in _PARTS}
    ]
    came: list[dict[Part, Part]] = [{}]
    for n in range(1, len(stay)):
        above, here, origin = best[-1], {}, {}
        for part in _PARTS:
            on, new = stay[n][part], enter[n][part]
            most, source = _NEVER * 2, part
            for before, weight in _FROM[part]:
                value = (
                    above[before]
                    + weight
                    + (
                        on
                        if before is part or (before is Part.INSET and part is Part.BODY)
                        else new
                    )
                )
                if value > most:
                    most, source = value, before
            here[part], origin[part] = most, source
        best.append(here)
        came.append(origin)
    return best, came


def _other_headline(
    stay: _Weights, enter: _Weights, forward: _Weights, parts: Sequence[Part]
) -> tuple[int | None, float]:
    """Return the line that would be the headline in the next best division, and how much less that
    one weighs.
    """
    onward: dict[Part, float] = {part: 0.0 if part in _LAST else _NEVER for part in _PARTS}
    total = max(forward[-1][part] for part in _LAST)
    chosen = next((n for n, part in enumerate(parts) if part is Part.HEAD), None)
    found: tuple[int | None, float] = (None, _NEVER)
    for n in range(len(stay) - 1, -1, -1):
        opening = (
            max(
                forward[n - 1][before] + weight
                for before, weight in _FROM[Part.HEAD]
                if before is not Part.HEAD
            )
            if n
            else _FIRST[Part.HEAD]
        )
        value = opening + enter[n][Part.HEAD] + onward[Part.HEAD]
        if n != chosen and value > found[1]:
            found = n, value
        if n:
            on, new = stay[n], enter[n]
            ahead = {
                part: max(
                    [
                        weight
                        + onward[to]
                        + (on if to is part or (part is Part.INSET and to is Part.BODY) else new)[
                            to
                        ]
                        for to, weight in steps
                    ]
                )
                for part, steps in _NEXT
            }
            onward = ahead
    return found[0], total - found[1]
