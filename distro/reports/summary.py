"""The report of a distribution as plain data; §10 of the design names its keys."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from distro.lib.smtp_codes import cause
from distro.model import BY_LETTER, Plan, State
from distro.reports.locate import events_of
from distro.reports.named_people import Named, named
from distro.reports.stall import reason_of
from distro.store import Store
from distro.store.audience_scripts import read_plan
from distro.store.records import batches_of, counters, edition_counts, histogram
from distro.times import rfc3339

_NAMED = ("failed", "in_doubt", "possibly_twice")


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the summary says; `told` is what `--json` prints."""

    told: dict[str, Any]
    causes: dict[str, int]  # a server's reason -> people, of the failed and deferred
    named: Mapping[
        str, tuple[Named, ...]
    ]  # group -> the first of its people: failed, in_doubt, possibly_twice
    next_retry_ms: int  # 0: nobody waits
    planned_only: bool  # the audience is not frozen yet
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
    balanced = (not frozen) or (
        len(states) == audience == sum(counts.values()) and counters(store, distribution) == counts
    )
    data: dict[str, Any] = {
        "release": told.get("release", ""),
        "distribution": f"D{distribution}",
        "kind": told.get("kind", ""),
        "headline": told.get("headline", ""),
        "state": told.get("state", ""),
        "reason": told.get("reason") or reason_of(store, distribution, told, counts, zone),
        "audience": audience,
        "counts": {state.value: counts[state] for state in State},
        "balanced": balanced,
        "editions": _editions(store, distribution, told, states, plan),
        "left_out": dict(plan.left_out) if plan else {},
        **_times(store, distribution, told, zone),
        "possibly_twice": int(told.get("possibly_twice", 0)),
    }
    people = {
        group: tuple(named(store, distribution, states, group))
        for group in _NAMED
        if data["counts"].get(group) or data.get(group)
    }
    data["named"] = {
        group: [asdict(person) for person in people.get(group, ())] for group in _NAMED
    }
    return Report(
        data,
        _causes(store, distribution, states),
        people,
        _next_retry(store, distribution, states),
        not frozen,
        int(told.get("start_at", 0)),
        told.get("actor", ""),
    )


def _times(store: Store, distribution: str, told: Mapping[str, str], zone: str) -> dict[str, str]:
    """When it was submitted, is due, began, stopped and ended; each RFC 3339 in its zone, "" for
    what was not.
    """
    submitted, due = int(told.get("submitted_at") or 0), int(told.get("start_at") or 0)
    halted = (
        max(
            (int(e["at"]) for e in events_of(store, distribution) if e["act"] == "halted"),
            default=0,
        )
        if told.get("state") == "halted"
        else 0
    )
    times = {
        "submitted_at": submitted,
        "due_at": due if due > submitted else 0,
        "began_at": int(told.get("began_at") or 0),
        "halted_at": halted,
        "finished_at": (
            int(told.get("sent_at") or 0)
            if told.get("state") == "sent"
            else int(told.get("cancelled_at") or 0)
        ),
        **{
            key: int(told.get(key) or 0)
            for key in ("first_accepted_at", "last_accepted_at", "first_pass_at")
        },
    }
    return {key: rfc3339(at, zone) for key, at in times.items()}


def everybody(store: Store, distribution: str, group: str) -> Iterator[Named]:
    """Everybody of a group (a state, or `possibly_twice`) by name; nobody before the freeze."""
    told = store.hash(f"dist:{distribution}")
    return named(
        store,
        distribution,
        store.raw(f"led:{distribution}") if "frozen_at" in told else b"",
        group,
        at_most=int(told.get("audience") or 0),
    )


def listing(store: Store, zone: str) -> list[dict[str, Any]]:
    """Every distribution, newest first, in short."""
    found = []
    for raw in store.command("ZREVRANGE", "dists", 0, -1):
        number = raw.decode()
        told = store.hash(f"dist:{number}")
        found.append(
            {
                "distribution": f"D{number}",
                "release": told.get("release", ""),
                "headline": told.get("headline", ""),
                "kind": told.get("kind", ""),
                "state": told.get("state", ""),
                "audience": int(told.get("audience") or _planned(told)),
                "submitted_at": rfc3339(int(told.get("submitted_at", 0)), zone),
                "due_at": (
                    rfc3339(int(told.get("start_at", 0)), zone)
                    if told.get("state") == "scheduled"
                    else ""
                ),
            }
        )
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


def _editions(
    store: Store, distribution: str, told: Mapping[str, str], states: bytes, plan: Plan | None
) -> dict[str, dict[str, Any]]:
    order = told.get("order", "").split()
    if states:
        counted = edition_counts(states, batches_of(store, distribution), order)
    else:
        planned = plan.editions if plan else {}
        counted = {
            lang: dict.fromkeys(State, 0) | {_unbuilt(told): planned.get(lang, 0)} for lang in order
        }
    return {
        lang: {"audience": sum(counts.values()), "counts": {s.value: n for s, n in counts.items()}}
        for lang, counts in counted.items()
    }


def _causes(store: Store, distribution: str, states: bytes) -> dict[str, int]:
    """Why people were refused, most frequent first; read from what the servers said."""
    found: dict[str, int] = {}
    if not any(letter in states for letter in (b"f", b"d")):
        return found
    for ordinal, text in store.hash(f"err:{distribution}").items():
        if BY_LETTER.get(chr(states[int(ordinal)])) is State.FAILED:
            name = cause(0, text)
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _next_retry(store: Store, distribution: str, states: bytes) -> int:
    if b"d" not in states:
        return 0
    return min(store.scores(f"todo:{distribution}").values(), default=0)
