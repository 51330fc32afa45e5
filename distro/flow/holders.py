"""Find who holds a release, by which letter, and whom a note about it is for.

In doubt counts as holding: whoever may have a text must hear the last word about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from distro.audience.expression import parse
from distro.flow.audience_query import query_for
from distro.installation.context import Installation
from distro.model import DistributionId, State
from distro.store import Store, distributions, keys, notes, records
from distro.store.audience_scripts import AudienceQuery, Program
from distro.store.distribution import Distribution

_HOLDS = frozenset(
    ord(state.letter) for state in (State.ACCEPTED, State.IN_DOUBT, State.COMPLAINED)
)
_BOUNCED, _COMPLAINED = ord(State.BOUNCED.letter), ord(State.COMPLAINED.letter)
_APART = "apart"  # readers of the rest who hold a text already
COMPLAINED = "complained"


class Held(NamedTuple):
    """The letter by which somebody holds a release."""

    distribution: DistributionId
    ordinal: int
    language: str
    complained: bool


def holders(store: Store, numbers: Sequence[DistributionId]) -> dict[int, Held]:
    """Return subscriber id -> the last letter of these distributions that they hold."""
    found: dict[int, Held] = {}
    for number in numbers:
        distribution = distributions.get(store, number)
        if distribution and distribution.frozen:
            found |= _of_one(store, distribution)
    return found


def _of_one(store: Store, found: Distribution) -> dict[int, Held]:
    states = records.states_of(store, found.id)
    ids = records.audience_of(store, found.id)
    flags = records.flags_of(store, found.id, len(states))
    held = {}
    for row in records.batches_of(store, found.id):
        language = found.languages[row.edition]
        for n in range(row.first, row.past):
            state = states[n]
            # Sent once more after doubt: the first of the two may have arrived.
            twice = flags[n] & records.RESENT and state != _BOUNCED
            if state in _HOLDS or twice:
                held[ids[n]] = Held(found.id, n, language, state == _COMPLAINED)
    return held


def still_sending(store: Store, numbers: Sequence[DistributionId]) -> bool:
    """Return whether the end of a letter of these distributions is not known yet."""
    return any(records.counters(store, number)[State.SENDING] for number in numbers)


def holders_for(store: Store, note: Distribution) -> dict[int, Held]:
    """Return whom a note is for: who holds a text that it is about, in a language that it has, and
    was not told by a sibling of it.
    """
    told = {who for sibling in note.siblings for who in records.audience_of(store, sibling)}
    held = holders(store, note.sources)
    return {
        who: letter
        for who, letter in held.items()
        if letter.language in note.languages and who not in told
    }


def threads_to(people: Sequence[int], held: Mapping[int, Held]) -> bytes:
    """Return which letter each of these people holds, as the ledger keeps it; none: 0, 0."""
    letters = (held.get(who) for who in people)
    return records.pack_threads(
        (int(letter.distribution), letter.ordinal) if letter else (0, 0) for letter in letters
    )


def note_query(
    installation: Installation, note: Distribution, held: Mapping[int, Held]
) -> AudienceQuery:
    """Keep whom a note is for, and return what the store is asked about them."""
    store = installation.store
    for language in note.languages:
        mine = [who for who, letter in held.items() if letter.language == language]
        notes.set_holders(store, note.id, language, mine)
    complained = [who for who, letter in held.items() if letter.complained]
    notes.set_holders(store, note.id, COMPLAINED, complained)
    assigned = [(lang, keys.holders(note.id, lang)) for lang in note.languages]
    pushed: Program = [["k", key] for _, key in assigned]
    return replace(
        _query(installation, note, [*pushed, ["or", len(assigned)]]),
        assigned=assigned,
        leave=[(COMPLAINED, keys.holders(note.id, COMPLAINED))],
    )


def rest_query(
    installation: Installation, rest: Distribution, held: Mapping[int, Held]
) -> AudienceQuery:
    """Return what the store is asked about those whom the sources of a distribution never
    reached.
    """
    notes.set_holders(installation.store, rest.id, _APART, held)
    sources = [distributions.read(installation.store, number) for number in rest.sources]
    # Whom a note is for hold a text already.
    parts = [
        _program_of(installation, source)
        for source in sources
        if not source.note and rest.rest == "unreached"
    ]
    if rest.expanded:
        parts.append(installation.segments().program(parse(rest.expanded)))
    program: Program = [step for part in parts for step in part]
    return replace(
        _query(installation, rest, [*program, ["or", len(parts)]] if parts else [["none"]]),
        afresh=True,
        leave=[("already_has_it", keys.holders(rest.id, _APART))],
    )


def _program_of(installation: Installation, source: Distribution) -> Program:
    """Return the people of a distribution: those reserved for it, else those who match it now."""
    if source.plan is None:
        if not source.expanded:
            return [["none"]]
        return installation.segments().program(parse(source.expanded))
    pushed: Program = [["k", keys.reserved(source.id, lang)] for lang in source.languages]
    return [*pushed, ["or", len(pushed)]]


def _query(installation: Installation, found: Distribution, program: Program) -> AudienceQuery:
    return query_for(
        installation,
        found.release,
        program,
        found.languages,
        kind=found.kind,
        no_fallback=found.no_fallback,
        again=found.again,
        trusted=found.trusted,
    )
