"""Put two versions of a letter side by side, paragraph by paragraph, with what differs marked."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from distro.errors import DistroError, NotFoundError
from distro.flow.approval import text_of
from distro.mailing.shown import letter_as_shown
from distro.model import State, language_name
from distro.store import distributions
from distro.store.distribution import Distribution
from distro.store.records import counters
from distro.times import rfc3339
from distro.web.api.operation import Call

_MOST = 300  # paragraphs, or words of one, that are compared one by one
SECONDS = 1.0  # after which paragraphs that differ are marked as a whole
_MOST_PAIRS = 900  # paragraphs that are compared with each other
_ALIKE = 0.4  # of their words, from which two paragraphs are one that was changed

Words = tuple[tuple[str, bool], ...]  # stretches of a paragraph, and whether they differ


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph as it was and as it is; () where there is none."""

    was: Words
    now: Words

    @property
    def same(self) -> bool:
        """Return whether nothing of it differs."""
        return not any(differs for _, differs in (*self.was, *self.now))


def compare(was: str, now: str, until: float = 0) -> list[Pair]:
    """Return the paragraphs of two texts beside each other.

    `until`: monotonic seconds from which on words are not compared; 0: soon.
    """
    old, new = _paragraphs(was), _paragraphs(now)
    pairs: list[Pair] = []
    until = until or time.monotonic() + SECONDS
    for what, a, b, c, d in _stretches(old, new):
        if what == "equal":
            pairs += [Pair(((text, False),), ((text, False),)) for text in old[a:b]]
        else:
            pairs += _differing(old[a:b], new[c:d], until)
    return pairs


def _stretches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield what is equal and what is not, as difflib's opcodes: at a cost that no text chooses.

    What both begin and end with is found first; where more than so many are left between, they
    differ as a whole.
    """
    least = min(len(old), len(new))
    head = next((n for n in range(least) if old[n] != new[n]), least)
    least -= head
    tail = next((n for n in range(least) if old[-1 - n] != new[-1 - n]), least)
    a, c = len(old) - tail, len(new) - tail
    if head:
        yield "equal", 0, head, 0, head
    if max(a, c) - head > _MOST:
        yield "replace", head, a, head, c
    elif a > head or c > head:
        matcher = SequenceMatcher(None, old[head:a], new[head:c], autojunk=False)
        for what, *ends in matcher.get_opcodes():
            i, j, k, m = (end + head for end in ends)
            yield what, i, j, k, m
    if tail:
        yield "equal", a, len(old), c, len(new)


def _paragraphs(text: str) -> list[str]:
    parts = (" ".join(part.split()) for part in text.split("\n\n"))
    return [part for part in parts if part.strip("-")]  # a line of hyphens parts the others


def _differing(old: Sequence[str], new: Sequence[str], until: float) -> Iterator[Pair]:
    """Yield paragraphs that differ: those that are alike beside each other, the others alone."""
    a = c = 0
    for b, d in [*_alike(old, new), (len(old), len(new))]:
        yield from (Pair(((text, True),), ()) for text in old[a:b])
        yield from (Pair((), ((text, True),)) for text in new[c:d])
        if b < len(old) and d < len(new):
            late = time.monotonic() > until
            yield _whole(old[b], new[d]) if late else compare_line(old[b], new[d])
        a, c = b + 1, d + 1


def _alike(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return which of the old is which of the new, in order, so that as much as can be is alike."""
    if len(old) * len(new) > _MOST_PAIRS:
        return [(n, n) for n in range(min(len(old), len(new)))]
    words, others = (
        [Counter(text.split(" ", _MOST)[:_MOST]) for text in side] for side in (old, new)
    )
    # best[a][c]: of old from a on and new from c on, how alike the pairs are, and which
    best: list[list[tuple[float, list[tuple[int, int]]]]] = [
        [(0.0, [])] * (len(new) + 1) for _ in range(len(old) + 1)
    ]
    for a in reversed(range(len(old))):
        for c in reversed(range(len(new))):
            likeness = _likeness(words[a], others[c])
            found = max(best[a + 1][c], best[a][c + 1], key=lambda row: row[0])
            score, pairs = best[a + 1][c + 1]
            if likeness >= _ALIKE and score + likeness > found[0]:
                found = (score + likeness, [(a, c), *pairs])
            best[a][c] = found
    return best[0][0][1]


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return the share of words that two paragraphs have in common, 0 to 1."""
    return 2 * (one & other).total() / (one.total() + other.total())


def _whole(was: str, now: str) -> Pair:
    return Pair(((was, True),), ((now, True),))


def compare_line(was: str, now: str) -> Pair:
    """Return one line beside another, word by word."""
    old, new = was.split(" "), now.split(" ")
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for what, a, b, c, d in _stretches(old, new):
        for side, words in ((left, old[a:b]), (right, new[c:d])):
            if words:
                side.append((" ".join(words), what != "equal"))
    return Pair(tuple(left), tuple(right))


def versions(call: Call) -> dict[str, Any]:
    """Return the distributions of a release, and two of their letters side by side.

    The path may say with which other distribution, and in which language.
    """
    store = call.installation.store
    found = distributions.read(store, call.distribution())
    others = [
        other
        for other in distributions.all_of(store, found.release)
        if store.scope.has_desk(other.sender)
    ]
    other = _other(call, found, others)
    common = [code for code in found.languages if other and code in other.languages]
    language = call.path.get("language") or (common[0] if common else "")
    if other and language and language not in common:
        raise NotFoundError("these two have no letter in this language")
    return {
        "rows": [_row(call, one) for one in others],
        "other": other.label if other else "",
        "language": language,
        "common": [(code, language_name(code)) for code in common],
        **(_compared(call, other, found, language) if other and language else {}),
    }


def _other(call: Call, found: Distribution, others: Sequence[Distribution]) -> Distribution | None:
    """Return the one that the path names, else the one before, else the one after."""
    named = call.path.get("other")
    if named:
        number = distributions.find(call.installation.store, named)
        return next((one for one in others if one.id == number and one.id != found.id), None)
    before = [one for one in others if int(one.id) < int(found.id)]
    after = [one for one in others if int(one.id) > int(found.id)]
    return next(iter(before[-1:] or after[:1]), None)


def _row(call: Call, one: Distribution) -> dict[str, Any]:
    store = call.installation.store
    return {
        "distribution": one.label,
        "kind": one.kind,
        "state": one.state.value,
        "submitted": rfc3339(one.submitted_ms, call.zone),
        "audience": one.audience if one.frozen else None,
        "accepted": counters(store, one.id)[State.ACCEPTED] if one.frozen else None,
    }


def _compared(call: Call, one: Distribution, two: Distribution, language: str) -> dict[str, Any]:
    """Return both letters, the earlier one first."""
    first, second = sorted((one, two), key=lambda found: int(found.id))
    try:
        was, now = (letter_as_shown(call.installation, x, language) for x in (first, second))
    except DistroError as error:
        return {"missing": error.message}
    pairs = compare(text_of(was), text_of(now))
    return {
        "pairs": pairs,
        "subject": compare_line(was.subject, now.subject),
        "first": first.label,
        "second": second.label,
        "same": all(pair.same for pair in pairs),
    }
