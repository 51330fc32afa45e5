"""subscribers show, add, edit, suppress, erase, history …: one person."""

import sys
from typing import Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, Yes, actor, described, settings

_Address = Annotated[
    str, typer.Argument(help="The person's address.", metavar="ADDRESS", show_default=False)
]
_Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        help='A column: --set "outlet=The Daily"; an empty value removes it.',
        metavar="COLUMN=VALUE",
        show_default=False,
    ),
]
_Create = Annotated[
    bool,
    typer.Option(
        "--create",
        help="Create the column or list although one with a similar name exists.",
    ),
]
_Reason = Annotated[
    str, typer.Option("--reason", help="Why; kept on record.", metavar="TEXT", show_default=False)
]


def show_one(address: _Address, config: Config = None, as_json: Json = False) -> int:
    """Show what the book says about a person.

    Examples:

        distro subscribers show ana@daily.example
    """
    from distro.audience.book import person
    from distro.cli.opening import open_installation
    from distro.store.consents import refusals
    from distro.subscribers.personal_data import history

    found = settings(config)
    with open_installation(found) as installation:
        who = person(installation.store, address)
        facts, refused = history(installation, who), refusals(installation.store, who.id)
    columns = {k: list(v) for k, v in who.columns.items() if not k.startswith("_")}
    if as_json:
        output.document(
            {
                "email": who.email,
                "columns": columns,
                "may_be_written_to": not refused,
                "refused": refused,
                "consent": [f.act for f in facts],
            }
        )
        return 0
    output.say(who.email + "\n")
    output.pairs(
        [
            (column, "; ".join(values))
            for column, values in sorted(columns.items())
            if column not in ("domain", "provider")
        ]
    )
    output.say(
        f"\n  {'may not be written to: ' + ', '.join(refused) if refused else 'may be written to'}"
    )
    return 0


_ListName = Annotated[
    list[str],
    typer.Option(
        "--list",
        help="A list to join; repeat it for several.",
        metavar="NAME",
        show_default=False,
    ),
]
_Basis = Annotated[
    str,
    typer.Option("--basis", help='How they agreed: "asked by telephone".', metavar="TEXT"),
]


def add(
    address: _Address,
    list_name: _ListName,
    values: _Set = [],  # noqa: B006 - Typer makes a new list for each call
    basis: _Basis = "",
    create: _Create = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    r"""Add one person to the book.

    Examples:

        distro subscribers add ana@daily.example --list journalists \
            --set name="Ana Ruiz" --set language=es --basis "asked by telephone"
    """
    from distro.audience.segments import check_new
    from distro.cli.opening import open_installation
    from distro.subscribers import people

    columns, lists = _columns(values), _names(list_name)
    with open_installation(settings(config)) as installation:
        if not create:
            check_new(installation.store, columns, lists)
        who = people.add(installation, address, lists, columns, source=actor(), basis=basis)
    output.answer(
        {"email": who.email, "lists": list(who.columns.get("lists", ()))},
        f"{who.email} is in the book, on {', '.join(who.columns.get('lists', ()))}.",
        as_json=as_json,
    )
    return 0


_Join = Annotated[
    list[str],
    typer.Option("--join", help="Add them to a list.", metavar="NAME", show_default=False),
]
_Leave = Annotated[
    list[str],
    typer.Option("--leave", help="Remove them from a list.", metavar="NAME", show_default=False),
]
_MoveTo = Annotated[
    str,
    typer.Option(
        "--move-to",
        help="Their new address; the person and their consent stay the same.",
        metavar="ADDRESS",
    ),
]


def edit(
    address: _Address,
    values: _Set = [],  # noqa: B006 - Typer makes a new list
    join: _Join = [],  # noqa: B006
    leave: _Leave = [],  # noqa: B006
    move_to: _MoveTo = "",
    create: _Create = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Change columns, lists or the address of one person.

    Examples:

        distro subscribers edit ana@daily.example --set "outlet=The Weekly" --leave partners
        distro subscribers edit ana@daily.example --move-to ana@weekly.example
    """
    from distro.audience import book
    from distro.audience.segments import check_new
    from distro.cli.opening import open_installation
    from distro.errors import UsageError
    from distro.subscribers import people

    columns, joined = _columns(values), _names(join)
    if not (columns or join or leave or move_to):
        raise UsageError(
            "there is nothing to change",
            hint="Say what: --set COLUMN=VALUE, --join NAME, --leave NAME or --move-to ADDRESS.",
        )
    with open_installation(settings(config)) as installation:
        who = book.person(installation.store, address)
        if not create:
            check_new(installation.store, columns, joined)
        if columns or join or leave:
            who = people.edit(
                installation, address, columns, join=joined, leave=_names(leave), source=actor()
            )
        if move_to:
            who = people.move(installation, who.email, move_to, source=actor())
    output.answer(
        {
            "email": who.email,
            "columns": {k: list(v) for k, v in who.columns.items() if not k.startswith("_")},
        },
        f"{who.email} is changed.",
        as_json=as_json,
    )
    return 0


def unsubscribe(
    address: _Address, yes: Yes = False, config: Config = None, as_json: Json = False
) -> int:
    """Stop all mail to an address, as its owner asked (by telephone, say). Only the owner can undo
    it.

    Examples:

        distro subscribers unsubscribe ana@daily.example --yes
    """
    from distro.cli.opening import open_installation
    from distro.subscribers.opt_outs import unsubscribe as stop_mail

    if not _sure(f"Stop all mail to {address}?", yes=yes):
        return 1
    with open_installation(settings(config)) as installation:
        who = stop_mail(installation, address, source=actor())
    output.answer(
        {"email": who.email, "unsubscribed": True},
        f"{who.email} will not be written to again.",
        as_json=as_json,
    )
    return 0


_Lift = Annotated[
    bool, typer.Option("--lift", help="Lift a suppression; a person's own opt-out stays.")
]


def suppress(
    address: _Address,
    reason: _Reason,
    lift: _Lift = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Suppress an address, in the book or not (it bounces, a lawyer wrote); --lift allows mail
    again.

    Examples:

        distro subscribers suppress ana@daily.example --reason "letter of her lawyer, 3 November"
        distro subscribers suppress ana@daily.example --lift --reason "mailbox works again"
    """
    from distro.cli.opening import open_installation
    from distro.subscribers import opt_outs

    with open_installation(settings(config)) as installation:
        (opt_outs.lift if lift else opt_outs.suppress)(
            installation, address, reason, source=actor()
        )
    output.answer(
        {"email": address, "suppressed": not lift},
        f"{address} {'may be written to again.' if lift else 'will not be written to.'}",
        as_json=as_json,
    )
    return 0


def erase(address: _Address, yes: Yes = False, config: Config = None, as_json: Json = False) -> int:
    """Erase a person who asked for it. Only a keyed hash is kept, so that no import brings them
    back.

    Examples:

        distro subscribers erase ana@daily.example --yes
    """
    from distro.cli.opening import open_installation
    from distro.subscribers import erasure, people

    if not _sure(f"Forget {address} for ever?", yes=yes):
        return 1
    with open_installation(settings(config)) as installation:
        people.erase(installation, address, source=actor())
        erasure.rewrite_log(installation)
    output.answer(
        {"email": address, "erased": True},
        f"{address} is forgotten. A later import of it will be refused.\nBackups made before"
        " still know it; a restore erases it again.",
        as_json=as_json,
    )
    return 0


def history(address: _Address, config: Config = None, as_json: Json = False) -> int:
    """Show what a person agreed to or asked for, when, and how we know.

    Examples:

        distro subscribers history ana@daily.example
    """
    from distro.audience import book
    from distro.cli.opening import open_installation
    from distro.subscribers import personal_data
    from distro.times import from_ms, rfc3339

    found = settings(config)
    zone = found.site.timezone
    with open_installation(found) as installation:
        who = book.person(installation.store, address)
        facts = personal_data.history(installation, who)
    if as_json:
        output.document(
            [
                {"at": rfc3339(f.at, zone), "act": f.act, "source": f.source, "detail": f.detail}
                for f in facts
            ]
        )
        return 0
    output.say(f"{who.email}\n")
    for fact in facts:
        till = f" until {from_ms(fact.till, zone):%d %B %Y}" if fact.till else ""
        detail = f": {fact.detail}" if fact.detail else ""
        output.say(
            f"  {from_ms(fact.at, zone):%d %b %Y %H:%M}  "
            f" {fact.act.replace('_', ' ')}{till}{detail}   ({fact.source})"
        )
    if not facts:
        output.say("  nothing is on record")
    return 0


def _columns(values: list[str]) -> dict[str, str]:
    from distro.audience.columns import plain
    from distro.errors import UsageError

    bad = [v for v in values if "=" not in v]
    if bad:
        raise UsageError(f'--set "{bad[0]}" has no =', hint='Write --set "outlet=The Daily".')
    return {plain(column): value for column, _, value in (v.partition("=") for v in values)}


def _names(given: list[str]) -> list[str]:
    return [name.strip().lower() for name in given]


def _sure(question: str, *, yes: bool) -> bool:
    return yes or not sys.stdin.isatty() or typer.confirm(question)


def add_to(app: typer.Typer) -> None:
    """Put the commands into the tree."""
    for name, command in (
        ("show", show_one),
        ("add", add),
        ("edit", edit),
        ("unsubscribe", unsubscribe),
        ("suppress", suppress),
        ("erase", erase),
        ("history", history),
    ):
        described(app, command, name)
