"""A distribution as one frozen value, read in one place.

The scripts write the hash `dist:{D}`; this module reads it. Times are unix milliseconds by Redis'
clock, 0 for what has not happened.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distro.model import DistributionId, DistributionState, Plan, State
from distro.store.audience_scripts import read_plan

_TIMES = (
    "submitted",
    "start",
    "lift",
    "frozen",
    "began",
    "resent",
    "active",
    "first_accepted",
    "last_accepted",
    "first_pass",
    "sent",
    "cancelled",
)
_GUARD = "over:"  # before the name of a guard that a person resumed over


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes to one digest."""

    by: str
    at_ms: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One sending of one release."""

    id: DistributionId
    release: str  # slug
    kind: str
    headline: str
    state: DistributionState
    languages: tuple[str, ...]  # of its editions; the first is the last resort of every reader
    versions: Mapping[str, str]  # language -> version of the edition
    expression: str  # who it is for, as typed
    expanded: str  # the same, named segments replaced by their meaning
    actor: str  # who submitted it
    sender: str  # name of the desk; "": the usual one
    trusted: str  # the list that has it before the embargo is over; "": nobody does
    no_fallback: bool
    again: bool  # a person's order for one reader: whoever has the release gets it once more
    superseded: bool
    superseded_by: str  # number of the distribution that took its place; "": none did
    cleared: bool  # a hold that is over: what it was about may be used
    held: bool  # on hold: nothing of it begins until `clear`
    rest: str  # "unreached": for those whom its sources never reached; "matching": not even them
    sources: tuple[DistributionId, ...]  # of a note: whose holders it is for
    siblings: tuple[DistributionId, ...]  # notes whose recipients were told already
    planned: int  # people at the submit
    planned_trusted: int  # of these, who have it before its embargo is over
    plan: Plan | None  # what was reserved; None before
    built: int  # people written down so far
    audience: int  # people in the frozen audience; 0 before
    groups: tuple[str, ...] | None  # receivers with batches of their own; None: not looked for yet
    reason: str  # why it is halted or was cancelled
    guard: str  # what halted it by itself
    overridden: frozenset[str]  # guards that a person resumed over
    required: int  # people who must approve it
    approvals: tuple[Approval, ...]  # who did
    approved_audience: int  # people whom it was for then
    at_once: bool  # it starts when it is approved
    break_glass: str  # why it went out without approval; "": it did not
    possibly_twice: int  # people sent once more after doubt
    submitted_ms: int
    start_ms: int  # when it is due
    lift_ms: int  # when its embargo is over; 0: there is none
    frozen_ms: int
    began_ms: int
    resent_ms: int
    active_ms: int
    first_accepted_ms: int
    last_accepted_ms: int
    first_pass_ms: int  # when everyone had been tried
    sent_ms: int
    cancelled_ms: int

    @property
    def label(self) -> str:
        """Return its number as people write it: D17."""
        return self.id.label

    @property
    def frozen(self) -> bool:
        """Return whether its audience is fixed and written down."""
        return self.frozen_ms > 0

    @property
    def note(self) -> bool:
        """Return whether it tells those who hold a text something about it."""
        return bool(self.sources) and not self.rest

    @property
    def public(self) -> bool:
        """Return whether its text may be shown: it went out, or needs nobody's approval."""
        return not self.required or bool(self.break_glass) or self.began_ms > 0

    @property
    def tiered(self) -> bool:
        """Return whether some have it before its embargo is over."""
        return bool(self.trusted)

    def embargoed(self, now_ms: int) -> bool:
        """Return whether its embargo is not over at a time (unix ms)."""
        return now_ms < self.lift_ms

    @property
    def over(self) -> bool:
        """Return whether nothing more happens to it by itself."""
        return self.state in (DistributionState.SENT, DistributionState.CANCELLED)

    @property
    def expected(self) -> int:
        """Return its audience; before the freeze what was reserved, else what was planned."""
        if self.audience:
            return self.audience
        return self.plan.audience if self.plan else self.planned

    @property
    def before_freeze(self) -> State:
        """Return the state that everyone counts as until the audience is written down."""
        return State.CANCELLED if self.state is DistributionState.CANCELLED else State.QUEUED


def row_of(distribution: str, fields: Mapping[str, str]) -> Distribution | None:
    """Return a distribution from its hash; None for an empty one."""
    if not fields.get("state"):
        return None
    times: dict[str, Any] = {f"{name}_ms": int(fields.get(f"{name}_at") or 0) for name in _TIMES}
    groups = fields.get("groups")
    return Distribution(
        id=DistributionId(distribution),
        release=fields.get("release", ""),
        kind=fields.get("kind", ""),
        headline=fields.get("headline", ""),
        state=DistributionState(fields["state"]),
        languages=tuple(fields.get("order", "").split()),
        versions=json.loads(fields.get("versions") or "{}"),
        expression=fields.get("expression", ""),
        expanded=fields.get("expanded", ""),
        actor=fields.get("actor", ""),
        sender=fields.get("sender", ""),
        trusted=fields.get("trusted", ""),
        no_fallback=bool(fields.get("no_fallback")),
        again=bool(fields.get("again")),
        superseded=bool(fields.get("superseded")),
        superseded_by=fields.get("superseded_by", ""),
        cleared=bool(fields.get("cleared")),
        held=bool(fields.get("held")),
        rest=fields.get("rest", ""),
        sources=_numbers(fields.get("sources", "")),
        siblings=_numbers(fields.get("siblings", "")),
        planned=int(fields.get("planned") or 0),
        planned_trusted=int(fields.get("planned_trusted") or 0),
        plan=read_plan(fields["reserved"]) if fields.get("reserved") else None,
        built=int(fields.get("built") or 0),
        audience=int(fields.get("audience") or 0),
        groups=None if groups is None else tuple(groups.split()),
        reason=fields.get("reason", ""),
        guard=fields.get("guard", ""),
        overridden=frozenset(f.removeprefix(_GUARD) for f in fields if f.startswith(_GUARD)),
        required=int(fields.get("required") or 0),
        approvals=_approvals(fields.get("approvals", "")),
        approved_audience=int(fields.get("approved_audience") or 0),
        at_once=bool(fields.get("at_once")),
        break_glass=fields.get("break_glass", ""),
        possibly_twice=int(fields.get("possibly_twice") or 0),
        **times,
    )


def _approvals(text: str) -> tuple[Approval, ...]:
    return tuple(Approval(a["by"], int(a["at"]), a["digest"]) for a in json.loads(text or "[]"))


def _numbers(text: str) -> tuple[DistributionId, ...]:
    return tuple(DistributionId(number) for number in text.split())
