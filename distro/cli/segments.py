"""segments list, count, sample: who is meant."""

from typing import Annotated

import typer

from distro.cli import show
from distro.cli.options import Config, Json, described, settings

app = typer.Typer(help="Lists, named segments and expressions.", no_args_is_help=True, rich_markup_mode=None)
Expression = Annotated[str, typer.Argument(help='A list, a named segment, or an expression like "journalists and language:es".', metavar="EXPR", show_default=False)]


def list_all(config: Config = None, as_json: Json = False) -> int:
    """Show every list and named segment with its size.

    Examples:

        distro segments list
    """
    from distro.errors import ExpressionError
    from distro.flow.office import opened
    from distro.store.scripts.audience import count as count_of

    rows = []
    with opened(settings(config)) as office:
        known = office.segments()
        for name, meaning in [(name, "list") for name in sorted(known.lists)] + sorted(known.named.items()):
            try:
                size = office.store.call(count_of(known.program(known.expand(name))))
            except ExpressionError as error:
                rows.append((name, "?", f"{meaning}   ({error.message})"))
            else:
                rows.append((name, f"{size:,}", meaning))
    if as_json:
        show.document([{"name": n, "count": int(c.replace(",", "")) if c != "?" else None, "meaning": m} for n, c, m in rows])
    elif rows:
        show.table(("name", "people", "meaning"), rows)
    else:
        show.say("There are no lists yet. Import one: distro subscribers import FILE --list NAME")
    return 0


def count(expression: Expression, config: Config = None, as_json: Json = False) -> int:
    """Count who matches, whether or not they may be written to.

    Examples:

        distro segments count "journalists and not country:US"
    """
    from distro.flow.office import opened
    from distro.store.scripts.audience import count as count_of

    with opened(settings(config)) as office:
        known = office.segments()
        size = office.store.call(count_of(known.program(known.expand(expression))))
    show.document({"count": size}) if as_json else show.say(f"{size:,}   {expression}")
    return 0


def sample(expression: Expression, config: Config = None, as_json: Json = False, at_most: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many to show.")] = 10) -> int:
    """Show some of those who match.

    Examples:

        distro segments sample "beats:migration and language:es"
    """
    import random

    from distro.audience import book
    from distro.flow.office import opened
    from distro.store.records import ids_of
    from distro.store.scripts.audience import bitmap

    with opened(settings(config)) as office:
        known = office.segments()
        ids = ids_of(office.store.call(bitmap(known.program(known.expand(expression)))))
        chosen = sorted(random.sample(ids, min(at_most, len(ids))))
        people = [p for p in (book.by_id(office.store, i) for i in chosen) if p]
    if as_json:
        show.document([{"email": p.email, "name": p.name, "language": p.language, "country": p.country} for p in people])
    else:
        show.say(f"{len(people):,} of {len(ids):,}   {expression}\n")
        show.table(("address", "name", "language", "country"), [(p.email, p.name, p.language, p.country) for p in people])
    return 0


for _name, _command in (("list", list_all), ("count", count), ("sample", sample)):
    described(app, _command, _name)
