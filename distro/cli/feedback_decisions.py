"""feedback: what staff decide about what came back: suggestions, storms, undo, reprocess."""

from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, actor, described, settings

if TYPE_CHECKING:
    from distro.incoming.suggestions import Suggestion

_Accept = Annotated[str, typer.Option("--accept", help="Carry it out.", metavar="ID")]
_Dismiss = Annotated[str, typer.Option("--dismiss", help="Drop it.", metavar="ID")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, no more.")]


def suggestions(
    accept: _Accept = "",
    dismiss: _Dismiss = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show what answers say of people (away until, has left, wants no mail), and decide.

    Examples:

        distro feedback suggestions
        distro feedback suggestions --accept 5d1c77aa
    """
    from distro.cli.opening import open_installation
    from distro.incoming import suggestions as told
    from distro.incoming.as_json import suggestion_json

    with open_installation(settings(config)) as installation:
        if accept:
            done = told.accept(installation, accept, source=actor())
            output.answer({"accepted": accept, "done": done}, f"{done}.", as_json=as_json)
            return 0
        if dismiss:
            told.dismiss(installation, dismiss, actor=actor())
            output.answer({"dismissed": dismiss}, f"{dismiss} is dropped.", as_json=as_json)
            return 0
        found = told.open_suggestions(installation)
        zone = installation.settings.site.timezone
    if as_json:
        output.document([suggestion_json(one, zone) for one in found])
        return 0
    if not found:
        output.say("No suggestions.")
        return 0
    for one in found:
        output.say(f"{one.name}   {one.address}   {_SUGGESTED[one.kind]}{_details(one)}")
        if one.words:
            output.say(f'          "{one.words[:140]}"')
    output.say("\nNext: distro feedback suggestions --accept ID, or --dismiss ID")
    return 0


_SUGGESTED = {
    "out_of_office": "is away",
    "has_left": "has left: no more mail",
    "removal": "seems to want no more mail",
    "seems_to_bounce": "seems to bounce, by a message that anybody could have written",
}


def _details(one: "Suggestion") -> str:
    until = f" until {one.back_on}: pause" if one.back_on else ""
    instead = f"; instead: {one.stand_in}" if one.stand_in else ""
    return until + instead


def storms(
    accept: _Accept = "",
    dismiss: _Dismiss = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show texts of one server that struck many addresses at once; what they would do is held.

    Examples:

        distro feedback storms
        distro feedback storms --dismiss 81b0c7f2d9aa     (the server was in trouble)
    """
    from distro.cli.opening import open_installation
    from distro.incoming import storms as struck
    from distro.incoming.as_json import storm_json

    with open_installation(settings(config)) as installation:
        if accept:
            people = struck.accept(installation, accept, actor=actor())
            words = f"{output.count(people, 'address', 'addresses')} will not be written to again."
            output.answer({"accepted": accept, "suppressed": people}, words, as_json=as_json)
            return 0
        if dismiss:
            struck.dismiss(installation, dismiss, actor=actor())
            words = "Nothing of it counts; the addresses stay good."
            output.answer({"dismissed": dismiss}, words, as_json=as_json)
            return 0
        found = struck.open_storms(installation)
        zone = installation.settings.site.timezone
    if as_json:
        output.document([storm_json(one, zone) for one in found])
        return 0
    if not found:
        output.say("No storms.")
    for one in found:
        struck_by = output.count(one.people, "address", "addresses")
        output.say(f"{one.name}   {struck_by}, {one.server}   {one.decided or 'held'}")
        output.say(f"    {one.said}")
    if any(not one.decided for one in found):
        output.say("\nNext: --dismiss ID if the server was in trouble, --accept ID if it is right")
    return 0


def undo(
    address: Annotated[str, typer.Argument(help="Whom to write to again.", metavar="ADDRESS")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept.", metavar="TEXT")] = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Take back a suppression that rests on a message of the last 28 days.

    Examples:

        distro feedback undo ana@daily.example --reason "she rang: the mailbox works"
    """
    from distro.cli.opening import open_installation
    from distro.incoming import address_book

    with open_installation(settings(config)) as installation:
        why = reason or "taken back by staff"
        who = address_book.undo(installation, address, why=why, actor=actor())
    output.answer(
        {"email": who.email, "suppressed": False},
        f"{who.email} may be written to again.",
        as_json=as_json,
    )
    return 0


def reprocess(
    since: Annotated[str, typer.Option("--since", help="A day: 2026-11-20.", metavar="DAY")],
    dry_run: _DryRun = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Judge again what was kept on this host, by the rules of today; the same rules change nothing.

    Examples:

        distro feedback reprocess --since 2026-11-20 --dry-run
    """
    from datetime import date

    from distro.cli.opening import open_installation
    from distro.errors import UsageError
    from distro.incoming import processing
    from distro.incoming.as_json import changed_json
    from distro.installation.rights import admit

    try:
        day = date.fromisoformat(since)
    except ValueError:
        raise UsageError(f'"{since}" is no day; write 2026-11-20') from None
    with open_installation(settings(config)) as installation:
        if not dry_run:
            admit(installation, actor(), "feedback", wanted=f"reprocess since {since}")
        changed = list(processing.reprocess(installation, day, dry_run=dry_run))
    if as_json:
        output.document([changed_json(one) for one in changed])
        return 0
    for one in changed:
        before = one.before.get("cause", "nothing")
        output.say(f"{one.message}   {before} -> {one.now['cause']} ({one.now['rule']})")
    verb = "would change" if dry_run else "changed"
    output.say(f"{output.count(len(changed), 'verdict')} {verb}.")
    return 0


def reports(
    days: Annotated[int, typer.Option("--days", help="So many days up to today.", min=1)] = 30,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show what receivers report of mail under your name (DMARC, TLS): who sends, who fails.

    Examples:

        distro feedback reports
        distro feedback reports --days 90 --json
    """
    from distro.cli.opening import open_installation
    from distro.incoming import our_name
    from distro.incoming.as_json import standing_json

    with open_installation(settings(config)) as installation:
        found = our_name.standings(installation, days)
    if as_json:
        output.document([standing_json(one) for one in found])
        return 0
    if not found:
        output.say("No reports yet. They come by mail once DNS asks for them (distro doctor).")
    for one in found:
        output.say(output.bold(one.domain) + f"   {days} days")
        told = f"{one.aligned:,} of {output.count(one.letters, 'letter')} align"
        output.say(
            f"  {100 * one.share:5.1f} %   {told}, reported by {', '.join(one.receivers[:6])}"
        )
        for address, letters in list(one.others.items())[:_SHOWN]:
            output.say(f"            {address:<40} {letters:>9,}   sends as you, does not align")
        if one.sessions or one.failures:
            output.say(f"  TLS       {output.count(one.sessions, 'session')} went well")
        for what, sessions in list(one.failures.items())[:_SHOWN]:
            output.say(f"            {what:<40} {sessions:>9,}   failed")
    return 0


_SHOWN = 10  # lines of one kind


def add_to(app: typer.Typer) -> None:
    """Put the commands into the tree."""
    for name, command in (
        ("suggestions", suggestions),
        ("storms", storms),
        ("undo", undo),
        ("reprocess", reprocess),
        ("reports", reports),
    ):
        described(app, command, name)
