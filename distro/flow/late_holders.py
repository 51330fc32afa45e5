"""Tell those who proved to hold a text after the note about it went out.

A reply may come late: from a journal, a relay's log, or only after a kill that waits for nobody. A
note that is under way grows; after it a note of its own goes to them, because what is `sent` never
goes back.
"""

from collections import defaultdict

from distro import log
from distro.flow.holders import Held, holders_for, threads_to
from distro.installation.context import Installation
from distro.model import NOTICES, DistributionId, DistributionState
from distro.store import (
    Store,
    audience_scripts,
    distributions,
    notes,
    records,
    release_scripts,
    releases,
)
from distro.store.distribution import Distribution
from distro.store.ledger_scripts import TRUSTED_TIER
from distro.store.records import pack_ids
from distro.store.release_scripts import Act, NewDistribution

_GROWS = (DistributionState.SCHEDULED, DistributionState.SENDING, DistributionState.HALTED)


def tell(installation: Installation, slug: str, count: int) -> None:
    """Tell everybody who holds a text of a release about which a note went out without them.

    `count`: how often somebody had proved it by then; once more, and the sweep comes back.
    """
    store = installation.store
    mine = distributions.all_of(store, slug)
    heard: set[str] = set()  # languages that a newer text has
    for note in sorted(filter(_speaks, mine), key=lambda d: -int(d.id)):
        is_text = note.kind not in NOTICES
        if not _one(installation, note, mine, heard if is_text else set()):
            return
        if is_text:
            heard |= set(note.languages)
    releases.forget_late(store, slug, count)


def _speaks(note: Distribution) -> bool:
    """Return whether a note has the last word about the texts before it."""
    return (
        note.note
        and note.kind in ("correction", "update", "hold", "kill")
        and not note.superseded
        and not note.cleared
        and not note.siblings
        # by a person; one that had nobody to tell is cancelled too
        and not (note.state is DistributionState.CANCELLED and note.audience)
    )


def _one(
    installation: Installation, note: Distribution, mine: list[Distribution], heard: set[str]
) -> bool:
    """Tell whom one note has not reached; False where it must be looked at again.

    `heard`: languages whose readers hear from a newer note.
    """
    if note.state is DistributionState.DRAFT:
        return True  # it will look itself
    if not note.frozen:
        return False  # it may have looked already
    family = [note, *(other for other in mine if note.id in other.siblings)]
    if any(not other.frozen and other.state is not DistributionState.DRAFT for other in family):
        return False
    store = installation.store
    known = {who for other in family for who in _known(store, other)}
    missing = {
        who: letter
        for who, letter in holders_for(store, note).items()
        if who not in known and letter.language not in heard
    }
    if not missing:
        return True
    log.get().info("told late", distribution=note.label, people=len(missing))
    if note.state in _GROWS:
        return _grow(store, note, missing)
    return _submit(store, note, [other.id for other in family], len(mine))


def _known(store: Store, note: Distribution) -> list[int]:
    """Return whom a note is for already, or had a reason not to be."""
    return [
        *records.audience_of(store, note.id),
        *notes.left_out_people(store, note),
        *([] if note.frozen else holders_for(store, note)),  # it will be for them
    ]


def _grow(store: Store, note: Distribution, missing: dict[int, Held]) -> bool:
    """Append people to a note that is under way; False where it moved meanwhile."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for who, letter in sorted(missing.items()):
        by_language[letter.language].append(who)
    audience = note.audience
    for language, people in by_language.items():
        edition = note.languages.index(language) + (TRUSTED_TIER if note.tiered else 0)
        more = audience_scripts.grow(
            note.id, audience, pack_ids(people), threads_to(people, missing), edition
        )
        if not store.call(more):
            return False
        audience += len(people)
    return True


def _submit(store: Store, note: Distribution, family: list[DistributionId], seen: int) -> bool:
    """Submit the same note once more, for those whom nothing of its family is for.

    `seen`: how many distributions the release had; False where it has more now.
    """
    again = NewDistribution(
        kind=note.kind,
        headline=note.headline,
        editions=releases.texts_of(store, note),
        expression=note.expression,
        expanded="",
        actor=note.actor,
        planned=1,
        sender=note.sender,
        trusted=note.trusted,
        lift_ms=note.lift_ms,
        again=True,
        sources=note.sources,
        siblings=family,
    )
    act = Act(slug=note.release, verb="late", actor=note.actor, distributions=[again], seen=seen)
    return store.call(release_scripts.act(act)).what == "ok"
