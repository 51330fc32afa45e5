"""plan, submit: who would get a release, and send it to them."""

import sys
from typing import TYPE_CHECKING

import typer

from distro.cli import output
from distro.cli.options import (
    AsNew,
    At,
    Config,
    Files,
    IdempotencyKey,
    Json,
    NoFallback,
    NoGrace,
    Now,
    To,
    Yes,
    actor,
    described,
    reads_documents,
    settings,
)
from distro.cli.release_files import show_files, show_problems
from distro.errors import UsageError
from distro.readings import UNDECIDED, Choices

if TYPE_CHECKING:
    from distro.flow.submission import Accepted, Order, Planned
    from distro.installation.context import Installation
    from distro.settings.load import Settings


@reads_documents
def plan(
    files: Files,
    to: To,
    at: At = "",
    no_fallback: NoFallback = False,
    as_new: AsNew = False,
    config: Config = None,
    as_json: Json = False,
    choices: Choices = UNDECIDED,
) -> int:
    r"""Show who would get a release, in which language, who would not and why. Sends nothing.

    Examples:

        distro plan release.md --to journalists
        distro plan release.en.md release.fr.md \
            --to "journalists and country:CH" --at "2026-12-01 10:00 Europe/Zurich"
    """
    from distro.cli.opening import open_installation
    from distro.flow import submission
    from distro.flow.as_json import planned_json

    order = submission.Order(
        files=files,
        to=to,
        at=at,
        as_new=as_new,
        no_fallback=no_fallback,
        actor=actor(),
        choices=choices,
    )
    with open_installation(settings(config)) as installation:
        planned = submission.plan(installation, order)
    if as_json:
        output.document(planned_json(planned))
        return 0
    _show_who(planned)
    names = " ".join(map(str, files))
    output.say(
        f'Nothing was sent. Next: distro submit {names} --to "{to}" --now'
        if planned.plan.audience
        else "Nothing was sent, and nobody is left to send it to."
    )
    return 0


@reads_documents
def submit(
    files: Files,
    to: To,
    at: At = "",
    now: Now = False,
    idempotency_key: IdempotencyKey = "",
    as_new: AsNew = False,
    no_fallback: NoFallback = False,
    no_grace: NoGrace = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
    choices: Choices = UNDECIDED,
) -> int:
    r"""Send a release to everyone who should have it, now or at a set time; on a terminal, show the
    plan first, and ask.

    The release is stored and queued; workers do the rest. Readers who have it already do not get it
    again.

    Examples:

        distro submit release.md --to journalists --now
        distro submit release.en.md release.fr.md \
            --to "journalists or partners" --at "2026-12-01 10:00 Europe/Zurich"
    """
    from dataclasses import replace

    from distro.flow.as_json import accepted_json
    from distro.flow.submission import Order
    from distro.times import duration_ms

    if bool(at) == now:
        raise UsageError("say when: --now, or --at TIME", code="when_missing")
    order = Order(
        files=files,
        to=to,
        at=at,
        # No key of the API's or the pages' can be typed here.
        idempotency_key=f"cli:{idempotency_key}" if idempotency_key else "",
        as_new=as_new,
        no_fallback=no_fallback,
        actor=actor(),
        choices=choices,
    )
    found = settings(config)
    asks = sys.stdin.isatty() and not yes and not as_json
    if now and asks and not no_grace:
        order = replace(order, grace_ms=duration_ms(found.limits.grace))
    accepted, warnings = _send(found, order, asks=asks)
    if accepted is None:
        output.say("Nothing was sent.")
        return 0
    if as_json:
        output.document(accepted_json(accepted))
    else:
        _show_accepted(accepted, shown=asks)
    for warning in warnings:
        output.note(warning)
    return 0 if as_json else _wait(found, accepted, order.grace_ms // 1000)


def _wait(found: "Settings", accepted: "Accepted", grace: int) -> int:
    """Leave some seconds for second thoughts, and say what to type next."""
    waits = grace and accepted.state == "scheduled"
    if waits and not _second_thoughts(found, accepted, grace):
        return 1
    verb = "approve" if accepted.state == "draft" else "report"
    output.say(f"Next: distro {verb} {accepted.distribution}")
    return 0


def _second_thoughts(found: "Settings", accepted: "Accepted", seconds: int) -> bool:
    """Count down to the first letter; Ctrl-C cancels it, and nobody gets anything."""
    import time

    from distro.cli.opening import open_installation
    from distro.flow.orders import cancel

    try:
        for left in range(seconds, 0, -1):
            print(f"\r  The first letter leaves in {left} s. Ctrl-C stops it. ", end="", flush=True)
            time.sleep(1)
    except KeyboardInterrupt:
        output.say()
        with open_installation(found) as installation:
            cancel(installation, accepted.id, actor=actor(), reason="in the grace period")
        output.say(f"{accepted.distribution} is cancelled: nobody got it.")
        return False
    output.say()
    return True


def _send(found: "Settings", order: "Order", *, asks: bool) -> tuple["Accepted | None", list[str]]:
    """Plan once, ask where somebody can answer, and send what was planned."""
    from distro.cli.opening import open_installation
    from distro.flow import submission
    from distro.queue.publish import Publisher

    with open_installation(found) as installation:
        planned = submission.plan(installation, order)
        if asks and not _wanted(planned):
            return None, []
        publisher = Publisher(installation)
        accepted = submission.accept(installation, planned)
        publisher.advance(accepted.id)
        return accepted, _warnings(installation, accepted)


def _wanted(planned: "Planned") -> bool:
    """Show who would get it, and ask."""
    _show_who(planned)
    if not planned.plan.audience:
        return True  # it is refused with the reason
    at = planned.order.at
    return typer.confirm(
        f"{'Schedule it for ' + at if at else 'Send it now'}:"
        f" {output.count(planned.plan.audience, 'recipient')}?"
    )


def _warnings(installation: "Installation", accepted: "Accepted") -> list[str]:
    """Return what somebody who has just submitted should know."""
    from distro.admin.reachable import relay_trouble
    from distro.flow import submission
    from distro.installation import running_parts
    from distro.installation.context import is_up

    found = installation.settings
    warnings = [
        f"warning: {other} of the same release is waiting too, for {output.clock(due)}"
        f" ({found.site.timezone}). Whoever is in both gets it once, from the earlier. Not"
        f" meant? distro cancel {other}"
        for other, due in submission.also_waiting(installation, accepted)
    ]
    older = running_parts.warning(installation)
    trouble = relay_trouble(found)
    if older:
        warnings.append(f"warning: {older}")
    if trouble:
        warnings.append(f"warning: {trouble}")
        warnings.append(
            f"       The release is safe: all {accepted.audience:,} wait as queued, and workers try"
            " the relay again every 30 s."
        )
    if found.embedded and not is_up(found.data):
        warnings.append("warning: no worker runs here. Start one: distro up")
    return warnings


def _show_accepted(accepted: "Accepted", *, shown: bool) -> None:
    """Show what was submitted; `shown`: the plan stands on the screen already."""
    at = accepted.planned.order.at or "as soon as a worker takes it"
    what = f"{output.count(accepted.audience, 'recipient')}, {at}"
    if accepted.again:
        what = "was submitted before under this key"
    output.say(f"{accepted.release} → {accepted.distribution}   {what}")
    if not shown:
        _warn_similar(accepted.planned)
        show_files(accepted.planned.release.editions)


def _show_who(planned: "Planned") -> None:
    """Show how many match, are left out and why, and get which edition."""
    release, found = planned.release, planned.plan
    output.say(
        f"{output.bold(release.headline)} ({release.kind.replace('-', ' ')},"
        f" {' '.join(release.languages)})\n"
    )
    out = sum(found.left_out.values())
    width = len(f"{found.matched:,}")
    output.say(f"  {found.matched:>{width},} people match   {planned.expression}")
    if out:
        verb = "is" if out == 1 else "are"
        output.say(f"  {out:>{width},} {verb} left out   {output.reasons(found.left_out)}")
    output.say(f"  {found.audience:>{width},} will get it    {_by_language(planned)}\n")
    if planned.trusted:
        _show_tiers(planned)
    show_files(release.editions)
    if planned.seconds >= 1:
        output.say(f"  About {planned.seconds:,.0f} s at the pace of the last sending.")
    if planned.too_large:
        output.say(
            f"  warning  {found.audience:,} is over ten times the usual {planned.usual:,}: it will"
            " halt before the first letter until `distro resume`"
        )
    _warn_similar(planned)
    show_problems([p for p in planned.problems if p.line])


def _show_tiers(planned: "Planned") -> None:
    """Show who has it before its embargo is over, and when everyone else gets it."""
    from distro.times import rfc3339

    found = planned.plan
    lift = output.clock(rfc3339(planned.lift_ms, planned.zone))
    when = planned.order.at or "now"
    output.say(f"  {found.trusted:,} on {planned.trusted}   {when}, under embargo")
    output.say(
        f"  {found.audience - found.trusted:,} others   at the lift, {lift} ({planned.zone})\n"
    )


def _by_language(planned: "Planned") -> str:
    """Return how many get which edition: 1,204 English · 310 French (12 of them by fallback)."""
    found, parts = planned.plan, []
    for lang in planned.release.languages:
        people, fallback = found.editions.get(lang, 0), found.fallback.get(lang, 0)
        if people:
            by_fallback = f" ({fallback:,} of them by fallback)" if fallback else ""
            parts.append(f"{people:,} {output.language(lang)}{by_fallback}")
    return " · ".join(parts)


def _warn_similar(planned: "Planned") -> None:
    """Say that whoever has the earlier text gets this one too."""
    if planned.before:
        output.note(
            f"warning: nearly the same text went out as {planned.before.distribution}:"
            f" {planned.before.headline}"
        )
        output.note(
            "       Whoever has that gets this too. Only for the rest: put `id:"
            f" {planned.before.release}` on top, and send the text that went out."
        )


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (plan, submit):
        described(app, command)
