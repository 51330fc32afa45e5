"""Plan and submit: a release and an expression become a plan, and then a scheduled distribution."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from distro.audience import importing
from distro.errors import RefusedError
from distro.flow import submit_refusals
from distro.flow.audience_query import query_for, too_large, usual_audience
from distro.flow.duplicate_text import SimilarText, similar_text
from distro.flow.embargo import Tiers, tiers_of
from distro.installation.context import Installation
from distro.installation.release_files import read_files
from distro.installation.rights import admit, check_desk
from distro.installation.secrets import is_member
from distro.letter.compile import tiers as letter_tiers
from distro.mailing.compose import compile_all, compile_edition, files_of
from distro.mailing.signers import check_signers
from distro.model import DistributionId, DistributionState, Edition, Plan, Release
from distro.readings import UNDECIDED, Choices, Problem, Reading
from distro.store import Store, distributions, release_scripts, releases
from distro.store import audience_scripts as scripts
from distro.store.release_scripts import EditionText, NewDistribution, Submission
from distro.submit import record_of, release_of
from distro.times import parse_time, rfc3339, to_ms

_JUST_NOW = timedelta(minutes=5)  # a start that lies so little back was typed for now
_SENDINGS = 10  # of the newest, that are asked for their pace
_ENOUGH = 50  # recipients, for a pace that says something


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A press officer's order."""

    files: Sequence[Path]
    to: str
    at: str = ""  # "": now
    idempotency_key: str = ""
    as_new: bool = False
    no_fallback: bool = False
    actor: str = ""
    grace_ms: int = 0  # between the submit and the first letter, for second thoughts
    choices: Choices = UNDECIDED  # about what is left in a document


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The numbers that `plan` shows and `submit` then does."""

    order: Order
    release: Release
    plan: Plan
    expanded: str  # the expression, named segments replaced by their meaning
    start_ms: int  # 0: now
    readings: tuple[Reading, ...] = ()
    holders: tuple[DistributionId, ...] = ()  # that hold the release for somebody
    trusted: str = ""  # the list that has it before the embargo is over; "": nobody does
    lift_ms: int = 0  # when the embargo is over; 0: there is none
    zone: str = "UTC"  # of the installation
    seconds: float = 0.0  # at the pace of the last sending; 0: not known
    usual: int = 0  # median of earlier audiences; 0: too few to say
    too_large: bool = False
    before: SimilarText | None = None  # nearly the same text, sent under another name

    @property
    def expression(self) -> str:
        """Return who it is for, as typed."""
        return self.order.to

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what the linter found in all files."""
        return tuple(p for reading in self.readings for p in reading.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A distribution that is under way.

    `again`: the idempotency key was known, and nothing new was made.
    """

    id: DistributionId
    release: str
    state: str
    audience: int
    again: bool = False
    planned: Planned = field(repr=False)

    @property
    def distribution(self) -> str:
        """Return its number as people write it: D17."""
        return self.id.label


def plan(installation: Installation, order: Order) -> Planned:
    """Return who would get a release, in which edition, who would not and why. Changes nothing.

    Raises InputFileError and RefusedError for what cannot be sent, ExpressionError,
    TemplateError, SettingsError.
    """
    settings = installation.settings
    zone = settings.site.timezone
    readings = read_files(settings, order.files, order.choices)
    release = release_of(readings)
    check_desk(installation, release.editions[0].sender)
    if not order.as_new:
        _check_status(installation, release.slug)
    _check_languages(installation, release, readings)
    tiers = tiers_of(installation, readings, order.at)
    begins_ms = start_ms(order.at, "" if tiers.trusted else tiers.lift, zone)
    # A refusal that a dead import promised to keep counts.
    importing.finish_open(installation.store, installation.consent)
    segments = installation.segments()
    expanded = segments.expand(order.to)
    _check_letters(installation, release, readings, tiers)
    query = query_for(
        installation,
        "" if order.as_new else release.slug,
        segments.program(expanded),
        release.languages,
        kind=release.kind,
        no_fallback=order.no_fallback,
        trusted=tiers.trusted,
    )
    found = installation.store.call(scripts.plan(query))
    usual = usual_audience(installation)
    mine = () if order.as_new else distributions.of_release(installation.store, release.slug)
    return Planned(
        order=order,
        release=release,
        plan=found,
        expanded=str(expanded),
        start_ms=begins_ms,
        readings=readings,
        holders=tuple(mine),
        trusted=tiers.trusted,
        lift_ms=tiers.lift_ms,
        zone=zone,
        seconds=_seconds_for(installation, found.audience),
        usual=usual,
        too_large=too_large(installation, found.audience, usual),
        before=None if order.as_new else similar_text(installation, release),
    )


def _check_status(installation: Installation, slug: str) -> None:
    """Raise RefusedError for a release that is on hold, was killed, or is another desk's."""
    before = distributions.of_release(installation.store, slug)
    if before and not any(distributions.exists(installation.store, number) for number in before):
        raise RefusedError(f'"{slug}" is the id of another release', code="id_taken")
    status = releases.status(installation.store, slug)
    if status.name:
        answer = release_scripts.Answer(status.name, status.word, slug)
        raise submit_refusals.not_accepted(answer)


def _check_languages(
    installation: Installation, release: Release, readings: Sequence[Reading]
) -> None:
    """Raise RefusedError where an edition is missing without which nothing goes out."""
    wanted = {language for reading in readings for language in reading.required}
    if release.kind == "press-release":
        wanted |= set(installation.settings.languages.required)
    there = {*release.languages, *releases.current_versions(installation.store, release.slug)}
    missing = sorted(wanted - there)
    if missing:
        raise RefusedError(
            f"nothing goes out before every edition is there: {', '.join(missing)} is missing",
            code="edition_missing",
            languages=missing,
        )


def _check_letters(
    installation: Installation, release: Release, readings: Sequence[Reading], tiers: Tiers
) -> None:
    """Compile every letter once: a template's mistake is better found now than at ten o'clock."""
    # A member of the group does not see the keys; the worker halts what it cannot sign.
    if not is_member(installation.settings):
        check_signers(installation.settings, release.editions)
    files, now = files_of(readings), datetime.now().astimezone()
    for edition in release.editions:
        for tier in letter_tiers(in_advance=bool(tiers.trusted)):
            compile_edition(installation, edition, "0", now, files=files, tier=tier)


def start_ms(at: str, lift: str, zone: str) -> int:
    """Return when a distribution should begin, unix ms; 0 for now.

    Raises RefusedError for a time that is over, or before an embargo is (`lift`, RFC 3339; "":
    there is none).
    """
    try:
        start = parse_time(at, zone) if at else None
    except ValueError as error:
        raise RefusedError(f"the time: {error}", code="time_unreadable") from None
    if start and start < datetime.now(start.tzinfo) - _JUST_NOW:
        raise RefusedError(f"the time {at} is over", code="time_over")
    if lift:
        embargo = datetime.fromisoformat(lift)
        if (start or datetime.now(embargo.tzinfo)) < embargo:
            when = "the time of the sending is earlier" if start else "sending now would break it"
            raise RefusedError(
                f"this release is under embargo until {lift}, and {when}",
                code="embargo_not_over",
                lift=lift,
            )
    return to_ms(start) if start else 0


def submit(installation: Installation, order: Order) -> Accepted:
    """Plan an order and accept it; raises what `plan` and `accept` raise."""
    return accept(installation, plan(installation, order))


def _nobody(store: Store, planned: Planned) -> RefusedError:
    return submit_refusals.nobody(
        store, planned.plan, planned.expression, planned.release.headline, planned.holders
    )


def accept(installation: Installation, planned: Planned) -> Accepted:
    """Store a planned release and put its distribution into the due-table.

    Raises RefusedError where there is nobody to send to, and where the text or the key stands for
    something else.
    """
    store, order = installation.store, planned.order
    person = admit(
        installation,
        order.actor,
        "submit",
        about=planned.release.slug,
        wanted=f"to {order.to}",
    )
    order = replace(order, actor=person)
    planned = replace(planned, order=order)
    if planned.plan.audience == 0 and not order.idempotency_key:
        raise _nobody(store, planned)
    for name, raw in files_of(planned.readings).items():  # before anything refers to them
        releases.keep_file(store, name, raw)
    required = installation.settings.approval.required
    if order.grace_ms and not (required or planned.start_ms):
        planned = replace(planned, start_ms=store.now_ms() + order.grace_ms)
    answer = store.call(release_scripts.accept(_submission(planned, required)))
    if answer.what not in ("ok", "again"):
        raise submit_refusals.not_accepted(answer)
    if answer.what == "ok" and planned.plan.audience == 0:
        # The key was new and there is nobody: the freeze cancels it and says who holds the release.
        raise _nobody(store, planned)
    number = DistributionId(answer.about)
    found = distributions.read(store, number)
    if found.state is DistributionState.DRAFT:
        compile_all(installation, found)  # what is approved is what goes out
    return Accepted(
        id=number,
        release=answer.slug,
        state=str(found.state),
        audience=planned.plan.audience,
        again=answer.what == "again",
        planned=planned,
    )


def _submission(planned: Planned, required: int) -> Submission:
    release, order = planned.release, planned.order
    counts_as_new = order.as_new or release.kind == "newsletter"
    distribution = NewDistribution(
        kind=release.kind,
        headline=release.headline,
        editions=[EditionText.of(edition) for edition in release.editions],
        expression=order.to,
        expanded=planned.expanded,
        actor=order.actor,
        planned=planned.plan.audience,
        sender=release.editions[0].sender,
        start_ms=planned.start_ms,
        planned_trusted=planned.plan.trusted,
        trusted=planned.trusted,
        lift_ms=planned.lift_ms,
        no_fallback=order.no_fallback,
        required=required,
        record=record_of(planned.readings),
    )
    return Submission(
        slug=release.slug,
        distribution=distribution,
        as_new=order.as_new,
        fingerprints=() if counts_as_new else fingerprints(release.editions),
        idempotency_key=order.idempotency_key,
        content=_content(planned),
    )


def also_waiting(installation: Installation, accepted: Accepted) -> list[tuple[str, str]]:
    """Return the release's other distributions that wait, each with its time (RFC 3339)."""
    if accepted.again:
        return []
    store, zone = installation.store, installation.settings.site.timezone
    return [
        (d.label, rfc3339(d.start_ms, zone))
        for d in distributions.all_of(store, accepted.release)
        if d.id != accepted.id and d.state is DistributionState.SCHEDULED
    ]


def _content(planned: Planned) -> str:
    """Return a hash of what an idempotency key stands for."""
    versions = [e.version for e in planned.release.editions]
    content = [versions, planned.expanded, planned.order.at, planned.order.no_fallback]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def fingerprints(editions: Sequence[Edition]) -> tuple[str, ...]:
    """Return hashes of headlines and bodies: the same story under another slug is noticed."""
    texts = [("h", e.headline) for e in editions]
    texts += [("b", e.body) for e in editions]
    plain = [f"{kind}:{' '.join(text.casefold().split())}" for kind, text in texts]
    return tuple(hashlib.sha256(text.encode()).hexdigest()[:32] for text in plain)


def _seconds_for(installation: Installation, audience: int) -> float:
    """Return how long so many take at the pace of the last sending that was large enough."""
    store = installation.store
    for number in distributions.newest(store, _SENDINGS):
        last = distributions.read(store, number)
        passed = last.last_accepted_ms - last.first_accepted_ms
        if last.audience >= _ENOUGH and passed > 0:
            return audience * passed / 1000 / last.audience
    return 0.0
