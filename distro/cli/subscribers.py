"""subscribers import, show, unsubscribe: the book."""

from pathlib import Path
from typing import Annotated

import typer

from distro.cli import show
from distro.cli.options import Config, Json, Yes, actor, described, settings

app = typer.Typer(help="The book: who they are, what they agreed to.", no_args_is_help=True, rich_markup_mode=None)


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file; its first line names the columns.", metavar="FILE", show_default=False)],
    list_name: Annotated[str, typer.Option("--list", help="The list that they join; made if it is new.", metavar="NAME", show_default=False)],
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="Take the good rows all the same.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every row, write nothing.")] = False,
    yes: Yes = False, config: Config = None, as_json: Json = False,
) -> int:
    """Take a spreadsheet's rows into the book.

    Every row is judged before anything is written. Who is known by the address is updated; an empty cell changes nothing.
    Who unsubscribed stays unsubscribed. Columns: email (required), name, kind, outlet, language, country, time_zone, lists,
    beats, tags, phone, joined; any other is kept. Several values in a cell are separated by ";".

    Examples:

        distro subscribers import press.csv --list journalists
        distro subscribers import press.csv --list journalists --skip-bad-rows
    """
    import re

    from distro.audience import importing
    from distro.errors import UsageError
    from distro.flow.office import opened

    del yes   # nothing asks yet
    name = list_name.strip().lower()
    if not re.fullmatch(r"[^\W_][\w-]{0,59}", name) or name in ("and", "or", "not"):
        raise UsageError(f'"{list_name}" cannot be the name of a list', hint="Letters, digits and hyphens, like journalists or press-geneva.")
    with opened(settings(config)) as office:
        judged = importing.stage(office.store, file, name, actor=actor(), hash_of=office.hash_of)
        stopped = bool(judged.bad) and not skip_bad_rows
        if stopped or dry_run or not judged.good:
            importing.forget(office.store, judged)
        taken = None if stopped or dry_run or not judged.good else importing.commit(office.store, judged.number)
    told = {
        "file": str(file), "list": name, "read": judged.read, "good": judged.good, "twice": judged.twice,
        "bad": [{"line": b.line, "value": b.value, "reason": b.reason} for b in judged.bad],
        "written": taken is not None, "new": taken.new if taken else 0, "changed": taken.changed if taken else 0,
        "unchanged": taken.unchanged if taken else 0, "unsubscribed_kept": taken.held if taken else 0,
    }
    if as_json:
        show.document(told)
    else:
        _show(file, name, judged, taken, dry_run=dry_run)
    return 1 if stopped or not judged.good else 0


def _show(file: Path, name: str, judged: "object", taken: "object", *, dry_run: bool) -> None:
    from distro.audience.importing import Judged, Taken

    assert isinstance(judged, Judged)
    if taken is None:
        bad = len(judged.bad)
        why = "only looked at (--dry-run)" if dry_run else f"nothing written: {show.count(bad, 'row needs', 'rows need')} you" if bad else "nothing written: there are no rows"
        show.say(f"{file.name}: {show.count(judged.read, 'row')} read, {why}")
    else:
        assert isinstance(taken, Taken)
        show.say(f"{file.name}: {show.count(judged.good, 'row')} → list {name}")
        parts = [(taken.new, "new"), (taken.changed, "changed"), (taken.unchanged, "unchanged")]
        show.say("  " + " · ".join(f"{n:,} {word}" for n, word in parts if n))
        if taken.held:
            show.say(f"  {taken.held:,} of them said no before and stay unsubscribed or suppressed")
    if judged.twice:
        show.say(f"  {show.count(judged.twice, 'address stands', 'addresses stand')} there more than once; the last row counts")
    if judged.bad:
        show.say()
        width = max(len(b.value) for b in judged.bad[:20])
        for b in judged.bad[:20]:
            show.say(f"  line {b.line:<6} {b.value:<{width}}  {b.reason}")
        if len(judged.bad) > 20:
            show.say(f"  … and {len(judged.bad) - 20:,} more (--json shows all)")
        if taken is None and not dry_run:
            show.say(f"\nMend them, or take the other {judged.good:,} with --skip-bad-rows." if judged.good else "\nNo row can be taken.")


def show_one(address: Annotated[str, typer.Argument(help="Whose.", metavar="ADDRESS", show_default=False)], config: Config = None, as_json: Json = False) -> int:
    """Show what the book holds on a person.

    Examples:

        distro subscribers show ana@daily.example
    """
    from distro.audience import consent
    from distro.flow.explain import person
    from distro.flow.office import opened
    from distro.times import from_ms

    found = settings(config)
    with opened(found) as office:
        who = person(office, address)
        facts = consent.history(office.store, who.id)
    if as_json:
        show.document({"email": who.email, "columns": {k: list(v) for k, v in who.columns.items()}, "consent": [f.act for f in facts]})
        return 0
    show.say(who.email + "\n")
    show.pairs([(column, "; ".join(values)) for column, values in sorted(who.columns.items()) if column != "domain"])
    for fact in facts:
        show.say(f"  {fact.act} on {from_ms(fact.at, found.site.timezone):%d %B %Y %H:%M}, by {fact.source}")
    return 0


def unsubscribe(address: Annotated[str, typer.Argument(help="Who leaves.", metavar="ADDRESS", show_default=False)], yes: Yes = False, config: Config = None, as_json: Json = False) -> int:
    """Stop all mail to an address, as its owner asked (by telephone, say). Nobody can undo it but the owner.

    Examples:

        distro subscribers unsubscribe ana@daily.example --yes
    """
    import sys

    from distro.flow.explain import person
    from distro.flow.office import opened
    from distro.flow.reading import LinkReader
    from distro.flow.reading import unsubscribe as stop_mail

    if not yes and sys.stdin.isatty() and not typer.confirm(f"Stop all mail to {address}?"):
        return 1
    with opened(settings(config)) as office:
        who = person(office, address)
        stop_mail(office, LinkReader(who, 0, 0, who.language, ""), actor())
    show.document({"email": who.email, "unsubscribed": True}) if as_json else show.say(f"{who.email} will not be written to again.")
    return 0


for _name, _command in (("import", import_file), ("show", show_one), ("unsubscribe", unsubscribe)):
    described(app, _command, _name)
