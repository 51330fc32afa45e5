"""Read a distribution's row as one frozen value, in one place.

The scripts write the hash `dist:{D}`; this module reads it. Times are unix milliseconds by Redis'
clock, 0 for what has not happened.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distro.errors import NotFoundError
from distro.model import DistributionId, DistributionState, Edition, Plan, State
from distro.store import keys
from distro.store.audience_scripts import read_plan
from distro.store.client import Store

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


def get(store: Store, distribution: str) -> Distribution | None:
    """Return a distribution, or None where there is none of that number."""
    return _of(distribution, store.hash(keys.distribution(distribution)))


def read(store: Store, distribution: str) -> Distribution:
    """Return a distribution that must be there; raise NotFoundError where it is not."""
    found = get(store, distribution)
    if found is None:
        raise _unknown(distribution)
    return found


def _of(distribution: str, fields: Mapping[str, str]) -> Distribution | None:
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
        possibly_twice=int(fields.get("possibly_twice") or 0),
        **times,
    )


def _numbers(text: str) -> tuple[DistributionId, ...]:
    return tuple(DistributionId(number) for number in text.split())


def find(store: Store, text: str) -> DistributionId:
    """Return the distribution named as D17, 17, by its release's slug or the beginning of one.

    Raises NotFoundError, which says what there is instead.
    """
    number = DistributionId.parse(text)
    if number is not None:
        if not exists(store, number):
            raise _unknown(number)
        return number
    slug = text.strip()
    mine = of_release(store, slug)
    if len(mine) > 1:
        raise NotFoundError(
            f"{slug} has several distributions: {', '.join(d.label for d in mine)}",
            hint="Name one of them.",
        )
    return mine[0] if mine else _by_prefix(store, slug)


def _by_prefix(store: Store, prefix: str) -> DistributionId:
    """Return the only distribution whose release begins so; raise NotFoundError."""
    numbers = newest(store, 1000)
    slugs = store.pipeline([("HGET", keys.distribution(d), "release") for d in numbers])
    fitting = {
        d: s.decode()
        for d, s in zip(numbers, slugs, strict=True)
        if s and prefix and s.decode().startswith(prefix)
    }
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        some = ", ".join(f"{d.label} ({s})" for d, s in list(fitting.items())[:5])
        raise NotFoundError(f'"{prefix}" could be {some}', hint="Name one of them.")
    raise NotFoundError(
        f'there is no distribution or release "{prefix}"', code="no_such_distribution"
    )


def _unknown(distribution: str) -> NotFoundError:
    return NotFoundError(f"there is no distribution D{distribution}", code="no_such_distribution")


def exists(store: Store, distribution: str) -> bool:
    """Return whether there is a distribution of this number."""
    return bool(store.command("EXISTS", keys.distribution(distribution)))


def newest(store: Store, most: int = 0) -> list[DistributionId]:
    """Return at most so many distributions (0: all), the last submitted first."""
    return _ids(store.command("ZREVRANGE", keys.DISTRIBUTIONS, 0, most - 1))


def submitted_until(store: Store, until_ms: int, most: int) -> list[DistributionId]:
    """Return at most so many distributions submitted until then, the oldest first."""
    return _ids(
        store.command("ZRANGEBYSCORE", keys.DISTRIBUTIONS, "-inf", until_ms, "LIMIT", 0, most)
    )


def of_release(store: Store, slug: str) -> list[DistributionId]:
    """Return the distributions of a release, the oldest first."""
    return [DistributionId(d) for d in store.elements(keys.release_distributions(slug))]


def running(store: Store) -> list[DistributionId]:
    """Return those with a frozen audience that are neither sent nor cancelled and settled."""
    return [DistributionId(d) for d in store.members(keys.RUNNING)]


def settling(store: Store) -> list[DistributionId]:
    """Return the cancelled distributions whose reservation is not settled."""
    return [DistributionId(d) for d in store.members(keys.SETTLING)]


def _ids(answer: Sequence[bytes]) -> list[DistributionId]:
    return [DistributionId(raw.decode()) for raw in answer]


def edition(store: Store, version: str) -> Edition | None:
    """Return an edition by its version; None where it is not kept."""
    text = store.text(keys.edition(version))
    return Edition.from_json(text) if text else None


def editions(store: Store, distribution: Distribution) -> dict[str, Edition]:
    """Return language -> edition, in the order of its languages."""
    found = {lang: edition(store, distribution.versions[lang]) for lang in distribution.languages}
    return {lang: text for lang, text in found.items() if text is not None}


def replace_field(store: Store, distribution: str, field: str, text: str) -> None:
    """Write another text in place of a field that people typed: expression, expanded, reason."""
    store.command("HSET", keys.distribution(distribution), field, text)


def look_again(store: Store, distribution: str, after_ms: int) -> None:
    """Have the sweep look at a distribution after so many milliseconds."""
    store.command("ZADD", keys.DUE, store.now_ms() + after_ms, distribution)


def not_due(store: Store, distribution: str) -> None:
    """Take a distribution out of the due-table."""
    store.command("ZREM", keys.DUE, distribution)


def overdue(store: Store, late_ms: int) -> list[DistributionId]:
    """Return the distributions that have been due for longer than this, the oldest first."""
    due = store.scores(keys.DUE)
    before = store.now_ms() - late_ms
    return [DistributionId(d) for d, at in due.items() if at < before]


def batches_with_work(store: Store, distribution: str, most: int) -> list[int]:
    """Return at most so many batches without a lease whose work is due."""
    command = ("ZRANGEBYSCORE", keys.todo(distribution), "-inf", store.now_ms(), "LIMIT", 0, most)
    return [int(batch) for batch in store.command(*command)]


def next_work_ms(store: Store, distribution: str) -> int:
    """Return when the first batch without a lease has work; 0 where none has."""
    return min(store.scores(keys.todo(distribution)).values(), default=0)


def doubts_since(store: Store, distribution: str, until_ms: int, most: int) -> list[int]:
    """Return at most so many ordinals that have been in doubt since then or longer."""
    words = ("ZRANGEBYSCORE", keys.doubts(distribution), "-inf", until_ms, "LIMIT", 0, most)
    return [int(ordinal) for ordinal in store.command(*words)]


def set_groups(store: Store, distribution: str, groups: Mapping[str, bytes]) -> None:
    """Keep the groups of receivers that stand apart, each with its readers (a bitmap of ids).

    The first call counts: a freeze that is resumed sees the same groups.
    """
    for name, bitmap in groups.items():
        store.command("SET", keys.group(distribution, name), bitmap, "NX")
    store.command("HSETNX", keys.distribution(distribution), "groups", " ".join(groups))


def group(store: Store, distribution: str, name: str) -> bytes:
    """Return the readers of a group of receivers, a bitmap of ids."""
    return store.raw(keys.group(distribution, name))


def relay_index(store: Store, distribution: str, name: str) -> int:
    """Return the number (from 1, at most 255) under which records call a relay; adds it."""
    key = keys.relays(distribution)
    names = store.elements(key)
    if name not in names:
        store.command("RPUSH", key, name)
        names = store.elements(key)
    return min(names.index(name) + 1, 255)


def reserved_edition(store: Store, distribution: Distribution, subscriber: int) -> str:
    """Return the language of the edition that was reserved for somebody; "" where none was."""
    for language in distribution.languages:
        if store.command("GETBIT", keys.reserved(distribution.id, language), subscriber):
            return language
    return ""


def usual_sizes(store: Store, most: int) -> list[int]:
    """Return the audiences of the newest distributions that have one."""
    numbers = newest(store, most)
    sizes = store.pipeline([("HGET", keys.distribution(d), "audience") for d in numbers])
    return [int(size) for size in sizes if size and int(size)]
