"""subscribers import: a spreadsheet into the book."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, Yes, actor, settings

if TYPE_CHECKING:
    from distro.audience.importing import Judged
    from distro.audience.intake import Taken
    from distro.audience.rows import BadRow
    from distro.installation.context import Installation

_SHOWN = 20  # bad rows on a terminal


_File = Annotated[
    Path,
    typer.Argument(
        help="CSV or .xlsx; the first line names the columns.",
        metavar="FILE",
        show_default=False,
    ),
]


_ListName = Annotated[
    str,
    typer.Option(
        "--list",
        help="The list that they join; a new one is created.",
        metavar="NAME",
        show_default=False,
    ),
]


_Sync = Annotated[
    bool, typer.Option("--sync", help="Also remove from the list everybody who is not in the file.")
]


_Basis = Annotated[
    str,
    typer.Option("--basis", help='How they agreed: "press accreditation 2026".', metavar="TEXT"),
]


_SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Import the good rows anyway.")]


_Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        help=(
            "The encoding of a CSV that is not UTF-8, if it is not recognised: "
            "windows-1250, mac_roman, shift_jis."
        ),
        metavar="NAME",
        show_default=False,
    ),
]


_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")]


def import_file(
    file: _File,
    list_name: _ListName,
    sync: _Sync = False,
    basis: _Basis = "",
    skip_bad_rows: _SkipBadRows = False,
    encoding: _Encoding = "",
    dry_run: _DryRun = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Import a spreadsheet into the book; on a terminal, show first what will change, and ask.

    Every row is checked before anything is written. People are recognised by their address and
    updated; an empty cell changes nothing. People who unsubscribed stay unsubscribed, people who
    left a list stay off it, and people who were erased are not taken back. Saved exports of
    Mailchimp, listmonk, Mautic and Outlook are understood as they are. Columns: email (required),
    name, kind, outlet, language, country, time_zone, lists, beats, tags, phone, joined; other
    columns are kept. Several values in a cell: "a; b".

    Examples:

        distro subscribers import press.csv --list journalists
        distro subscribers import press.xlsx --list journalists --sync --dry-run
    """
    from distro.audience import importing
    from distro.audience.as_json import import_json
    from distro.cli.opening import open_installation
    from distro.installation.rights import admit, check_whole

    name = importing.list_name(list_name)
    asks = sys.stdin.isatty() and not yes and not as_json
    with open_installation(settings(config)) as installation:
        check_whole(installation, "import")
        admit(installation, actor(), "import", about=f"list {name}", wanted=file.name)
        judged = _judge(installation, file, name, basis=basis, sync=sync, encoding=encoding)
        stopped = (bool(judged.bad) and not skip_bad_rows) or not judged.good
        foreseen = None
        if not stopped and (dry_run or asks):
            foreseen = importing.survey(installation.store, judged.number)
        if (asks or dry_run) and not as_json:
            _show_mapping(judged)
        if foreseen and asks and not dry_run:
            _show(file, name, judged, foreseen, head="if you take them")
        wanted = not stopped and not dry_run and (not asks or typer.confirm("\nTake them?"))
        taken = _take(installation, judged, wanted=wanted)
    if as_json:
        output.document(import_json(str(file), name, judged, taken, foreseen))
    elif asks and not dry_run and foreseen:  # all of it was just shown
        output.say(f"Taken: {_counts(taken)}." if taken else "Nothing was written.")
    elif taken or foreseen:
        head = "" if taken else "only looked at (--dry-run)"
        _show(file, name, judged, taken or foreseen, head=head)
    else:
        _show_refused(file, judged)
    return 1 if stopped else 0


def _judge(
    installation: "Installation", file: Path, name: str, *, basis: str, sync: bool, encoding: str
) -> "Judged":
    """Judge every row and stage the good ones; nothing is in the book yet."""
    from distro.audience import importing

    with _progress("reading") as at:
        return importing.stage(
            installation.store,
            file,
            name,
            actor=actor(),
            basis=basis,
            sync=sync,
            hashes_of=installation.hashes_of,
            encoding=encoding,
            progress=at,
        )


def _take(installation: "Installation", judged: "Judged", *, wanted: bool) -> "Taken | None":
    """Write what was staged into the book, or drop it."""
    from distro.audience import importing

    if not wanted:
        importing.forget(installation.store, judged)
        return None
    with _progress("writing", judged.good) as at:
        return importing.commit(
            installation.store, judged.number, installation.consent, progress=at
        )


@contextmanager
def _progress(doing: str, of: int = 0) -> Iterator[Callable[[int], None]]:
    """Show a line that grows on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield lambda n: print(
            f"\r  {doing} {min(n, of) if of else n:,}{f' of {of:,}' if of else ''} rows",
            end="",
            file=sys.stderr,
            flush=True,
        )
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _show(file: Path, name: str, judged: "Judged", taken: "Taken | None", *, head: str) -> None:
    if taken is None:
        return
    whose = f" ({judged.system.capitalize()} export)" if judged.system else ""
    output.say(
        f"{file.name}{whose}: {output.count(judged.good, 'row')} → list"
        f" {name}{f', {head}' if head else ''}"
    )
    output.say(f"  {_counts(taken)}")
    if taken.unsubscribed_kept:
        output.say(
            f"  {taken.unsubscribed_kept:,} of them said no before and"
            f" {'stays' if taken.unsubscribed_kept == 1 else 'stay'}"
            " unsubscribed or suppressed"
        )
    _show_noes(judged)
    for text in judged.notes:
        output.say(f"  {text}")
    if judged.twice:
        output.say(
            f"  {output.count(judged.twice, 'address stands', 'addresses stand')} there more than"
            " once; the last row counts"
        )
    if judged.bad:
        output.say(f"  {output.count(len(judged.bad), 'bad row')} left out:")
    _rows([*judged.bad, *judged.erased])
    _doubtful(judged)


def _show_mapping(judged: "Judged") -> None:
    """Show what each column of the file becomes, before anything is asked."""
    output.table(("column of the file", "becomes", "for example"), judged.mapping)
    output.say()


def _show_noes(judged: "Judged") -> None:
    """Say for how many people the file says no."""
    count = sum(judged.noes.values())
    if count:
        acts = ", ".join(
            f"{n:,} {act}" if len(judged.noes) > 1 else act for act, n in judged.noes.items()
        )
        output.say(f"  {count:,} said no in the file ({acts}) and will not be written to")


def _counts(taken: "Taken") -> str:
    parts = [
        (taken.new, "new"),
        (taken.changed, "changed"),
        (taken.unchanged, "unchanged"),
        (taken.gone, "off the list, not in the file"),
    ]
    return " · ".join(f"{n:,} {word}" for n, word in parts if n) or "nothing to change"


def _show_refused(file: Path, judged: "Judged") -> None:
    bad = len(judged.bad)
    if bad:
        why = f"{output.count(bad, 'row needs', 'rows need')} you"
    else:
        why = "you said no" if judged.read else "there are no rows"
    output.say(f"{file.name}: {output.count(judged.read, 'row')} read, nothing written: {why}\n")
    _rows([*judged.bad, *judged.erased])
    _doubtful(judged)
    if bad:
        output.say(
            f"\nMend them, or take the other {judged.good:,} with --skip-bad-rows."
            if judged.good
            else "\nNo row can be taken."
        )


def _rows(found: "list[BadRow]") -> None:
    width = max((len(b.value) for b in found[:_SHOWN]), default=0)
    for b in found[:_SHOWN]:
        output.say(f"  line {b.line:<6} {b.value:<{width}}  {b.reason}")
    if len(found) > _SHOWN:
        output.say(f"  … and {len(found) - _SHOWN:,} more (--json shows all)")


def _doubtful(judged: "Judged") -> None:
    """Show addresses that look misspelt; they are never changed."""
    for value, (line, meant) in list(judged.typos.items())[:_SHOWN]:
        output.say(f"  line {line:<6} {value}  taken as it is; {meant}?")
