"""Hold, clear, kill: halt a release, or take it back, and tell exactly those who hold it.

Also tells them that an embargo has another time, or is over. The letters name the release by its
headline and its time, and never repeat its text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from distro.actors import BREAK_GLASS
from distro.errors import RefusedError
from distro.flow.holders import Held, holders
from distro.installation.context import Installation
from distro.installation.rights import admit, may_do
from distro.mailing.compose import compile_edition
from distro.model import NOTICES, DistributionId, DistributionState, Edition, State
from distro.store import consents, distributions, release_scripts, releases
from distro.store.distribution import Distribution
from distro.store.records import counters, ids_of
from distro.store.release_scripts import Act, Acted, EditionText, NewDistribution
from distro.times import parse_time, rfc3339, to_ms

_LONGEST = 1_000  # characters of a note


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A person's order about a release: hold, clear or kill."""

    verb: str
    note: str
    until: str = ""  # of a hold: until when the next word is promised
    break_glass: str = ""  # why its letters go out without approval; "": they do not
    actor: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of an order that its act does not keep; the audit log has it before the act."""

    actor: str  # with their token
    why: str
    break_glass: str = ""  # why its letters go out without approval


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNotice:
    """The people whom a notice would reach, and its act."""

    release: str  # slug
    headline: str
    audience: int  # who hold it and may be written to
    waiting: int  # who do not have it yet, and do not get it for now
    act: Act
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The distributions that an act made."""

    release: str
    id: DistributionId
    state: DistributionState
    audience: int
    rest: str = ""  # the distribution to those who never had the earlier text; "": there is none

    @property
    def distribution(self) -> str:
        """Return its number as people write it: D17."""
        return self.id.label


def plan(installation: Installation, distribution: DistributionId, order: Notice) -> PlannedNotice:
    """Return what a hold, clear or kill of a release would do; changes nothing.

    Whichever of its distributions is named, it is about the release. Raises RefusedError for what
    cannot be, TemplateError.
    """
    store, asker = installation.store, order.actor
    order = replace(
        order, actor=person_for(installation, order.actor, order.verb, order.break_glass)
    )
    named = distributions.read(store, distribution)
    mine = distributions.all_of(store, named.release)
    _check(installation, named, mine, order)
    sources = sources_of(mine, order.verb)
    until = _until(installation, order)
    editions = _editions(installation, sources, order, until)
    for edition in editions:
        compile_edition(installation, edition, "0", datetime.now().astimezone())
    held = holders(store, [source.id for source in sources])
    audience = may_be_told(installation, held)
    note = note_to_holders(named, editions, order.actor, audience)
    if order.verb != "hold":  # that one needs the role alone: it only asks to wait
        required = installation.settings.approval.required
        note = replace(note, required=required, break_glass=order.break_glass)
    return PlannedNotice(
        release=named.release,
        headline=named.headline,
        audience=audience,
        waiting=sum(_waiting(installation, source) for source in mine),
        act=Act(
            slug=named.release,
            verb=order.verb,
            actor=order.actor,
            distributions=[note],
            until_ms=until,
            idempotency_key=order.idempotency_key,
        ),
        asked=Asked(asker, order.note, order.break_glass),
    )


def note_to_holders(
    named: Distribution, editions: Sequence[Edition], actor: str, planned: int
) -> NewDistribution:
    """Return the distribution that tells those who hold a release; `planned`: how many they are."""
    return NewDistribution(
        kind=editions[0].kind,
        headline=editions[0].headline,
        editions=[EditionText.of(edition) for edition in editions],
        expression=f"holders of {named.release}",
        expanded="",
        actor=actor,
        planned=planned,
        sender=named.sender,
        again=True,
    )


def send(installation: Installation, planned: PlannedNotice) -> Told:
    """Do what was planned, in one script; raises RefusedError where it came too late."""
    return carry_out(installation, planned.act, planned.audience, planned.asked)


def tell_lift(
    installation: Installation, found: Distribution, *, actor: str, note: str = "", lift: str = ""
) -> Told | None:
    """Tell those who have a release that its embargo has another time (`lift`, RFC 3339), or is
    over.

    None where nobody has it.
    """
    store = installation.store
    mine = distributions.all_of(store, found.release)
    sources = sources_of(mine, "lift")
    held = holders(store, [source.id for source in sources])
    if not held:
        return None
    order = Notice(verb="lift", note=note, actor=actor)
    editions = [replace(e, embargo=lift) for e in _editions(installation, sources, order, 0)]
    told = note_to_holders(found, editions, actor, may_be_told(installation, held))
    act = Act(slug=found.release, verb="notify", actor=actor, distributions=[told])
    return carry_out(installation, act, told.planned)


def carry_out(
    installation: Installation, act: Act, audience: int, asked: Asked | None = None
) -> Told:
    """Have the store do one act about a release, all or nothing.

    `asked` is written down before; None: it is part of an act that was.
    """
    if asked:
        wanted = f"without approval: {asked.break_glass}" if asked.break_glass else ""
        admit(installation, asked.actor, act.verb, about=act.slug, wanted=wanted, why=asked.why)
    answer = installation.store.call(release_scripts.act(act))
    if answer.what not in ("ok", "again"):
        raise _not_done(act.slug, answer)
    number = DistributionId(answer.first)
    return Told(
        release=act.slug,
        id=number,
        state=distributions.read(installation.store, number).state,
        audience=audience,
        rest=DistributionId(answer.last).label if answer.last != answer.first else "",
    )


def person_for(installation: Installation, actor: str, act: str, break_glass: str) -> str:
    """Return the name under which an act is recorded; raise RefusedError where it may not be done.

    `break_glass`: why its letters are to go out without approval.
    """
    person = may_do(installation, actor, act)
    if break_glass and (act not in BREAK_GLASS or person.startswith("machine:")):
        raise RefusedError(
            f"{act} without approval is for a person with a token, and for correct, hold and kill",
            code="no_break_glass",
        )
    return person


def sources_of(mine: list[Distribution], verb: str) -> list[Distribution]:
    """Return the distributions of a release whose holders a notice is for: of a text, or for
    `clear` those of the hold.
    """
    if verb == "clear":
        return [d for d in mine if d.kind == "hold" and not d.superseded and not d.cleared]
    return [d for d in mine if d.kind not in NOTICES]


def may_be_told(installation: Installation, held: Mapping[int, Held]) -> int:
    """Return how many of those who hold a release may be written to."""
    refused = set(ids_of(consents.refused(installation.store)))
    return sum(not letter.complained and who not in refused for who, letter in held.items())


def one_line(note: str) -> str:
    """Return a note that stands in a letter; raise RefusedError for none, and for several lines."""
    text = note.strip()
    if not text:
        raise RefusedError("the note is empty: say what happened", code="note_empty")
    if "\n" in text or "\r" in text:
        raise RefusedError("the note has line breaks: write it on one line", code="note_lines")
    if len(text) > _LONGEST:
        raise RefusedError(
            f"the note has {len(text):,} characters; {_LONGEST:,} are the most", code="note_long"
        )
    return text


def refuse_killed(installation: Installation, slug: str) -> None:
    """Raise RefusedError where a release was killed: nothing more is said about it."""
    status = releases.status(installation.store, slug)
    if status.name == "killed":
        raise _killed(slug, status.word)


def _check(
    installation: Installation, named: Distribution, mine: list[Distribution], order: Notice
) -> None:
    one_line(order.note)
    refuse_killed(installation, named.release)
    status = releases.status(installation.store, named.release)
    if order.verb == "hold" and status.name == "held":
        raise _not_done(named.release, Acted("held", status.word))
    if order.verb == "clear" and status.name != "held":
        raise _not_done(named.release, Acted("not_held", ""))
    if order.verb == "kill" and all(d.state is DistributionState.DRAFT for d in mine):
        raise RefusedError(
            f"{named.label} is a draft: nobody has it",
            code="kill_of_draft",
            distribution=named.label,
        )


def _not_done(slug: str, answer: Acted) -> RefusedError:
    if answer.what == "killed":
        return _killed(slug, answer.first)
    if answer.what == "moved":
        return RefusedError(f'"{slug}" changed meanwhile: look again', code="changed_meanwhile")
    if answer.what == "pending":
        return RefusedError(
            f"D{answer.first} still corrects this release in further languages",
            code="correction_pending",
            distribution=f"D{answer.first}",
        )
    if answer.what == "held":
        return RefusedError(
            f'"{slug}" is on hold already, by D{answer.first}', code="held_already", release=slug
        )
    return RefusedError(f'"{slug}" is not on hold', code="not_held", release=slug)


def _killed(slug: str, word: str) -> RefusedError:
    return RefusedError(
        f'"{slug}" was killed by D{word}: nothing more is sent about it',
        code="killed",
        distribution=f"D{word}",
    )


def _until(installation: Installation, order: Notice) -> int:
    if not order.until:
        return 0
    try:
        when = parse_time(order.until, installation.settings.site.timezone)
    except ValueError as error:
        raise RefusedError(f"the time of the next word: {error}", code="until_unreadable") from None
    if when < datetime.now(when.tzinfo):
        raise RefusedError(f"the time {order.until} is over", code="time_over")
    return to_ms(when)


def _editions(
    installation: Installation, sources: list[Distribution], order: Notice, until_ms: int
) -> list[Edition]:
    """Return what the holders of each language are told: their headline, and the note."""
    found: dict[str, Edition] = {}
    for source in sources:
        sent = rfc3339(source.first_accepted_ms or source.began_ms, _zone(installation))
        for language, edition in distributions.editions(installation.store, source).items():
            earlier = found.get(language)
            about = replace(
                named_only(edition),
                kind=order.verb,
                note=order.note.strip(),
                refers_to=earlier.refers_to if earlier and earlier.refers_to else sent,
                next_word=rfc3339(until_ms, _zone(installation)),
            )
            found[language] = about
    return list(found.values())


def named_only(edition: Edition) -> Edition:
    """Return an edition that names a text and does not hold it."""
    return replace(
        edition,
        body="",
        subhead="",
        notes_to_editors="",
        boilerplate="",
        it_said="",
        it_should_say="",
        embargo="",
        files=(),
    )


def _zone(installation: Installation) -> str:
    return installation.settings.site.timezone


def _waiting(installation: Installation, found: Distribution) -> int:
    """Return how many people a distribution that is under way has not reached."""
    if found.over or found.note:
        return 0
    if not found.frozen:
        return found.expected
    counts = counters(installation.store, found.id)
    return counts[State.QUEUED] + counts[State.DEFERRED]
