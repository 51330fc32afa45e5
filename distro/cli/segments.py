"""segments list, count, sample, explain, audit: who is meant."""

from typing import Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, Yes, actor, described, settings

app = typer.Typer(
    help="Lists, named segments and expressions.", no_args_is_help=True, rich_markup_mode=None
)
Expression = Annotated[
    str,
    typer.Argument(
        help='A list, a named segment, or an expression like "journalists and language:es".',
        metavar="EXPR",
        show_default=False,
    ),
]


def list_all(config: Config = None, as_json: Json = False) -> int:
    """Show every list and named segment with its size.

    Examples:

        distro segments list
    """
    from distro.cli.opening import open_installation
    from distro.subscribers.segment_checks import sizes

    with open_installation(settings(config)) as installation:
        found = sizes(installation)
    if as_json:
        output.document([{"name": s.name, "count": s.count, "meaning": s.meaning} for s in found])
    elif found:
        output.table(
            ("name", "people", "meaning"),
            [(s.name, f"{s.count:,}" if s.count is not None else "?", s.meaning) for s in found],
        )
    else:
        output.say("There are no lists yet. Import one: distro subscribers import FILE --list NAME")
    return 0


def count(expression: Expression, config: Config = None, as_json: Json = False) -> int:
    """Count who matches, whether or not they may be written to.

    Examples:

        distro segments count "journalists and not country:US"
    """
    from distro.cli.opening import open_installation
    from distro.store.audience_scripts import count as count_of

    with open_installation(settings(config)) as installation:
        known = installation.segments()
        size = installation.store.call(count_of(known.program(known.expand(expression))))
    output.answer({"count": size}, f"{size:,}   {expression}", as_json=as_json)
    return 0


_AtMost = Annotated[int, typer.Option("--count", min=1, max=1000, help="How many to show.")]


def sample(
    expression: Expression,
    config: Config = None,
    as_json: Json = False,
    at_most: _AtMost = 10,
) -> int:
    """Show some of those who match.

    Examples:

        distro segments sample "beats:migration and language:es"
    """
    import random

    from distro.audience import book
    from distro.cli.opening import open_installation
    from distro.store.audience_scripts import bitmap
    from distro.store.records import ids_of

    with open_installation(settings(config)) as installation:
        known = installation.segments()
        ids = ids_of(installation.store.call(bitmap(known.program(known.expand(expression)))))
        chosen = sorted(random.sample(ids, min(at_most, len(ids))))
        people = [p for p in (book.by_id(installation.store, i) for i in chosen) if p]
    if as_json:
        output.document(
            [
                {"email": p.email, "name": p.name, "language": p.language, "country": p.country}
                for p in people
            ]
        )
    else:
        output.say(f"{len(people):,} of {len(ids):,}   {expression}\n")
        output.table(
            ("address", "name", "language", "country"),
            [(p.email, p.name, p.language, p.country) for p in people],
        )
    return 0


_Address = Annotated[
    str, typer.Argument(help="The person's address.", metavar="ADDRESS", show_default=False)
]


def explain(
    expression: Expression,
    address: _Address,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Say term by term why a person is in a segment, or not.

    Examples:

        distro segments explain "journalists and language:es" ana@daily.example
    """
    from distro.cli.opening import open_installation
    from distro.subscribers.segment_checks import why

    with open_installation(settings(config)) as installation:
        lines = why(installation, expression, address)
    if as_json:
        output.document(
            {
                "in": lines[0].holds,
                "terms": [
                    {"depth": t.depth, "term": t.text, "holds": t.holds, "has": t.has}
                    for t in lines
                ],
            }
        )
        return 0
    output.say(f"{address} {'is' if lines[0].holds else 'is not'} in   {expression}\n")
    width = max(t.depth * 2 + len(t.text) for t in lines)
    for term in lines:
        text = "  " * term.depth + term.text
        has = (
            ""
            if term.text in ("all of", "any of", "not")
            else f"   has {term.has or 'nothing there'}"
        )
        output.say(f"  {'yes' if term.holds else 'no ':<4} {text:<{width}}{has}".rstrip())
    return 0


def audit(config: Config = None, as_json: Json = False) -> int:
    """Find lists and named segments that match nobody, or that lost half their people since the
    last audit. Exit 1 if there are any.

    Examples:

        distro segments audit
    """
    from distro.cli.opening import open_installation
    from distro.subscribers.segment_checks import audit as look
    from distro.subscribers.segment_checks import audit_json

    with open_installation(settings(config)) as installation:
        found = look(installation)
    alarms = [a for a in found if a.alarm]
    if as_json:
        output.document([audit_json(one) for one in found])
    elif found:
        output.table(
            ("name", "people", "before", ""),
            [
                (a.name, f"{a.now:,}", f"{a.before:,}" if a.before >= 0 else "–", a.alarm)
                for a in found
            ],
        )
    else:
        output.say("There are no lists yet. Import one: distro subscribers import FILE --list NAME")
    return 1 if alarms else 0


_Name = Annotated[str, typer.Argument(help="The list.", metavar="NAME", show_default=False)]
_Told = Annotated[
    str,
    typer.Option(
        "--told",
        help="The distribution that told everybody on the list.",
        metavar="ID",
        show_default=False,
    ),
]
_Reason = Annotated[
    str, typer.Option("--reason", help="Why; kept on record.", metavar="TEXT", show_default=False)
]


def close(
    name: _Name,
    announced: _Told,
    reason: _Reason,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Close a list: everybody on it was told by a letter, and is then removed from it.

    They stay in the book, and on their other lists.

    Examples:

        distro segments close partners --told D17 --reason "merged with press"
    """
    import sys

    from distro.cli.opening import open_installation
    from distro.subscribers.close_list import close_list

    if not yes and sys.stdin.isatty() and not typer.confirm(f"Take everybody off {name}?"):
        return 1
    with open_installation(settings(config)) as installation:
        gone = close_list(
            installation, name.strip().lower(), announced_by=announced, reason=reason, actor=actor()
        )
    output.answer(
        {"list": name, "off": gone},
        f"{name} is closed; {output.count(gone, 'person was', 'people were')} on it.",
        as_json=as_json,
    )
    return 0


for _name, _command in (
    ("list", list_all),
    ("count", count),
    ("sample", sample),
    ("explain", explain),
    ("audit", audit),
    ("close", close),
):
    described(app, _command, _name)
