"""Count what came back of a distribution: by cause, and by domain and cause."""

import json
from collections import Counter
from dataclasses import dataclass

from distro.model import BY_LETTER, DistributionId, State
from distro.store import Store, records, returns, subscriber_rows

_PIECE = 1000
_ROWS = 24  # of domain and cause, the largest


@dataclass(frozen=True, slots=True)
class CameBack:
    """One domain and cause, how many of its people, and the words of one server."""

    state: State
    domain: str
    cause: str
    people: int
    said: str


def causes(store: Store, distribution: DistributionId) -> dict[str, int]:
    """Return cause -> people whose letter came back, most frequent first."""
    found = Counter(back.cause for back in returns.of_distribution(store, distribution))
    return {words(cause): n for cause, n in found.most_common()}


def by_domain(
    store: Store, distribution: DistributionId, states: bytes
) -> tuple[list[CameBack], int]:
    """Return the largest groups of domain and cause, and how many people are in the others."""
    back = [r for r in returns.of_distribution(store, distribution) if _is_back(states, r.ordinal)]
    groups: dict[tuple[State, str, str], list[int]] = {}
    for start in range(0, len(back), _PIECE):
        piece = back[start : start + _PIECE]
        numbers = records.audience_ids_at(store, distribution, [r.ordinal for r in piece])
        for one, raw in zip(piece, subscriber_rows.rows(store, numbers), strict=True):
            domain = str(json.loads(raw or b"{}").get("email", "?")).rpartition("@")[2]
            state = BY_LETTER[chr(states[one.ordinal])]
            groups.setdefault((state, domain, one.cause), []).append(one.ordinal)
    largest = sorted(groups, key=lambda g: (-len(groups[g]), g))
    said = records.replies_at(store, distribution, [groups[g][0] for g in largest[:_ROWS]])
    rows = [
        CameBack(
            state,
            domain,
            words(cause),
            len(groups[state, domain, cause]),
            text.removeprefix(f"{words(cause)}: "),  # as the ledger keeps a reply that came back
        )
        for (state, domain, cause), text in zip(largest[:_ROWS], said, strict=True)
    ]
    return rows, sum(len(groups[g]) for g in largest[_ROWS:])


def _is_back(states: bytes, ordinal: int) -> bool:
    return BY_LETTER[chr(states[ordinal])] in (State.BOUNCED, State.COMPLAINED)


def words(cause: str) -> str:
    """Return a cause as people read it: "unknown user"."""
    return cause.replace("_", " ")
