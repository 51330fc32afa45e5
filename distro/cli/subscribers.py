"""subscribers list and export: the people of the book, and the book as a spreadsheet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli import person as person_app
from distro.cli.import_file import import_file
from distro.cli.options import Config, Json, actor, described, settings

if TYPE_CHECKING:
    from distro.audience.listing import Listing

app = typer.Typer(
    help="The book: who they are, what they agreed to.", no_args_is_help=True, rich_markup_mode=None
)


_ExportFile = Annotated[
    Path, typer.Argument(help="The CSV file to write.", metavar="FILE", show_default=False)
]
_Address = Annotated[
    str,
    typer.Option(
        "--address", help="Everything held on one person instead, as JSON.", metavar="ADDRESS"
    ),
]
_To = Annotated[
    str,
    typer.Option("--to", help="Only those who match: a list or an expression.", metavar="EXPR"),
]


def export(
    file: _ExportFile,
    address: _Address = "",
    to: _To = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Write the book as a spreadsheet that opens safely, or all that is held on one person.

    Examples:

        distro subscribers export book.csv
        distro subscribers export spanish.csv --to "journalists and language:es"
        distro subscribers export ana.json --address ana@daily.example
    """
    import json

    from distro.cli.opening import open_installation
    from distro.reports.export import write_book
    from distro.subscribers import personal_data

    with open_installation(settings(config)) as installation:
        if address:
            file.write_text(
                json.dumps(
                    personal_data.export(installation, address, actor=actor()),
                    ensure_ascii=False,
                    indent=2,
                )
                + "\n",
                encoding="utf-8",
            )
            written = 1
        else:
            written = write_book(installation, file, to, actor=actor())
    output.answer(
        {"file": str(file), "people": written},
        f"{file}: {output.count(written, 'person', 'people')}",
        as_json=as_json,
    )
    return 0


_Segment = Annotated[
    str,
    typer.Option(
        "--segment", help="Only those who match: a list or an expression.", metavar="EXPR"
    ),
]
_Search = Annotated[
    str,
    typer.Option(
        "--search", help="Only those whose name, address or outlet holds this.", metavar="TEXT"
    ),
]
_Limit = Annotated[
    int, typer.Option("--limit", help="At most so many lines.", metavar="N", min=1, max=100_000)
]


def list_people(
    segment: _Segment = "",
    search: _Search = "",
    limit: _Limit = 50,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """List people of the book: all, those who match, or those whom a part of a name or address
    finds.

    Examples:

        distro subscribers list --segment "journalists and language:es"
        distro subscribers list --search lund
    """
    from distro.audience.as_json import listed_json
    from distro.cli.opening import open_installation
    from distro.reports import export

    with open_installation(settings(config)) as installation:
        found = export.list_people(installation, segment, search, limit)
    if as_json:
        output.document({"found": found.found, "people": [listed_json(p) for p in found.people]})
    else:
        _show_people(found, narrowed=bool(search or segment))
    return 0


def _show_people(found: "Listing", *, narrowed: bool) -> None:
    """Show people as a table; `narrowed`: not everybody was asked for."""
    if not found.people:
        empty = "Nobody is in the book yet. Next: distro subscribers import FILE --list NAME."
        output.say("Nobody is found." if narrowed else empty)
        return
    rows = [
        (
            p.person.email,
            p.person.name,
            p.person.outlet,
            p.person.language,
            "; ".join(p.person.columns.get("lists", ())),
            ", ".join(p.refused),
        )
        for p in found.people
    ]
    output.table(("address", "name", "outlet", "language", "lists", ""), rows)
    shown = len(found.people)
    more = f", the first {shown:,} of them shown: --limit shows more"
    people = output.count(found.found, "person", "people")
    output.say(f"{people}{more if found.found > shown else ''}.")


for _name, _command in (("list", list_people), ("import", import_file), ("export", export)):
    described(app, _command, _name)
person_app.add_to(app)
