"""hold, clear, kill: stop a release or take it back, and tell exactly those who have it."""

import sys
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from distro.cli import output
from distro.cli.options import Config, Distribution, Json, Yes, actor, described, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from distro.flow.notices import Notice, PlannedNotice, Told
    from distro.installation.context import Installation
    from distro.model import DistributionId

P = TypeVar("P")

Note = Annotated[
    str,
    typer.Option(
        "--note", help="What happened, as readers will see it.", metavar="TEXT", show_default=False
    ),
]
_Until = Annotated[
    str,
    typer.Option(
        "--until",
        help='When you will write again: RFC 3339 or "2026-12-01 10:00 Europe/Zurich".',
        metavar="TIME",
        show_default=False,
    ),
]
BreakGlass = Annotated[
    str,
    typer.Option(
        "--break-glass",
        help="In an emergency: why its letters go out without approval. Marked for ever.",
        metavar="REASON",
        show_default=False,
    ),
]
_ASKS = {
    "hold": "Halt it and ask {people} to wait?",
    "clear": "Tell {people} that they may use it, and go on?",
    "kill": "Take it back for good and tell {people}?",
}
_WAITS = "{label} tells {people} when it is approved. Next: distro approve {label}"
_DONE = {
    "hold": (
        "{release} is on hold. {label} asks {people} to wait. Next: distro clear, correct or kill"
    ),
    "clear": "{release} may be used. {label} tells {people}. Next: distro watch {label}",
    "kill": "{release} is killed. {label} tells {people}. Next: distro report {label}",
}


def hold(
    distribution: Distribution,
    note: Note,
    until: _Until = "",
    break_glass: BreakGlass = "",
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Halt a release and ask exactly those who have it to wait. Ends by `clear`, `correct` or
    `kill`.

    Examples:

        distro hold D17 --note "We are checking the figure in the second paragraph."
        distro hold D17 --note "We are checking a quote." --until "2026-12-01 16:00"
    """
    from distro.flow.notices import Notice

    order = Notice(verb="hold", note=note, until=until, break_glass=break_glass, actor=actor())
    return _say(distribution, order, yes=yes, config=config, as_json=as_json)


def clear(
    distribution: Distribution,
    note: Note,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """End a hold: tell those who were asked to wait, and send the release to everyone else.

    Examples:

        distro clear D17 --note "The figure is right."
    """
    from distro.flow.notices import Notice

    order = Notice(verb="clear", note=note, actor=actor())
    return _say(distribution, order, yes=yes, config=config, as_json=as_json)


def kill(
    distribution: Distribution,
    note: Note,
    break_glass: BreakGlass = "",
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Take a release back: nothing more of it is sent, its pages close, and everyone who has it is
    told. Lists whom to ring.

    Examples:

        distro kill D17 --note "The report was withdrawn by its authors. Do not use it."
    """
    from distro.flow.notices import Notice

    order = Notice(verb="kill", note=note, break_glass=break_glass, actor=actor())
    return _say(distribution, order, yes=yes, config=config, as_json=as_json)


def _say(
    distribution: str, order: "Notice", *, yes: bool, config: "Path | None", as_json: bool
) -> int:
    from distro.flow import notices
    from distro.flow.as_json import told_json

    told = carry_out(
        distribution,
        config,
        lambda installation, number: notices.plan(installation, number, order),
        notices.send,
        None if yes or as_json else lambda planned: _wanted(order, planned),
    )
    if told is None:
        return 1
    if as_json:
        output.document(told_json(told))
        return 0
    people = output.count(told.audience, "reader")
    done = _DONE[order.verb] if told.state != "draft" else _WAITS
    output.say(done.format(release=told.release, label=told.distribution, people=people))
    return 0


def carry_out(
    distribution: str,
    config: "Path | None",
    plan: "Callable[[Installation, DistributionId], P]",
    send: "Callable[[Installation, P], Told]",
    wanted: "Callable[[P], bool] | None",
) -> "Told | None":
    """Plan an act about a release, ask on a terminal (`wanted`; None: nobody asks), do it, and wake
    the workers; None where it was not wanted.
    """
    from distro.cli.opening import open_installation
    from distro.queue.publish import Publisher
    from distro.store.distributions import find

    with open_installation(settings(config)) as installation:
        planned = plan(installation, find(installation.store, distribution))
        if wanted and sys.stdin.isatty() and not wanted(planned):
            output.say("Nothing was changed.")
            return None
        publisher = Publisher(installation)
        told = send(installation, planned)
        publisher.advance(told.id)
    return told


def _wanted(order: "Notice", planned: "PlannedNotice") -> bool:
    """Show what it would do, and ask."""
    output.say(f"{output.bold(planned.headline)}\n")
    output.say(f"  {planned.audience:,} have it and may be written to")
    if planned.waiting:
        later = {"hold": "wait", "clear": "get it now", "kill": "do not get it"}[order.verb]
        output.say(f"  {planned.waiting:,} do not have it yet, and {later}")
    output.say(f"\n  They read: {order.note}\n")
    people = output.count(planned.audience, "reader")
    return typer.confirm(_ASKS[order.verb].format(people=people), err=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (hold, clear, kill):
        described(app, command)
