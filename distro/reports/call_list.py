"""List whom to ring: who holds what a note is about, and the note does not reach by mail."""

import json
from dataclasses import dataclass

from distro.model import State
from distro.store import Store, notes, records, subscriber_rows
from distro.store.distribution import Distribution
from distro.store.records import is_protected, ordinals_in, shown_address

_NOT_REACHED = (State.FAILED, State.SUPPRESSED, State.CANCELLED, State.BOUNCED)


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody to ring."""

    name: str
    outlet: str
    phone: str
    address: str


def call_list(store: Store, note: Distribution) -> list[Callee]:
    """Return who holds what a note is about and was not told: they may not be written to, or their
    server refused it. In the order of their numbers in the book; nobody before the freeze.
    """
    if not note.frozen:
        return []
    people = sorted({*notes.left_out_people(store, note), *_not_reached(store, note)})
    rows = subscriber_rows.rows(store, people)
    return [_callee(who, row or b"{}") for who, row in zip(people, rows, strict=True)]


def _not_reached(store: Store, note: Distribution) -> list[int]:
    states = records.states_of(store, note.id)
    ordinals = [o for state in _NOT_REACHED for o in ordinals_in(states, state)]
    return records.audience_ids_at(store, note.id, ordinals)


def _callee(who: int, raw: bytes) -> Callee:
    row = json.loads(raw)
    if is_protected(row):
        return Callee("", "", "", shown_address(row, who))
    name, outlet, phone = ((row.get(column) or [""])[0] for column in ("name", "outlet", "phone"))
    return Callee(name, outlet, phone, shown_address(row, who))
