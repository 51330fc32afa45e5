"""The report of a distribution as plain data; §10 of the design names its keys."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distro.codes import cause
from distro.model import BY_LETTER, Plan, State
from distro.report.standstill import reason_of
from distro.store import Store
from distro.store.records import address_at, batches_of, counters, edition_counts, histogram, ordinals_in
from distro.store.scripts.audience import read_plan
from distro.times import rfc3339


@dataclass(frozen=True, slots=True)
class Doubt:
    """Somebody in doubt, by name."""

    address: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the summary says; `told` is what `--json` prints."""

    told: dict[str, Any]
    causes: dict[str, int]            # a server's reason -> people, of the failed and deferred
    doubts: tuple[Doubt, ...]
    next_retry_ms: int                # 0: nobody waits
    planned_only: bool                # the audience is not frozen yet
    start_ms: int
    actor: str


def report(store: Store, distribution: str, zone: str) -> Report:
    """The report of one distribution, counted from the ledger's bytes."""
    told = store.hash(f"dist:{distribution}")
    frozen = "frozen_at" in told
    states = store.raw(f"led:{distribution}") if frozen else b""
    audience = int(told.get("audience", 0)) if frozen else _planned(told)
    counts = histogram(states) if frozen else dict.fromkeys(State, 0) | {_unbuilt(told): audience}
    plan = _plan(told)
    balanced = (not frozen) or (len(states) == audience == sum(counts.values()) and counters(store, distribution) == counts)
    data = {
        "release": told.get("release", ""), "distribution": f"D{distribution}", "kind": told.get("kind", ""), "headline": told.get("headline", ""),
        "state": told.get("state", ""), "reason": told.get("reason") or reason_of(store, distribution, told, counts, zone), "audience": audience,
        "counts": {state.value: counts[state] for state in State}, "balanced": balanced,
        "editions": _editions(store, distribution, told, states, plan), "left_out": dict(plan.left_out) if plan else {},
        **{key: rfc3339(int(told.get(key) or 0), zone) for key in ("submitted_at", "first_accepted_at", "last_accepted_at", "first_pass_at")},
        "possibly_twice": int(told.get("possibly_twice", 0)),
    }
    return Report(data, _causes(store, distribution, states), _doubts(store, distribution, states), _next_retry(store, distribution, states),
                  not frozen, int(told.get("start_at", 0)), told.get("actor", ""))


def listing(store: Store, zone: str) -> list[dict[str, Any]]:
    """Every distribution, newest first, in short."""
    found = []
    for raw in store.command("ZREVRANGE", "dists", 0, -1):
        number = raw.decode()
        told = store.hash(f"dist:{number}")
        found.append({"distribution": f"D{number}", "release": told.get("release", ""), "headline": told.get("headline", ""), "kind": told.get("kind", ""),
                      "state": told.get("state", ""), "audience": int(told.get("audience") or _planned(told)), "submitted_at": rfc3339(int(told.get("submitted_at", 0)), zone)})
    return found


def _unbuilt(told: Mapping[str, str]) -> State:
    """What everyone counts as until the audience is written down."""
    return State.CANCELLED if told.get("state") == "cancelled" else State.QUEUED


def _planned(told: Mapping[str, str]) -> int:
    """Before the freeze: what was reserved, else what was planned."""
    plan = _plan(told)
    return plan.audience if plan else int(told.get("planned", 0))


def _plan(told: Mapping[str, str]) -> Plan | None:
    return read_plan(told["reserved"]) if told.get("reserved") else None


def _editions(store: Store, distribution: str, told: Mapping[str, str], states: bytes, plan: Plan | None) -> dict[str, dict[str, Any]]:
    order = told.get("order", "").split()
    if states:
        counted = edition_counts(states, batches_of(store, distribution), order)
    else:
        planned = plan.editions if plan else {}
        counted = {lang: dict.fromkeys(State, 0) | {_unbuilt(told): planned.get(lang, 0)} for lang in order}
    return {lang: {"audience": sum(counts.values()), "counts": {s.value: n for s, n in counts.items()}} for lang, counts in counted.items()}


def _causes(store: Store, distribution: str, states: bytes) -> dict[str, int]:
    """Why people were refused, most frequent first; read from what the servers said."""
    found: dict[str, int] = {}
    if not any(letter in states for letter in (b"f", b"d")):
        return found
    for ordinal, text in store.hash(f"err:{distribution}").items():
        if BY_LETTER.get(chr(states[int(ordinal)])) is State.FAILED:
            words = cause(0, text)
            found[words] = found.get(words, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _doubts(store: Store, distribution: str, states: bytes, at_most: int = 20) -> tuple[Doubt, ...]:
    found = []
    for at in itertools.islice(ordinals_in(states, State.IN_DOUBT), at_most):
        why = store.command("HGET", f"err:{distribution}", at)
        found.append(Doubt(address_at(store, distribution, at), why.decode("utf-8", "replace") if why else ""))
    return tuple(found)


def _next_retry(store: Store, distribution: str, states: bytes) -> int:
    if b"d" not in states:
        return 0
    return min(store.scores(f"todo:{distribution}").values(), default=0)
