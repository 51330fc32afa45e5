"""Freeze a distribution: fix its audience and write it down, compile its letters, and start it when
its time comes.

Reserving is one script; asked again it returns the reservation that it made. Writing the audience
down goes in pieces that anyone may resume: the order is a pure function of what was reserved. The
last script flips the state.
"""

import time
from collections.abc import Mapping

from distro import log
from distro.audience import frozen_order
from distro.flow.approval import still_approved
from distro.flow.audience_query import too_large, usual_audience
from distro.flow.concurrency import processes
from distro.flow.fault_halt import halt_for_fault
from distro.flow.holders import Held, holders_for, still_sending, threads_to
from distro.flow.selection import query_of
from distro.flow.throttle import groups_of
from distro.flow.wake import Wake
from distro.installation.context import Installation
from distro.lib import failpoints
from distro.mailing.compose import compile_all, date_letters
from distro.model import DistributionId, DistributionState, Plan
from distro.store import audience_scripts as scripts
from distro.store import distributions, embargoes, keys, ledger_scripts
from distro.store.distribution import Distribution
from distro.store.records import pack_ids
from distro.times import duration_ms

AHEAD_MS = 120_000  # an audience is frozen so long before a set time
_WAIT_MS = 300  # until a freeze that waits for another one is looked at again
_PIECE = 50_000  # recipients written down in one script call


def advance(installation: Installation, distribution: DistributionId) -> list[Wake]:
    """Look at a distribution that is due and do what its state asks for. What keeps it from going
    on halts it.
    """
    try:
        return _advance(installation, distribution)
    except Exception as error:  # noqa: BLE001 - a fault is told, and not tried for ever
        halt_for_fault(installation, distribution, "it cannot begin", error)
        return []


def _advance(installation: Installation, distribution: DistributionId) -> list[Wake]:
    store = installation.store
    found = distributions.get(store, distribution)
    if found is None:
        distributions.not_due(store, distribution)
        return []
    match found.state:
        case DistributionState.FREEZING:
            return freeze(installation, found)
        case DistributionState.SCHEDULED if not found.frozen:
            if store.now_ms() >= found.start_ms - AHEAD_MS:
                return freeze(installation, found)
        case DistributionState.SCHEDULED:
            now, stale = time.time_ns() // 1_000_000, _stale_ms(installation)
            if store.call(ledger_scripts.start(distribution, now, stale)) == "ok":
                return delivery_wakes(installation, distribution)
        case DistributionState.HALTED:
            pass
        case _:
            distributions.not_due(store, distribution)
    return []


def freeze(installation: Installation, found: Distribution) -> list[Wake]:
    """Reserve the audience, write it down, compile the letters, change the state."""
    store = installation.store
    if found.sources and found.kind != "kill" and still_sending(store, found.sources):
        distributions.look_again(store, found.id, _WAIT_MS)
        return []
    if found.state is DistributionState.SCHEDULED and not still_approved(installation, found):
        return []
    held = holders_for(store, found) if found.sources else {}
    query = query_of(installation, found, held)
    failpoints.point("reserve.before")
    reserved = store.call(scripts.reserve(found.id, query))
    plan = reserved.plan
    if plan is None:
        _not_reserved(installation, found.id, reserved)
        return []
    failpoints.point("reserve.after")
    try:
        if plan.audience or found.sources:  # its page is shown although nobody is written to
            compile_all(installation, found)
        if plan.audience and found.at_once:
            date_letters(installation, found)
    except Exception as error:  # noqa: BLE001 - a template's mistake, or ours
        halt_for_fault(installation, found.id, "the letter cannot be made", error)
        return []
    if plan.audience == 0:
        why = _nobody_left(installation, found)
        store.call(scripts.frozen(found.id, 0, b"", DistributionState.CANCELLED, why))
        return []
    spans = _write_down(installation, found, held)
    if spans is None:
        return []
    return _flip(installation, found, plan, spans)


def _not_reserved(
    installation: Installation, distribution: DistributionId, reserved: scripts.Reserved
) -> None:
    """Look again later if another distribution of the release is freezing; cancel a changed text.

    Nothing to do where this one was cancelled or halted meanwhile.
    """
    if reserved.what == "wait":
        distributions.look_again(installation.store, distribution, _WAIT_MS)
    if reserved.what == "changed":
        installation.store.call(
            ledger_scripts.cancel(
                distribution,
                "",
                f"the {reserved.about} text is not the one that readers already have",
            )
        )


def _write_down(
    installation: Installation, found: Distribution, held: Mapping[int, Held]
) -> list[frozen_order.Span] | None:
    """Write the audience piece by piece; None if the distribution left `freezing` meanwhile."""
    store = installation.store
    reserved = {lang: store.raw(keys.reserved(found.id, lang)) for lang in found.languages}
    everyone, spans = frozen_order.ordered(
        found.id,
        reserved,
        found.languages,
        groups_of(installation, found),
        embargoes.trusted_readers(store, found.id) if found.tiered else b"",
    )
    built = found.built
    while built < len(everyone):
        failpoints.point("build")
        piece = everyone[built : built + _PIECE]
        threads = threads_to(piece, held) if found.note else b""
        what, built = store.call(scripts.build(found.id, built, pack_ids(piece), threads))
        if what == "not_now":
            return None
    return spans


def _flip(
    installation: Installation, found: Distribution, plan: Plan, spans: list[frozen_order.Span]
) -> list[Wake]:
    """Hand out the batches; a guard may halt the distribution here, before the first letter."""
    reason, guard = _guard(installation, plan, found)
    if reason:
        state = DistributionState.HALTED
    elif found.start_ms > installation.store.now_ms():
        state = DistributionState.SCHEDULED
    else:
        state = DistributionState.SENDING
    packed = frozen_order.batches(spans, installation.settings.worker.batch)
    failpoints.point("freeze.flip")
    flipped = installation.store.call(
        scripts.frozen(found.id, plan.audience, packed, state, reason, guard)
    )
    if flipped:
        log.get().info("frozen", distribution=found.label, audience=plan.audience, state=str(state))
    sends = flipped and state is DistributionState.SENDING
    return delivery_wakes(installation, found.id) if sends else []


def _guard(installation: Installation, plan: Plan, found: Distribution) -> tuple[str, str]:
    """Return why the distribution halts by itself and the guard's name; "", "" where it does not.

    Two guards (DESIGN: promise 11): an audience far over the usual, and a start long after its
    time.
    """
    usual = usual_audience(installation)
    if "usual" not in found.overridden and too_large(installation, plan.audience, usual):
        factor = installation.settings.limits.usual_factor
        why = f"{plan.audience:,} recipients are over {factor} times the usual {usual:,};"
        return f"{why} `distro resume` if that is right", "usual"
    late = installation.store.now_ms() - found.start_ms
    if "stale" not in found.overridden and late > _stale_ms(installation):
        why = f"it was due {late // 60_000:,} minutes ago and nobody was there to start it;"
        return f"{why} is it still news?", "stale"
    return "", ""


def _stale_ms(installation: Installation) -> int:
    return duration_ms(installation.settings.limits.stale)


def _nobody_left(installation: Installation, found: Distribution) -> str:
    if found.note:
        return "nobody who may be written to holds the earlier text"
    mine = distributions.of_release(installation.store, found.release)
    holders = [d.label for d in mine if d != found.id]
    return (
        f"nobody is left to get it; it is held by {', '.join(holders)}"
        if holders
        else "nobody is left to get it"
    )


def delivery_wakes(installation: Installation, distribution: DistributionId) -> list[Wake]:
    """Return one wake-up for every sending process; each takes what batches it can."""
    return [Wake(distribution, -1, deliver=True) for _ in range(processes(installation))]
