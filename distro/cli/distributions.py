"""watch, explain, audit: what admins ask about a distribution."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Distribution, Json, described, settings
from distro.errors import UsageError

if TYPE_CHECKING:
    from distro.reports.progress import Glance


def watch(distribution: Distribution, config: Config = None, as_json: Json = False) -> int:
    """Follow a distribution while it goes out; ends when everyone was tried.

    Examples:

        distro watch D17
    """
    import sys

    from distro.cli.opening import open_installation
    from distro.reports import live
    from distro.reports.progress import watch as look
    from distro.store.distributions import find

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        glance = _follow(
            look(installation, number), quiet=as_json or not sys.stdout.isatty(), silent=as_json
        )
        address = live.link(installation, number)
    counts = {s.value: n for s, n in glance.counts.items()}
    if as_json:
        output.document(
            {
                "distribution": f"D{number}",
                "state": glance.state,
                "audience": glance.audience,
                "counts": counts,
            }
        )
    else:
        equation = " + ".join(f"{n:,} {s.replace('_', ' ')}" for s, n in counts.items() if n) or "0"
        output.say(
            f"  {glance.audience:,} = {equation}  "
            f" {glance.state}{f': {glance.reason}' if glance.reason else ''}"
        )
        output.say(f"Next: distro report D{number}{f' · {address}' if address else ''}")
    return 1 if glance.state == "halted" else 0


def _follow(glances: "Iterator[Glance]", *, quiet: bool, silent: bool) -> "Glance":
    """Show a progress bar on a terminal, else a line every few seconds."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    last = next(glances)
    if quiet:
        shown = -1
        for glance in itertools.chain((last,), glances):
            last = glance
            if (
                not silent
                and glance.tried != shown
                and (glance.over or glance.tried - shown >= max(1, glance.audience // 10))
            ):
                shown = glance.tried
                output.say(
                    f"  {glance.state:<10} {glance.tried:,}/{glance.audience:,} "
                    f" {glance.rate:,.0f}/s"
                )
        return last
    columns = (
        TextColumn("  {task.fields[state]:<10}"),
        BarColumn(30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f}/s  {task.fields[left]}"),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("", total=last.audience or 1, state=last.state, rate=0.0, left="")
        for glance in itertools.chain((last,), glances):
            last = glance
            left = f"about {glance.left_seconds:,.0f} s left" if glance.left_seconds >= 1 else ""
            bar.update(
                task,
                total=glance.audience or 1,
                completed=glance.tried,
                state=glance.state,
                rate=glance.rate,
                left=left,
            )
    return last


_Address = Annotated[
    str,
    typer.Argument(
        help="The address of the person who asks.", metavar="ADDRESS", show_default=False
    ),
]
_Release = Annotated[
    str,
    typer.Option(
        "--release", help="D17 or a release; else the newest.", metavar="ID", show_default=False
    ),
]
_ExplainHtmlFile = Annotated[
    Path | None,
    typer.Option(
        "--html",
        help="Write it as a page, with words for the telephone.",
        metavar="FILE",
        show_default=False,
    ),
]


def explain(
    address: _Address,
    release: _Release = "",
    html_file: _ExplainHtmlFile = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Say why somebody did or did not get a release, rule by rule.

    Examples:

        distro explain ana@daily.example
        distro explain ana@daily.example --release D17 --html ana.html
    """
    from distro.cli.opening import open_installation
    from distro.reports.explain import explain as find_out
    from distro.reports.explanation_text import ExplanationText, write_page

    with open_installation(settings(config)) as installation:
        result = find_out(installation, address, release)
        if html_file:
            output.note(f"{html_file}: {write_page(installation, result, html_file):,} bytes")
    if as_json:
        output.document(result.to_json())
    else:
        for line in ExplanationText(result).sentences():
            output.say(line)
    return 0


_Verify = Annotated[
    str,
    typer.Argument(
        help="`verify`, of the log: find out whether it was changed.",
        metavar="verify",
        show_default=False,
    ),
]
_Head = Annotated[
    str,
    typer.Option(
        "--head",
        help="Of the log: an end of before, as a backup names it; it must still be in it.",
        metavar="LINE:HASH",
    ),
]


def audit(
    distribution: Distribution,
    verify: _Verify = "",
    head: _Head = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Recount a distribution from the ledger's bytes and say whether it balances. Exit 1 if not.

    `log` instead of a distribution shows who asked for what; `log verify` finds any line that was
    edited, dropped or moved.

    Examples:

        distro audit D17
        distro audit log
        distro audit log verify --head 120:3f2a…
    """
    if verify not in ("", "verify") or (distribution != "log" and (verify or head)):
        raise UsageError("distro audit log, or distro audit log verify [--head LINE:HASH]")
    if distribution == "log":
        from distro.cli import audit_log

        verified = verify == "verify" or bool(head)
        return audit_log.show(config, verify=verified, head=head, as_json=as_json)
    from distro.cli.opening import open_installation
    from distro.ledger.audit import audit as recount
    from distro.store.distributions import find

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        found = recount(installation.store, number)
    if as_json:
        output.document(found.to_json())
    else:
        counts = (
            " + ".join(f"{n:,} {s.value.replace('_', ' ')}" for s, n in found.counts.items() if n)
            or "0"
        )
        output.say(f"D{number}: {found.audience:,} = {counts}")
        output.say(
            "✓ it balances: audience, states, counters, batches and leases agree"
            if found.balanced
            else "✗ it does not balance:"
        )
        for line in found.findings:
            output.say(f"  {line}")
    return 0 if found.balanced else 1


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (watch, explain, audit):
        described(app, command)
