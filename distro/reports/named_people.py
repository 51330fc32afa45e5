"""Who failed, is in doubt, or may have it twice: by name, a few or all of them."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

from distro.model import BY_LETTER, State
from distro.store import Store
from distro.store.ledger_scripts import RECORD_SIZE
from distro.store.records import RESENT, ordinals_in, shown_address

FEW = 20  # people named in a report; `--who` names all
_FLAGS = 9  # where a record keeps its flags
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
        numbers = [
            int.from_bytes(raw, "big")
            for raw in store.pipeline(
                [("GETRANGE", f"aud:{distribution}", at * 4, at * 4 + 3) for at in piece]
            )
        ]
        people = store.command("MGET", *(f"sub:{number}" for number in numbers))
        replies = store.command("HMGET", f"err:{distribution}", *piece)
        for ordinal, number, raw, said in zip(piece, numbers, people, replies, strict=True):
            why = said.decode("utf-8", "replace") if said else ""
            if group == "possibly_twice":
                why = (
                    "sent once more after doubt; now"
                    f" {BY_LETTER[chr(states[ordinal])].value.replace('_', ' ')}"
                )
            yield Named(shown_address(json.loads(raw or b"{}"), number), why)
        if at_most <= 0:
            return


def _sent_again(store: Store, distribution: str, people: int) -> Iterator[int]:
    """The ordinals whose letter was sent once more while it was in doubt."""
    flags = store.raw(f"rec:{distribution}")[_FLAGS : people * RECORD_SIZE : RECORD_SIZE]
    return (ordinal for ordinal, flag in enumerate(flags) if flag & RESENT)
