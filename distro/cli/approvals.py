"""approve, reject: another person's yes or no to what would go out."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.control import Reason
from distro.cli.options import Config, Distribution, Json, Yes, actor, described, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from distro.flow.approval import Draft

_Whole = Annotated[
    bool, typer.Option("--whole", help="Show the whole letter, not only its beginning.")
]
_LINES = 12  # of a letter, unless --whole


def approve(
    distribution: Distribution,
    whole: _Whole = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show a draft, and approve it. What goes out is exactly what is shown; any change voids it.

    Needs a token: DISTRO_TOKEN, or `distro login`. Whoever submitted it cannot approve it.

    Examples:

        distro approve D17
        DISTRO_TOKEN=… distro approve D17 --yes
    """
    from distro.cli.opening import open_installation
    from distro.flow import approval
    from distro.queue.publish import Publisher
    from distro.store.distributions import find, read

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        person = approval.person_of(installation, actor())
        shown = approval.drafts(installation, number, person)
        for draft in shown if not as_json else ():
            _show(draft, whole=whole)
        asks = sys.stdin.isatty() and not yes and not as_json
        if asks and not typer.confirm(f"Approve it as {person}?", err=True):
            output.say("Nothing was changed.")
            return 1
        publisher = Publisher(installation)
        state = approval.approve(installation, shown, actor=actor())
        publisher.advance(number)
        found = read(installation.store, number)
    if as_json:
        output.document(
            {
                "release": found.release,
                "distribution": found.label,
                "state": state,
                "approvals": len(found.approvals),
            }
        )
        return 0
    missing = found.required - len(found.approvals)
    done = f"{found.label} is approved by {person}"
    output.say(f"{done}; {missing} more to go." if missing > 0 else f"{done}: {state}.")
    output.say(f"Next: distro report {found.label}")
    return 0


def reject(
    distribution: Distribution, reason: Reason = "", config: Config = None, as_json: Json = False
) -> int:
    """Say no to a draft, with the reason; it stays a draft.

    Examples:

        distro reject D17 --reason "The second quote is not cleared."
    """
    from distro.cli.opening import open_installation
    from distro.flow import approval
    from distro.store.distributions import find

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        approval.reject(installation, number, actor=actor(), reason=reason)
    output.answer(
        {"distribution": number.label, "state": "draft"},
        f"{number.label} is rejected: nothing of it is sent.",
        as_json=as_json,
    )
    return 0


def _in(language: str, editions: "Mapping[str, int]") -> str:
    return f"{editions.get(language, 0):,} {output.language(language)}"


def _when(draft: "Draft") -> str:
    """Return who gets it when: at once or at a time, and under embargo before others."""
    from distro.times import rfc3339

    found, plan = draft.found, draft.plan
    start = "at once" if found.at_once else output.clock(rfc3339(found.start_ms, draft.zone))
    if not found.tiered:
        return start
    lift = output.clock(rfc3339(found.lift_ms, draft.zone))
    others = plan.audience - plan.trusted
    return f"{plan.trusted:,} on {found.trusted} {start}, under embargo; {others:,} on {lift}"


def _show(draft: "Draft", *, whole: bool) -> None:
    """Show what would go out, to how many, and what changed since."""
    from distro.flow.approval import text_of

    found, plan = draft.found, draft.plan
    output.say(f"{output.bold(found.headline)} ({found.kind.replace('-', ' ')}, {found.label})\n")
    output.pairs(
        [
            ("to", f"{output.count(plan.audience, 'reader')}   {found.expression}"),
            ("in", " · ".join(_in(lang, plan.editions) for lang in found.languages)),
            ("when", _when(draft)),
            ("some of them", ", ".join(draft.some)),
            ("submitted by", found.actor),
            ("what it says", draft.digest[:16]),
        ]
    )
    for language, letter in draft.letters.items():
        lines = text_of(letter).splitlines()
        output.say(f"\n  {output.language(language)}: {letter.subject}\n")
        for line in lines if whole else lines[:_LINES]:
            output.say(f"    {line}".rstrip())
        if not whole and len(lines) > _LINES:
            output.say(f"    … {len(lines) - _LINES} more lines: --whole")
    if draft.changes:
        output.say("\n  Since you looked last:\n")
        for line in draft.changes:
            output.say(f"    {line}")
    output.say()


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (approve, reject):
        described(app, command)
