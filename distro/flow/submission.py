"""A release and an expression become a plan, and then a scheduled distribution."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from distro.audience import importing
from distro.audience.list_roles import load_roles
from distro.errors import RefusedError
from distro.flow.audience_query import query_for, usual_audience
from distro.flow.duplicate_text import SimilarText, similar_text
from distro.installation.context import Installation
from distro.installation.secrets import is_member
from distro.mailing.compose import compile_edition, files_of
from distro.mailing.signers import check_signers
from distro.model import Edition, Plan, Problem, Reading, Release, State
from distro.store import audience_scripts as scripts
from distro.store.records import counters
from distro.submit import read, release_of
from distro.submit.reading import embargo_of
from distro.times import parse_time, rfc3339, to_ms

_JUST_NOW = timedelta(minutes=5)  # a start that lies so little back was typed for now


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a press officer asks for."""

    files: Sequence[Path]
    to: str
    at: str = ""  # "": now
    idempotency_key: str = ""
    as_new: bool = False
    no_fallback: bool = False
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The numbers that `plan` shows and `submit` then does."""

    release: Release
    plan: Plan
    expression: str  # as typed
    expanded: str  # named segments replaced by their meaning
    start_ms: int  # 0: now
    readings: tuple[Reading, ...] = ()
    holders: tuple[str, ...] = ()  # distributions that hold the release for somebody
    seconds: float = 0.0  # at the pace of the last sending; 0: not known
    usual: int = 0  # median of earlier audiences; 0: too few to say
    too_large: bool = False
    before: SimilarText | None = None  # nearly the same text, sent lately under another name

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(p for reading in self.readings for p in reading.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A distribution that is under way; `again`: the idempotency key was known, nothing new was
    made.
    """

    distribution: str
    release: str
    state: str
    audience: int
    again: bool = False
    planned: Planned = field(repr=False)


def plan(installation: Installation, order: Order) -> Planned:
    """Who would get it, in which edition, who would not and why. Sends nothing, changes nothing."""
    zone = installation.settings.site.timezone
    readings = tuple(read(path, zone, installation.settings.private_paths) for path in order.files)
    release = release_of(readings)
    begins_ms = start_ms(order.at, release.editions, zone)
    importing.finish_open(
        installation.store, installation.consent
    )  # what a dead import promised counts
    segments = installation.segments()
    expanded = segments.expand(order.to)
    _check_trust(installation, readings)
    files = files_of(readings)
    if not is_member(
        installation.settings
    ):  # a member of the group does not see the keys; the worker halts what it cannot sign
        check_signers(installation.settings, release.editions)
    for edition in release.editions:  # a template's mistake is better found now than at ten o'clock
        compile_edition(installation, edition, "0", datetime.now().astimezone(), files=files)
    question = query_for(
        installation,
        "" if order.as_new else release.slug,
        expanded,
        release.languages,
        kind=release.kind,
        no_fallback=order.no_fallback,
    )
    found = installation.store.call(scripts.plan(question))
    usual = usual_audience(installation)
    limits = installation.settings.limits
    return Planned(
        release=release,
        plan=found,
        expression=order.to,
        expanded=str(expanded),
        start_ms=begins_ms,
        readings=readings,
        holders=(
            tuple(installation.store.elements(f"rel:{release.slug}:dists"))
            if not order.as_new
            else ()
        ),
        seconds=_pace(installation, found.audience),
        usual=usual,
        too_large=bool(usual)
        and found.audience > limits.usual_least
        and found.audience > usual * limits.usual_factor,
        before=None if order.as_new else similar_text(installation, release),
    )


def _check_trust(installation: Installation, readings: Sequence[Reading]) -> None:
    """Trust rests on what staff own: where any list is marked `embargo_trusted`, only such a list
    may be named.
    """
    marked = sorted(
        role.name
        for role in load_roles(installation.settings.subscribers).values()
        if role.embargo_trusted
    )
    for reading in readings:
        if marked and reading.trusted and reading.trusted not in marked:
            raise RefusedError(
                f'{reading.file}: the list "{reading.trusted}" may not have a release before its'
                " embargo is over",
                hint=f"Marked embargo_trusted in segments.toml: {', '.join(marked)}.",
            )


def start_ms(at: str, editions: Sequence[Edition], zone: str) -> int:
    """When it should begin, unix ms, 0 for now; an embargo in the future needs a start at or after
    it.
    """
    try:
        start = parse_time(at, zone) if at else None
    except ValueError as error:
        raise RefusedError(f"--at: {error}") from None
    if start and start < datetime.now(start.tzinfo) - _JUST_NOW:
        raise RefusedError(f"--at {at} is over", hint="Another time, or --now.")
    told = embargo_of(editions)
    if told:
        embargo = datetime.fromisoformat(told)
        begins = start or datetime.now(embargo.tzinfo)
        if begins < embargo:
            raise RefusedError(
                f"this release is under embargo until {told}, and"
                f" {'--at is earlier' if start else '--now would break it'}",
                hint=f'Send it at the lift: --at "{told}"',
            )
    return to_ms(start) if start else 0


def submit(installation: Installation, order: Order) -> Accepted:
    """Store the release and put its distribution into the due-table; raises RefusedError with the
    reason why not.
    """
    planned = plan(installation, order)
    if planned.plan.audience == 0 and not order.idempotency_key:
        raise nobody(installation, planned)
    release = planned.release
    content = _content(planned, order)
    for name, raw in files_of(planned.readings).items():  # before anything refers to them
        installation.store.command("SET", f"file:{name}", raw, "NX")
    what, which, slug = installation.store.call(
        scripts.accept(
            {
                "slug": release.slug,
                "kind": release.kind,
                "headline": release.headline,
                "as_new": order.as_new,
                "editions": [
                    {"lang": e.language, "version": e.version, "json": e.to_json()}
                    for e in release.editions
                ],
                "same": (
                    [] if order.as_new or release.kind == "newsletter" else _fingerprints(release)
                ),
                "start": planned.start_ms,
                "idem": order.idempotency_key,
                "content": content,
                "fields": {
                    "expression": order.to,
                    "expanded": planned.expanded,
                    "actor": order.actor,
                    "planned": str(planned.plan.audience),
                    "no_fallback": "1" if order.no_fallback else "",
                    "sender": release.editions[0].sender,
                },
            }
        )
    )
    if what not in ("ok", "again"):
        raise _refusal(what, which, slug)
    if what == "ok" and planned.plan.audience == 0:
        # The key was new, and there is nobody: the freeze will cancel it and say who holds the
        # release.
        raise nobody(installation, planned)
    state = installation.store.hash(f"dist:{which}").get("state", "")
    return Accepted(
        distribution=f"D{which}",
        release=slug,
        state=state,
        audience=planned.plan.audience,
        again=what == "again",
        planned=planned,
    )


def also_waiting(installation: Installation, accepted: Accepted) -> list[tuple[str, str]]:
    """Other distributions of the same release that wait for their time: each with that time, RFC
    3339.
    """
    zone = installation.settings.site.timezone
    found = []
    for number in installation.store.elements(f"rel:{accepted.release}:dists"):
        told = installation.store.hash(f"dist:{number}")
        if (
            f"D{number}" != accepted.distribution
            and told.get("state") == "scheduled"
            and not accepted.again
        ):
            found.append((f"D{number}", rfc3339(int(told["start_at"]), zone)))
    return found


def _content(planned: Planned, order: Order) -> str:
    told = json.dumps(
        [
            [e.version for e in planned.release.editions],
            planned.expanded,
            order.at,
            order.no_fallback,
        ]
    )
    return hashlib.sha256(told.encode()).hexdigest()


def _fingerprints(release: Release) -> list[str]:
    """Hashes of each normalised headline and body: the same story under another slug is noticed."""
    texts = [("h", e.headline) for e in release.editions] + [
        ("b", e.body) for e in release.editions
    ]
    return [
        hashlib.sha256(f"{kind}:{' '.join(text.casefold().split())}".encode()).hexdigest()[:32]
        for kind, text in texts
    ]


def nobody(installation: Installation, planned: Planned) -> RefusedError:
    """Why there is nothing to send, and who holds the release."""
    out = planned.plan.left_out
    facts: dict[str, Any] = {
        "holders": [f"D{d}" for d in planned.holders],
        "left_out": out,
        "audience": 0,
    }
    if not planned.plan.matched:
        return RefusedError(
            f"nobody matches   {planned.expression}",
            hint='See who is there: distro segments list   distro segments count "…"',
            **facts,
        )
    have = out.get("already_has_it", 0)
    if have:
        holders = ", ".join(
            f"D{d}, {installation.store.hash(f'dist:{d}').get('state', '')}"
            for d in planned.holders
        )
        who = (
            f"all {have:,} already have"
            if have == planned.plan.matched
            else (
                f"{have:,} of {planned.plan.matched:,} already have, and the others may not be"
                " written to:"
            )
        )
        return RefusedError(
            f'Nothing to send: {who} "{planned.release.headline}" ({holders}).',
            hint=_rest_of(installation, planned.holders) or "Really again? --as-new",
            **facts,
        )
    reasons = " · ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in out.items())
    return RefusedError(
        f"Nothing to send: all {planned.plan.matched:,} who match are left out ({reasons}).",
        **facts,
    )


def _rest_of(installation: Installation, holders: Sequence[str]) -> str:
    """Return what to type for readers whom an earlier sending did not reach; "" where it reached
    all.
    """
    for distribution in holders:
        if not installation.store.command("EXISTS", f"cnt:{distribution}"):  # not frozen yet
            continue
        counts = counters(installation.store, distribution)
        for state, word in ((State.FAILED, "failed"), (State.IN_DOUBT, "in doubt")):
            if counts[state]:
                return (
                    f"{counts[state]:,} of D{distribution} {word}: distro resend D{distribution}"
                    f" --only {state}. The whole release once more: --as-new"
                )
    return ""


def _refusal(what: str, which: str, slug: str) -> RefusedError:
    if what == "idem_other":
        return RefusedError(
            f"this idempotency key stands for D{which}, which has other content",
            hint="Use a fresh key for another release, audience or time.",
        )
    if what == "same":
        return RefusedError(
            f'the same headline or text went out as "{which}" within 30 days',
            hint=(
                f"A further language or the rest of its readers: put `id: {which}` into the front"
                " matter. A story of its own: --as-new"
            ),
        )
    if what == "changed":
        return RefusedError(
            f'the {which} text of "{slug}" differs from the one that readers already have',
            hint="Send the same text to the rest, or a story of its own: --as-new",
        )
    return RefusedError(f"not accepted: {what} {which}")


def _pace(installation: Installation, audience: int) -> float:
    """Seconds that so many take at the pace of the last sending of 50 or more."""
    for d in installation.store.command("ZREVRANGE", "dists", 0, 9):
        told = installation.store.hash(f"dist:{d.decode()}")
        size, first, last = (
            int(told.get(k) or 0) for k in ("audience", "first_accepted_at", "last_accepted_at")
        )
        if size >= 50 and last > first:
            return audience * (last - first) / 1000 / size
    return 0.0
