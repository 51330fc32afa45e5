"""correct, update: another text to those who have a release, and to those who were to get it."""

from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.notices import BreakGlass, Note, carry_out
from distro.cli.options import (
    Config,
    Distribution,
    Files,
    Json,
    To,
    Yes,
    actor,
    described,
    reads_documents,
)
from distro.errors import UsageError
from distro.readings import UNDECIDED, Choices

if TYPE_CHECKING:
    from pathlib import Path

    from distro.flow.corrections import Correction, PlannedCorrection
    from distro.flow.notices import Told

_Class = Annotated[
    str,
    typer.Option(
        "--class",
        help="corrected: an error of fact; refile: a slip, for which nobody is written to.",
        metavar="corrected|refile",
    ),
]
_Tell = Annotated[
    bool, typer.Option("--tell", help="Of a refile: write to those who have it all the same.")
]
_ItSaid = Annotated[
    str,
    typer.Option("--it-said", help="The wrong words.", metavar="TEXT", show_default=False),
]
_ItShouldSay = Annotated[
    str,
    typer.Option("--it-should-say", help="The right words.", metavar="TEXT", show_default=False),
]
_Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        help="The error stands in this language alone; may be repeated.",
        metavar="LANG",
        show_default=False,
    ),
]
_IncludeNew = Annotated[
    bool,
    typer.Option("--include-new", help="Also to those who match only now."),
]


@reads_documents
def correct(
    distribution: Distribution,
    files: Files,
    note: Note,
    change: _Class = "corrected",
    it_said: _ItSaid = "",
    it_should_say: _ItShouldSay = "",
    only: _Only = None,
    include_new: _IncludeNew = False,
    tell: _Tell = False,
    break_glass: BreakGlass = "",
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
    choices: Choices = UNDECIDED,
) -> int:
    r"""Correct a release: nothing more of the earlier text is sent; a note with the corrected text
    goes to exactly those who have it, the corrected text alone to those who do not.

    Examples:

        distro correct D17 release.md --note "The figure is 3 per cent, not 14."
        distro correct D17 release.md --note "The figure is 3 per cent, not 14." \
            --it-said "fell by 14 per cent" --it-should-say "fell by 3 per cent"
        distro correct D17 release.fr.md --only fr --note "Le chiffre est 3 %."
    """
    from distro.flow.corrections import Correction

    if change not in ("corrected", "refile"):
        raise UsageError(
            f'there is no class "{change}"', hint="--class corrected, or --class refile"
        )
    order = Correction(
        files=files,
        note=note,
        it_said=it_said,
        it_should_say=it_should_say,
        only=tuple(only or ()),
        include_new=include_new,
        tell=tell or change != "refile",
        break_glass=break_glass,
        actor=actor(),
        choices=choices,
    )
    return _send(distribution, order, yes=yes, config=config, as_json=as_json)


@reads_documents
def update(
    distribution: Distribution,
    files: Files,
    to: To,
    note: Note = "This text is newer than the one you have.",
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
    choices: Choices = UNDECIDED,
) -> int:
    """Send a newer text of a release: to those who have the earlier one, and to those who match
    now. The earlier one is not sent any more.

    Examples:

        distro update D17 evening.md --to journalists --note "With the figures of this evening."
    """
    from distro.flow.corrections import Correction

    order = Correction(files=files, note=note, verb="update", to=to, actor=actor(), choices=choices)
    return _send(distribution, order, yes=yes, config=config, as_json=as_json)


def _send(
    distribution: str, order: "Correction", *, yes: bool, config: "Path | None", as_json: bool
) -> int:
    from distro.flow import corrections
    from distro.flow.as_json import told_json

    told = carry_out(
        distribution,
        config,
        lambda installation, number: corrections.plan(installation, number, order),
        corrections.send,
        None if yes or as_json else lambda planned: _wanted(order, planned),
    )
    if told is None:
        return 1
    if as_json:
        output.document(told_json(told) | {"rest": told.rest})
    else:
        _show(order, told)
    return 0


def _wanted(order: "Correction", planned: "PlannedCorrection") -> bool:
    """Show what it would do, and ask."""
    output.say(f"{output.bold(planned.headline)}\n")
    if order.tell:
        output.say(f"  {planned.audience:,} have the earlier text: they get this one with the note")
    output.say(f"  {planned.unreached:,} do not have it: they get this one alone")
    output.say(f"\n  The note: {order.note}\n")
    return typer.confirm("Halt the earlier text now and send this?", err=True)


def _show(order: "Correction", told: "Told") -> None:
    output.say(f"Nothing more of the earlier text of {told.release} is sent.")
    if order.tell:
        people = output.count(told.audience, "reader")
        output.say(f"{told.distribution} tells {people} who have it.")
    if told.rest:
        output.say(f"{told.rest} goes to those who do not have it.")
    verb = "approve" if told.state == "draft" else "report"
    output.say(f"Next: distro {verb} {told.distribution}")


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (correct, update):
        described(app, command)
