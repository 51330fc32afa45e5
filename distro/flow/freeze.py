"""A distribution's audience is fixed and written down, its letters are compiled, its time comes.

Reserving is one script; asked again it returns the reservation that it made. Writing the audience
down goes in pieces
that anyone may resume: the order is a pure function of what was reserved. The last script flips the
state.
"""

import time

from distro import log
from distro.audience import frozen_order
from distro.audience.expression import parse
from distro.flow.audience_query import query_for, usual_audience
from distro.flow.concurrency import processes
from distro.flow.fault_halt import halt_for_fault
from distro.flow.throttle import groups_of
from distro.flow.wake import Wake
from distro.installation.context import Installation
from distro.lib import failpoints
from distro.mailing.compose import compile_all
from distro.model import Plan
from distro.store import audience_scripts as scripts
from distro.store import ledger_scripts
from distro.times import duration_ms

AHEAD_MS = 120_000  # an audience is frozen so long before a set time
_WAIT_MS = 300  # until a freeze that waits for another one is looked at again
_PIECE = 50_000  # recipients written down in one script call


def advance(installation: Installation, distribution: str) -> list[Wake]:
    """Look at a distribution that is due and do what its state asks for. What keeps it from going
    on halts it.
    """
    try:
        return _advance(installation, distribution)
    except Exception as error:  # noqa: BLE001 - a fault is told, and not tried for ever
        halt_for_fault(installation, distribution, "it cannot begin", error)
        return []


def _advance(installation: Installation, distribution: str) -> list[Wake]:
    told = installation.store.hash(f"dist:{distribution}")
    state, frozen = told.get("state", ""), "frozen_at" in told
    if state == "freezing" or (
        state == "scheduled"
        and not frozen
        and installation.store.now_ms() >= int(told["start_at"]) - AHEAD_MS
    ):
        return freeze(installation, distribution, told)
    if (
        state == "scheduled"
        and frozen
        and installation.store.call(
            ledger_scripts.start(distribution, time.time_ns() // 1_000_000, _stale_ms(installation))
        )
        == "ok"
    ):
        return delivery_wakes(installation, distribution)
    if state not in ("scheduled", "freezing", "halted"):
        installation.store.command("ZREM", "due", distribution)
    return []


def freeze(installation: Installation, distribution: str, told: dict[str, str]) -> list[Wake]:
    """Reserve, write down, compile, flip."""
    languages = told["order"].split()
    question = query_for(
        installation,
        told["release"],
        parse(told["expanded"]),
        languages,
        kind=told.get("kind", ""),
        no_fallback=bool(told.get("no_fallback")),
        again=bool(told.get("again")),
    )
    failpoints.point("reserve.before")
    reserved = installation.store.call(scripts.reserve(distribution, question))
    if reserved.plan is None:
        _not_reserved(installation, distribution, reserved)
        return []
    failpoints.point("reserve.after")
    plan = reserved.plan
    if plan.audience == 0:
        installation.store.call(
            scripts.frozen(
                distribution,
                0,
                b"",
                "cancelled",
                _nobody_left(installation, distribution, told["release"]),
            )
        )
        return []
    spans = _write_down(installation, distribution, languages)
    if spans is None:
        return []
    try:
        compile_all(installation, distribution, told)
    except Exception as error:  # noqa: BLE001 - a template's mistake, or ours
        halt_for_fault(installation, distribution, "the letter cannot be made", error)
        return []
    return _flip(installation, distribution, told, plan, spans)


def _not_reserved(
    installation: Installation, distribution: str, reserved: scripts.Reserved
) -> None:
    """Cancelled or halted meanwhile: nothing to do. Another one of the same release first; or
    another text than readers have.
    """
    if reserved.what == "wait":
        installation.store.command(
            "ZADD", "due", installation.store.now_ms() + _WAIT_MS, distribution
        )
    if reserved.what == "changed":
        installation.store.call(
            ledger_scripts.cancel(
                distribution,
                "",
                f"the {reserved.about} text is not the one that readers already have",
            )
        )


def _write_down(
    installation: Installation, distribution: str, languages: list[str]
) -> list[frozen_order.Span] | None:
    """Write the audience piece by piece; None if the distribution left `freezing` meanwhile."""
    reserved = {lang: installation.store.raw(f"res:{distribution}:{lang}") for lang in languages}
    everyone, spans = frozen_order.ordered(
        distribution, reserved, languages, groups_of(installation, distribution)
    )
    built = int(installation.store.hash(f"dist:{distribution}").get("built", 0))
    while built < len(everyone):
        ids = b"".join(i.to_bytes(4, "big") for i in everyone[built : built + _PIECE])
        failpoints.point("build")
        what, built = installation.store.call(scripts.build(distribution, built, ids))
        if what == "not_now":
            return None
    return spans


def _flip(
    installation: Installation,
    distribution: str,
    told: dict[str, str],
    plan: Plan,
    spans: list[frozen_order.Span],
) -> list[Wake]:
    """Hand out the batches; a guard may halt it here, before the first letter."""
    reason, guard = _guard(installation, plan, told)
    later = int(told["start_at"]) > installation.store.now_ms()
    state = "halted" if reason else "scheduled" if later else "sending"
    packed = frozen_order.batches(spans, installation.settings.worker.batch)
    failpoints.point("freeze.flip")
    flipped = installation.store.call(
        scripts.frozen(distribution, plan.audience, packed, state, reason, guard)
    )
    if flipped:
        log.get().info(
            "frozen", distribution=f"D{distribution}", audience=plan.audience, state=state
        )
    return delivery_wakes(installation, distribution) if flipped and state == "sending" else []


def _guard(installation: Installation, plan: Plan, told: dict[str, str]) -> tuple[str, str]:
    """Promise 11: an audience over ten times the usual stops by itself, and what is begun long
    after its time; gives why and the guard.
    """
    usual, limits = usual_audience(installation), installation.settings.limits
    if (
        not told.get("over:usual")
        and usual
        and plan.audience > limits.usual_least
        and plan.audience > usual * limits.usual_factor
    ):
        return (
            (
                f"{plan.audience:,} recipients are over {limits.usual_factor} times the usual"
                f" {usual:,}; `distro resume` if that is right"
            ),
            "usual",
        )
    late = installation.store.now_ms() - int(told["start_at"])
    if not told.get("over:stale") and late > _stale_ms(installation):
        return (
            (
                f"it was due {late // 60_000:,} minutes ago and nobody was there to start it; is it"
                " still news?"
            ),
            "stale",
        )
    return "", ""


def _stale_ms(installation: Installation) -> int:
    return duration_ms(installation.settings.limits.stale)


def _nobody_left(installation: Installation, distribution: str, slug: str) -> str:
    holders = [
        f"D{d}" for d in installation.store.elements(f"rel:{slug}:dists") if d != distribution
    ]
    return (
        f"nobody is left to get it; it is held by {', '.join(holders)}"
        if holders
        else "nobody is left to get it"
    )


def delivery_wakes(installation: Installation, distribution: str) -> list[Wake]:
    """One wake-up for every sending process; each takes what batches it can."""
    return [Wake(distribution, -1, deliver=True) for _ in range(processes(installation))]
