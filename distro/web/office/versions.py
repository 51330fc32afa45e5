"""Put two versions of a letter side by side, paragraph by paragraph, with what differs marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from distro.errors import DistroError, NotFoundError
from distro.flow.approval import text_of
from distro.mailing.shown import letter_as_shown
from distro.model import LANGUAGE_NAMES, State
from distro.store import distributions
from distro.store.distribution import Distribution
from distro.store.records import counters
from distro.times import rfc3339
from distro.web.api.operation import Call

_LONGEST = 1500  # words of a paragraph that are compared one by one

Words = tuple[tuple[str, bool], ...]  # stretches of a paragraph, and whether they differ


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph as it was and as it is; () where there is none."""

    was: Words
    now: Words


def compare(was: str, now: str) -> list[Pair]:
    """Return the paragraphs of two texts beside each other."""
    old, new = _paragraphs(was), _paragraphs(now)
    pairs: list[Pair] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pairs += [Pair(((text, False),), ((text, False),)) for text in old[a:b]]
        else:
            pairs += _differing(old[a:b], new[c:d])
    return pairs


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _differing(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    for n in range(max(len(old), len(new))):
        was, now = old[n : n + 1], new[n : n + 1]
        if was and now:
            yield _words(was[0], now[0])
        else:
            yield Pair(*(tuple((text, True) for text in side) for side in (was, now)))


def _words(was: str, now: str) -> Pair:
    old, new = was.split(" "), now.split(" ")
    if max(len(old), len(new)) > _LONGEST:
        return Pair(((was, True),), ((now, True),))
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
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
        "common": [(c, LANGUAGE_NAMES.get(c.split("-", maxsplit=1)[0], c)) for c in common],
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
        "subjects": _words(was.subject, now.subject),
        "first": first.label,
        "second": second.label,
        "same": all(not differs for pair in pairs for _, differs in (*pair.was, *pair.now)),
    }
