"""Summarise a distribution as plain data: the keys of `report --json`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from distro.lib.smtp_codes import cause
from distro.model import BY_LETTER, NOTICES, DistributionId, DistributionState, Plan, State
from distro.reports import clicks
from distro.reports.call_list import call_list
from distro.reports.came_back import causes
from distro.reports.named_people import NAMED_GROUPS, Named, named
from distro.reports.stall import reason_of
from distro.store import Store, distributions, events, records
from distro.store.distribution import Distribution
from distro.store.records import batches_of, counters, edition_counts, histogram
from distro.times import rfc3339


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the summary says."""

    fields: dict[str, Any]  # as `--json` prints them
    causes: dict[str, int]  # a server's reason -> people, of the failed and deferred
    named: Mapping[str, tuple[Named, ...]]  # group (see NAMED_GROUPS) -> the first of its people
    next_retry_ms: int  # 0: nobody waits
    planned_only: bool  # the audience is not frozen yet
    start_ms: int
    first_accepted_ms: int
    actor: str


def report(store: Store, distribution: DistributionId, zone: str) -> Report:
    """Return the report of one distribution, counted from the ledger's bytes."""
    found = distributions.read(store, distribution)
    states = records.states_of(store, distribution) if found.frozen else b""
    audience = found.audience if found.frozen else found.expected
    if found.frozen:
        counts = histogram(states)
        kept = counters(store, distribution)
        balanced = len(states) == audience == sum(counts.values()) and kept == counts
    else:
        counts, balanced = dict.fromkeys(State, 0) | {found.before_freeze: audience}, True
    fields: dict[str, Any] = {
        "release": found.release,
        "distribution": found.label,
        "kind": found.kind,
        "headline": found.headline,
        "state": found.state.value,
        "reason": found.reason or reason_of(store, found, counts, zone),
        "audience": audience,
        "counts": {state.value: counts[state] for state in State},
        "balanced": balanced,
        "editions": _editions(store, found, states),
        "left_out": dict(found.plan.left_out) if found.plan else {},
        **_times(store, found, zone),
        "possibly_twice": found.possibly_twice,
        "tiers": _tiers(store, found, states, counts, zone),
        "supersedes": _supersedes(store, found),
        "superseded_by": f"D{found.superseded_by}" if found.superseded_by else "",
        "approvals": [
            {"by": yes.by, "at": rfc3339(yes.at_ms, zone), "digest": yes.digest}
            for yes in found.approvals
        ],
        "break_glass": found.break_glass,
        "came_back": causes(store, distribution) if found.frozen else {},
        "clicks": clicks.links(store, distribution) if found.frozen else [],
    }
    if found.kind in ("kill", "correction"):
        fields["call_list"] = [asdict(who) for who in call_list(store, found)]
    people = {
        group: tuple(named(store, distribution, states, group))
        for group in NAMED_GROUPS
        if fields["counts"].get(group) or fields.get(group)
    }
    fields["named"] = {
        group: [asdict(who) for who in people.get(group, ())] for group in NAMED_GROUPS
    }
    return Report(
        fields,
        _causes(store, distribution, states),
        people,
        distributions.next_work_ms(store, distribution) if b"d" in states else 0,
        not found.frozen,
        found.start_ms,
        found.first_accepted_ms,
        found.actor,
    )


def _times(store: Store, found: Distribution, zone: str) -> dict[str, str]:
    """Return when it was submitted, is due, began, stopped and ended.

    Each RFC 3339 in the zone, "" for what was not.
    """
    halts = [0]
    if found.state is DistributionState.HALTED:
        acts = events.events(store, found.id)
        halts += [int(e["at"]) for e in acts if e["act"] == "halted"]
    sent = found.state is DistributionState.SENT
    times = {
        "submitted_at": found.submitted_ms,
        "due_at": found.start_ms if found.start_ms > found.submitted_ms else 0,
        "began_at": found.began_ms,
        "halted_at": max(halts),
        "finished_at": found.sent_ms if sent else found.cancelled_ms,
        "first_accepted_at": found.first_accepted_ms,
        "last_accepted_at": found.last_accepted_ms,
        "first_pass_at": found.first_pass_ms,
    }
    return {name: rfc3339(at, zone) for name, at in times.items()}


def everybody(store: Store, distribution: DistributionId, group: str) -> Iterator[Named]:
    """Yield everybody of a group (a state, or `possibly_twice`); nobody before the freeze."""
    found = distributions.read(store, distribution)
    states = records.states_of(store, distribution) if found.frozen else b""
    return named(store, distribution, states, group, at_most=found.audience)


def listing(store: Store, zone: str) -> list[dict[str, Any]]:
    """Return every distribution, newest first, in short."""
    return listed(store, distributions.newest(store), zone)


def listed(store: Store, numbers: Sequence[DistributionId], zone: str) -> list[dict[str, Any]]:
    """Return these distributions in short."""
    found = (distributions.get(store, number) for number in numbers)
    return [_in_short(distribution, zone) for distribution in found if distribution]


def _in_short(found: Distribution, zone: str) -> dict[str, Any]:
    waits = found.state is DistributionState.SCHEDULED
    return {
        "distribution": found.label,
        "release": found.release,
        "headline": found.headline,
        "kind": found.kind,
        "state": found.state.value,
        "audience": found.expected,
        "submitted_at": rfc3339(found.submitted_ms, zone),
        "due_at": rfc3339(found.start_ms, zone) if waits else "",
    }


def _editions(store: Store, found: Distribution, states: bytes) -> dict[str, dict[str, Any]]:
    if states:
        counted = edition_counts(states, batches_of(store, found.id), found.languages)
    else:
        counted = {
            language: dict.fromkeys(State, 0)
            | {found.before_freeze: _planned(found.plan, language)}
            for language in found.languages
        }
    return {
        lang: {"audience": sum(counts.values()), "counts": {s.value: n for s, n in counts.items()}}
        for lang, counts in counted.items()
    }


def _supersedes(store: Store, found: Distribution) -> str:
    """Return the newest distribution whose place this one took, D4; "" where it took none."""
    mine = distributions.all_of(store, found.release)
    ended = [d for d in mine if found.note and d.superseded_by == found.id]
    texts = [d for d in ended if d.kind not in NOTICES]
    return (texts or ended)[-1].label if ended else ""


def _tiers(
    store: Store, found: Distribution, states: bytes, counts: Mapping[State, int], zone: str
) -> list[dict[str, Any]]:
    """Return who has it when: the trusted before its embargo is over, and everyone else."""
    begins = found.began_ms or found.start_ms
    if not found.tiered:
        return [_tier("everyone", counts, begins, zone)]
    if states:
        by_tier = records.tier_counts(states, batches_of(store, found.id))
    else:
        early = found.plan.trusted if found.plan else found.planned_trusted
        nobody = dict.fromkeys(State, 0)
        by_tier = {
            True: nobody | {found.before_freeze: early},
            False: nobody | {found.before_freeze: found.expected - early},
        }
    return [
        _tier("trusted", by_tier[True], begins, zone),
        _tier("everyone", by_tier[False], max(begins, found.lift_ms), zone),
    ]


def _tier(name: str, counts: Mapping[State, int], starts_ms: int, zone: str) -> dict[str, Any]:
    return {
        "name": name,
        "audience": sum(counts.values()),
        "starts_at": rfc3339(starts_ms, zone),
        "counts": {state.value: counts[state] for state in State},
    }


def _planned(plan: Plan | None, language: str) -> int:
    return plan.editions.get(language, 0) if plan else 0


def _causes(store: Store, distribution: DistributionId, states: bytes) -> dict[str, int]:
    """Return why people were refused, most frequent first; read from what the servers said."""
    found: dict[str, int] = {}
    if b"f" not in states:
        return found
    for ordinal, text in records.replies_of(store, distribution).items():
        if BY_LETTER.get(chr(states[ordinal])) is State.FAILED:
            name = cause(0, text)
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))
