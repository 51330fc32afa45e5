"""Name those who failed, are in doubt, or may have it twice: a few, or all of them."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

from distro.model import BY_LETTER, State
from distro.store import Store, records, subscriber_rows
from distro.store.records import ordinals_in, shown_address

NAMED_GROUPS = ("failed", "in_doubt", "possibly_twice")
FEW = 20  # people named in a report; `--who` names all
_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Named:
    """One person, and why they are named: the words of their server, or the state that they are in
    now.
    """

    address: str
    why: str


def named(
    store: Store, distribution: str, states: bytes, group: str, at_most: int = FEW
) -> Iterator[Named]:
    """Name the people of a group (a state, or `possibly_twice`), in ordinal order, `at_most` of
    them; `states` are the ledger's bytes.
    """
    ordinals = (
        _sent_again(store, distribution, len(states))
        if group == "possibly_twice"
        else ordinals_in(states, State(group))
    )
    while piece := list(itertools.islice(ordinals, min(_PIECE, at_most))):
        at_most -= len(piece)
        numbers = records.audience_ids_at(store, distribution, piece)
        people = subscriber_rows.rows(store, numbers)
        replies = records.replies_at(store, distribution, piece)
        for ordinal, number, raw, why in zip(piece, numbers, people, replies, strict=True):
            if group == "possibly_twice":
                state = BY_LETTER[chr(states[ordinal])].value.replace("_", " ")
                # Instead of a reply.
                why = f"sent once more after doubt; now {state}"  # noqa: PLW2901
            yield Named(shown_address(json.loads(raw or b"{}"), number), why)
        if at_most <= 0:
            return


def _sent_again(store: Store, distribution: str, people: int) -> Iterator[int]:
    """Return the ordinals whose letter was sent once more while it was in doubt."""
    flags = records.flags_of(store, distribution, people)
    return (ordinal for ordinal, flag in enumerate(flags) if flag & records.RESENT)
