"""report: what happened to everyone."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distro.cli import output
from distro.cli.options import Config, Json, actor, described, settings
from distro.cli.press_lines import press_lines

if TYPE_CHECKING:
    from distro.installation.context import Installation
    from distro.model import DistributionId
    from distro.reports.named_people import Named
    from distro.reports.summary import Report

_NAMED = 5  # people of a group who are named on a terminal
_MEANING = {
    "accepted": 'a server took it; that is not yet "read"',
    "queued": "not tried yet, or to be tried again",
    "sending": "in flight",
    "suppressed": "left before their turn came",
    "cancelled": "not tried",
    "bounced": "accepted, then sent back",
    "complained": "accepted, then complained",
}


class Group(StrEnum):
    """Of whom a report can name everybody."""

    failed = "failed"
    in_doubt = "in_doubt"
    possibly_twice = "possibly_twice"
    deferred = "deferred"
    suppressed = "suppressed"
    bounced = "bounced"
    complained = "complained"


_Distribution = Annotated[
    str,
    typer.Argument(
        help="D17, or the release where it has only one; without it, a list.",
        metavar="[ID]",
        show_default=False,
    ),
]


_CsvFile = Annotated[
    Path | None,
    typer.Option("--csv", help="Write one line per recipient.", metavar="FILE", show_default=False),
]


_HtmlFile = Annotated[
    Path | None,
    typer.Option(
        "--html",
        help="Write the report as one self-contained page.",
        metavar="FILE",
        show_default=False,
    ),
]


_Who = Annotated[
    Group | None,
    typer.Option("--who", help="Name everybody in one group instead.", show_default=False),
]


_EmbargoFile = Annotated[
    Path | None,
    typer.Option(
        "--embargo",
        help="Write the record of its embargo: who had it when, who opened what.",
        metavar="FILE",
        show_default=False,
    ),
]


def report(
    distribution: _Distribution = "",
    csv_file: _CsvFile = None,
    embargo_file: _EmbargoFile = None,
    html_file: _HtmlFile = None,
    who: _Who = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show what happened to everyone, live while it goes out, exact afterwards.

    Examples:

        distro report
        distro report D17
        distro report D17 --csv d17.csv --html d17.html
        distro report D17 --who failed
    """
    from distro.cli.opening import open_installation
    from distro.installation import running_parts
    from distro.reports import live, summary
    from distro.store.distributions import find

    found = settings(config)
    with open_installation(found) as installation:
        if not distribution:
            return _list(
                summary.listing(installation.store, found.site.timezone),
                found.site.timezone,
                as_json=as_json,
            )
        number = find(installation.store, distribution)
        if who:
            return _who(
                list(summary.everybody(installation.store, number, who.value)), as_json=as_json
            )
        result = summary.report(installation.store, number, found.site.timezone)
        _write_files(installation, number, csv_file, embargo_file, html_file)
        address = live.link(installation, number)
        older = running_parts.warning(installation)
    if older:
        output.note(f"warning: {older}")
    if as_json:
        output.document(result.fields)
    else:
        _show_report(result, found.site.timezone)
        if address:
            output.say(f"As a page, live: {address}")
    return 0


def _write_files(
    installation: "Installation",
    number: "DistributionId",
    csv_file: Path | None,
    embargo_file: Path | None,
    html_file: Path | None,
) -> None:
    """Write what was asked for as files, and say how large each is."""
    from distro.reports import embargo_record, live
    from distro.reports.export import export_csv

    zone = installation.settings.site.timezone
    if csv_file:
        lines = export_csv(installation, number, csv_file, actor=actor())
        output.note(f"{csv_file}: {output.count(lines, 'line')}")
    if embargo_file:
        size = embargo_record.write(installation.store, number, zone, embargo_file)
        output.note(f"{embargo_file}: {size:,} bytes")
    if html_file:
        output.note(f"{html_file}: {live.write(installation, number, html_file):,} bytes")


def _list(rows: list[dict[str, Any]], zone: str, *, as_json: bool) -> int:
    if as_json:
        output.document(rows)
    elif rows:
        output.table(
            ("id", "state", "people", f"submitted ({zone})", "due", "headline"),
            [
                (
                    r["distribution"],
                    r["state"],
                    f"{r['audience']:,}",
                    output.clock(r["submitted_at"])[:-3],
                    output.clock(r["due_at"])[:-3] if r["due_at"] else "",
                    r["headline"][:60],
                )
                for r in rows
            ],
        )
    else:
        output.say("Nothing was submitted yet. Next: distro submit FILE --to LIST --now")
    return 0


def _who(people: "list[Named]", *, as_json: bool) -> int:
    from dataclasses import asdict

    if as_json:
        output.document([asdict(person) for person in people])
        return 0
    width = max((len(person.address) for person in people), default=0)
    for person in people:
        output.say(f"{person.address:<{width}}   {person.why}".rstrip())
    if not people:
        output.note("Nobody.")
    return 0


def _show_report(result: "Report", zone: str) -> None:
    from distro.times import rfc3339

    fields = result.fields
    counts = {state: n for state, n in fields["counts"].items() if n}
    output.say(output.bold(fields["headline"]))
    output.say(
        f"{fields['distribution']} · {fields['kind'].replace('-', ' ')} ·"
        f" {fields['state']}{f' · by {result.actor}' if result.actor else ''}"
    )
    output.say(f"{_times(fields)} ({zone})\n")
    if fields["reason"]:
        output.say(f"  {fields['state']}: {fields['reason']}\n")
    if result.planned_only and fields["state"] == "cancelled":
        output.say(
            f"  {fields['audience']:,} were planned; it was cancelled before anybody was written to"
        )
    elif result.planned_only:
        output.say(
            f"  {fields['audience']:,} planned; the audience is fixed when it starts"
            f" ({output.clock(rfc3339(result.start_ms, zone))})"
        )
    else:
        equation = (
            " + ".join(f"{n:,} {state.replace('_', ' ')}" for state, n in counts.items()) or "0"
        )
        verdict = (
            "✓ balanced"
            if fields["balanced"]
            else "✗ OUT OF BALANCE: run `distro audit " + fields["distribution"] + "`"
        )
        output.say(f"  {fields['audience']:,} = {equation}          {verdict}\n")
        _show_states(result, counts, zone)
    for line in press_lines(fields):
        output.say(line)
    if fields["left_out"]:
        output.say(
            f"  left out    {sum(fields['left_out'].values()):,}  "
            f" {output.reasons(fields['left_out'])}"
        )
    output.say()
    output.say(
        "  "
        + " · ".join(
            f"{output.language(lang)} {e['audience']:,}" for lang, e in fields["editions"].items()
        )
        + _spread(fields)
    )
    if fields["possibly_twice"]:
        output.say(
            f"  {output.count(fields['possibly_twice'], 'letter')} possibly twice:"
            " sent once more after doubt, under the same Message-ID"
        )
    _show_named(result)
    _show_clicks(fields["clicks"])
    output.say(
        f"\nNext: distro explain ADDRESS --release {fields['distribution']} · distro report"
        f" {fields['distribution']} --csv report.csv"
        + (f" · distro resume {fields['distribution']}" if fields["state"] == "halted" else "")
    )


def _show_states(result: "Report", counts: dict[str, int], zone: str) -> None:
    from distro.times import rfc3339

    causes = " · ".join(f"{n:,} {cause}" for cause, n in list(result.causes.items())[:5])
    retry = (
        f"next try {output.clock(rfc3339(result.next_retry_ms, zone))}"
        if result.next_retry_ms
        else ""
    )
    remarks = _MEANING | {
        "failed": causes,
        "in_doubt": "the answer of their server was lost: they may have it",
        "deferred": retry,
    }
    if back := _bounce_causes(result):
        told = " · ".join(f"{n:,} {cause}" for cause, n in back)
        remarks["bounced"] = f"accepted, then sent back: {told}"
    width = max(len(f"{n:,}") for n in counts.values()) if counts else 1
    total = result.fields["audience"] or 1
    for state, n in counts.items():
        share = f"{100 * n / total:5.1f} %" if state == "accepted" else " " * 7
        line = f"  {state.replace('_', ' '):<11} {n:>{width},}  {share}   {remarks.get(state, '')}"
        output.say(line.rstrip())


def _bounce_causes(result: "Report") -> list[tuple[str, int]]:
    """Return why letters came back, most frequent first; complaints have a line of their own."""
    causes = result.fields["came_back"].items()
    return [(cause, n) for cause, n in causes if cause != "complaint"][:5]


def _times(fields: dict[str, Any]) -> str:
    """Return each time with its name; the day only where it changes."""
    parts, day = [], ""
    for key, word in (
        ("submitted_at", "submitted"),
        ("due_at", "due"),
        ("began_at", "began"),
        ("first_pass_at", "all tried once by"),
        ("halted_at", "halted"),
        ("finished_at", fields["state"]),
    ):
        if fields[key]:
            date, _, time = output.clock(fields[key]).rpartition(" ")
            parts.append(f"{word} {time if date == day else f'{date} {time}'}")
            day = date
    return " · ".join(parts)


def _show_named(result: "Report") -> None:
    """Name the first few who failed, are in doubt or may have it twice, and say how to see all."""
    fields = result.fields
    for group, people in result.named.items():
        count = fields["counts"].get(group, fields["possibly_twice"])
        output.say(f"\n  {group.replace('_', ' ')}")
        for person in people[:_NAMED]:
            output.say(
                f"    {person.address:<{max(len(p.address) for p in people[:_NAMED])}}  "
                f" {person.why[:100]}".rstrip()
            )
        if count > _NAMED:
            output.say(
                f"    … {count - _NAMED:,} more:"
                f" distro report {fields['distribution']} --who {group}"
            )


def _show_clicks(links: list[dict[str, Any]]) -> None:
    """Say who followed which link: people, programs and unknown apart."""
    if links:
        output.say("\n  links          people   programs    unknown")
    for link in links[:_NAMED]:
        numbers = "".join(f"{link[who]:>11,}" for who in ("human", "machine", "unknown"))
        output.say(f"          {numbers}   {link['url'][:80]}")


def _spread(fields: dict[str, Any]) -> str:
    from datetime import datetime

    if not fields["last_accepted_at"]:
        return ""
    first, last = (
        datetime.fromisoformat(fields[k]) for k in ("first_accepted_at", "last_accepted_at")
    )
    return f" · first to last {(last - first).total_seconds():.1f} s"


def add_to(app: typer.Typer) -> None:
    """Put this command into the tree."""
    described(app, report)
