"""Correct or update a release: the new text to exactly those who hold the earlier one, under what
they have, and to exactly those whom it never reached.

The first thing is one script that ends whatever is under way of the earlier text and stores both
distributions; the freeze of each waits until nothing of the earlier text is being sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from distro.errors import RefusedError
from distro.flow.holders import holders
from distro.flow.notices import (
    Asked,
    Told,
    carry_out,
    may_be_told,
    note_to_holders,
    one_line,
    person_for,
    refuse_killed,
    sources_of,
)
from distro.flow.submission import fingerprints
from distro.installation.context import Installation
from distro.installation.release_files import read_files
from distro.installation.rights import check_desk
from distro.letter.compile import tiers as letter_tiers
from distro.mailing.compose import compile_edition, files_of
from distro.model import DistributionId, DistributionState, Edition, State
from distro.readings import UNDECIDED, Choices, Reading
from distro.store import distributions, releases
from distro.store.distribution import Distribution
from distro.store.records import counters
from distro.store.release_scripts import Act, EditionText, NewDistribution
from distro.submit import record_of, release_of
from distro.submit.reading import embargo_of
from distro.times import moved_to, to_ms

UNREACHED, MATCHING = "unreached", "matching"  # whom a rest is for


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's order to put another text in the place of a release."""

    files: Sequence[Path]
    note: str
    verb: str = "correct"  # or update
    it_said: str = ""
    it_should_say: str = ""
    only: Sequence[str] = ()  # languages that are meant, where not all are supplied
    include_new: bool = False  # also to those who match only now
    tell: bool = True  # write to the holders; a refile, of a slip, does not unless asked
    break_glass: str = ""  # why it goes out without approval; "": it does not
    to: str = ""  # of an update: who gets it besides
    actor: str = ""
    choices: Choices = UNDECIDED  # about what is left in a document
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class _Embargo:
    """The embargo that still holds a release back; it stays as it is."""

    lift_ms: int = 0  # 0: there is none
    trusted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCorrection:
    """The people whom a correction would reach, and its act."""

    release: str  # slug
    headline: str
    audience: int  # who hold the earlier text and may be written to
    unreached: int  # who were to get it and do not have it
    readings: tuple[Reading, ...]
    act: Act
    asked: Asked


def plan(
    installation: Installation, distribution: DistributionId, order: Correction
) -> PlannedCorrection:
    """Return what a correction of a release would do; changes nothing.

    Whichever of its distributions is named, it is about the release. Raises InputFileError and
    RefusedError for what cannot be sent, TemplateError.
    """
    store, settings = installation.store, installation.settings
    one_line(order.note)
    asker = order.actor
    person = person_for(installation, order.actor, order.verb, order.break_glass)
    order = replace(order, actor=person)
    readings = read_files(settings, order.files, order.choices)
    named = distributions.read(store, distribution)
    refuse_killed(installation, named.release)
    mine = distributions.all_of(store, named.release)
    sources = sources_of(mine, order.verb)
    versions = releases.current_versions(store, named.release)
    before = releases.editions_of(store, versions)
    given = release_of(readings).editions
    check_desk(installation, given[0].sender)
    new = _check(order, before, given)
    held = holders(store, [source.id for source in sources])
    theirs = {who: one for who, one in held.items() if one.language in {e.language for e in new}}
    audience = may_be_told(installation, theirs) if order.tell else 0
    unreached = 0 if order.to else sum(_unreached(installation, source) for source in sources)
    _check_embargo(installation, mine, given)
    texts = list((before | {edition.language: edition for edition in new}).values())
    note = note_to_holders(named, _noted(order, new, given), order.actor, audience)
    note = replace(note, record=record_of(readings))
    parts = _parts(installation, order, mine, note, texts, unreached)
    act = Act(
        slug=named.release,
        verb=order.verb,
        actor=order.actor,
        distributions=parts,
        kind=texts[0].kind,
        headline=texts[0].headline,
        texts=[EditionText.of(edition) for edition in texts],
        planned=versions,
        fingerprints=fingerprints(texts),
        idempotency_key=order.idempotency_key,
    )
    _check_letters(installation, readings, act)
    return PlannedCorrection(
        release=named.release,
        headline=act.headline,
        audience=audience,
        unreached=unreached,
        readings=readings,
        act=act,
        asked=Asked(asker, order.note, order.break_glass),
    )


def send(installation: Installation, planned: PlannedCorrection) -> Told:
    """Do what was planned, in one script; raises RefusedError where it came too late."""
    for name, raw in files_of(planned.readings).items():  # before anything refers to them
        releases.keep_file(installation.store, name, raw)
    return carry_out(installation, planned.act, planned.audience, planned.asked)


def _check(
    order: Correction, before: Mapping[str, Edition], given: Sequence[Edition]
) -> list[Edition]:
    """Return the new editions; raise RefusedError where languages or texts are not what they
    should be.
    """
    new = [
        replace(e, slug=before[e.language].slug) if e.language in before else e
        for e in map(_text_alone, given)
    ]
    languages = {edition.language for edition in new}
    strange = sorted(languages - set(before))
    if strange:
        raise RefusedError(
            f"nobody has this release in {', '.join(strange)}: there is nothing to correct",
            code="language_not_held",
            languages=sorted(before),
        )
    missing = sorted(set(before) - languages)
    meant = {language.lower() for language in order.only}
    if meant and meant != languages:
        raise RefusedError(
            f"meant is {', '.join(sorted(meant))} alone, but the files are in"
            f" {', '.join(sorted(languages))}",
            code="only_other_languages",
        )
    if missing and not meant:
        raise RefusedError(
            f"the release is in {', '.join(missing)} too: does the same error stand there?",
            code="languages_missing",
            languages=missing,
            given=sorted(languages),
        )
    if all(edition.version == before[edition.language].version for edition in new):
        raise RefusedError("the text is the one that was sent: nothing changes", code="no_change")
    return new


def _check_embargo(
    installation: Installation, mine: Sequence[Distribution], given: Sequence[Edition]
) -> None:
    """Raise RefusedError for a file whose embargo is not the one that holds the release back."""
    written = embargo_of(given)
    if not written:
        return
    lift = datetime.fromisoformat(written)
    force = _embargo(installation, mine)
    in_file = to_ms(lift)
    original = {
        to_ms(datetime.fromisoformat(e.embargo)) for e in _editions(installation, mine) if e.embargo
    }
    if lift > datetime.now(lift.tzinfo) and in_file != force.lift_ms and in_file not in original:
        raise RefusedError(
            f"the file says an embargo until {written}, and the release has another, or none",
            code="embargo_in_correction",
            distribution=mine[0].label,
        )


def _editions(installation: Installation, mine: Sequence[Distribution]) -> Iterator[Edition]:
    for found in mine:
        yield from distributions.editions(installation.store, found).values()


def _text_alone(edition: Edition) -> Edition:
    """Return an edition without what its file says about the correction."""
    return replace(edition, note="", it_said="", it_should_say="")


def _noted(order: Correction, new: Sequence[Edition], given: Sequence[Edition]) -> list[Edition]:
    """Return the new editions as their holders get them: each under the note of its file, else
    under the order's.
    """
    said = {edition.language: edition for edition in given}
    return [
        replace(
            edition,
            kind="correction" if order.verb == "correct" else "update",
            note=one_line(said[edition.language].note or order.note),
            it_said=said[edition.language].it_said or order.it_said,
            it_should_say=said[edition.language].it_should_say or order.it_should_say,
        )
        for edition in new
    ]


def _parts(
    installation: Installation,
    order: Correction,
    mine: Sequence[Distribution],
    note: NewDistribution,
    texts: Sequence[Edition],
    unreached: int,
) -> list[NewDistribution]:
    """Return what the act makes: the note to the holders, and what goes to the rest."""
    embargo = _embargo(installation, mine)
    required = installation.settings.approval.required
    held_back = replace(note, trusted=embargo.trusted, lift_ms=embargo.lift_ms, required=required)
    # An emergency is about those who have the wrong text; the rest can wait for approval.
    parts = [replace(held_back, break_glass=order.break_glass)] if order.tell else []
    open_ends = any(not d.over for d in mine) or unreached or order.include_new or order.to
    if open_ends or not parts:
        parts.append(_rest(installation, order, mine, held_back, texts, unreached))
    return parts


def _rest(
    installation: Installation,
    order: Correction,
    mine: Sequence[Distribution],
    note: NewDistribution,
    texts: Sequence[Edition],
    unreached: int,
) -> NewDistribution:
    """Return the distribution to those who were to get the earlier text and do not have it."""
    expanded, shown = "", "whom it did not reach"
    if order.to:
        expanded, shown = str(installation.segments().expand(order.to)), order.to
    elif order.include_new:
        asked = [d.expanded for d in mine if d.expanded and not d.sources]
        expanded = " or ".join(f"({text})" for text in dict.fromkeys(asked))
        shown += ", and who matches now"
    return replace(
        note,
        kind=texts[0].kind,
        headline=texts[0].headline,
        editions=[EditionText.of(edition) for edition in texts],
        planned=unreached,
        expression=shown,
        expanded=expanded,
        again=False,
        rest=MATCHING if order.to else UNREACHED,
        start_ms=_start(mine, note),
    )


def _start(mine: Sequence[Distribution], note: NewDistribution) -> int:
    """Return when the rest goes out: what has not begun keeps its time."""
    if any(d.began_ms for d in mine):
        return 0
    waiting = [d.start_ms for d in mine if not d.over]
    return min(waiting, default=0 if note.trusted else note.lift_ms)


def _embargo(installation: Installation, mine: Sequence[Distribution]) -> _Embargo:
    now = installation.store.now_ms()
    held = [d for d in mine if d.embargoed(now)]
    last = max(held, key=lambda d: d.lift_ms, default=None)
    return _Embargo(last.lift_ms, last.trusted) if last else _Embargo()


def _unreached(installation: Installation, found: Distribution) -> int:
    """Return how many a distribution was to reach and has not."""
    if found.note or found.superseded:
        return 0  # whom a note is for hold a text
    if not found.frozen:
        return 0 if found.state is DistributionState.CANCELLED else found.expected
    counts = counters(installation.store, found.id)
    states = (State.QUEUED, State.SENDING, State.DEFERRED, State.FAILED, State.CANCELLED)
    return sum(counts[state] for state in states)


def _check_letters(installation: Installation, readings: Sequence[Reading], act: Act) -> None:
    """Compile every letter once: a template's mistake is better found before anything stands
    still.
    """
    files, now = files_of(readings), datetime.now().astimezone()
    for part in act.distributions:
        for text in part.editions:
            edition = Edition.from_json(text.json)
            lift = moved_to(edition.embargo, part.lift_ms, installation.settings.site.timezone)
            edition = replace(edition, embargo=lift)
            for tier in letter_tiers(in_advance=bool(part.trusted)):
                compile_edition(installation, edition, "0", now, files=files, tier=tier)
