"""check, preview, plan, submit: what comms staff do with a release."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distro.cli import output
from distro.cli.options import At, Config, Files, Json, To, Yes, actor, described, settings


class Tier(StrEnum):
    """For whom a letter is shown."""

    everyone = "everyone"
    embargo = "embargo"
    low_bandwidth = "low-bandwidth"


if TYPE_CHECKING:
    from distro.flow.submission import Planned
    from distro.model import Edition, Problem, Reading


def check(
    files: Files,
    config: Config = None,
    as_json: Json = False,
    show_dropped: Annotated[
        bool, typer.Option("--show-dropped", help="Every line that was left out.")
    ] = False,
) -> int:
    """Show what is understood of a release, and every problem with its line.

    Needs neither Redis nor settings, and sends nothing. Exit 1 if there are errors.

    Examples:

        distro check release.md
        distro check release.en.md release.fr.md --json
    """
    from distro.errors import InputFileError
    from distro.model import Level, Problem
    from distro.submit import read

    found = settings(config, needed=False)
    readings: list[Reading] = []
    problems: list[Problem] = []
    for path in files:
        try:
            readings.append(read(path, found.site.timezone, found.private_paths))
        except InputFileError as error:
            problems.append(Problem(path.name, 0, Level.ERROR, error.message))
    problems += [p for r in readings for p in r.problems]
    if as_json:
        output.document(
            {
                "editions": [_edition(r) for r in readings],
                "problems": [_problem(p) for p in problems],
            }
        )
    else:
        for reading in readings:
            _show_reading(reading, show_dropped=show_dropped)
        _show_problems([p for p in problems if not any(p in r.problems for r in readings)])
    errors = sum(p.level is Level.ERROR for p in problems)
    if not as_json:
        names = " ".join(map(str, files))
        output.say(
            f"{output.count(errors, 'error')} to mend."
            if errors
            else (
                f"No errors. Next: distro preview {names}   or   distro plan {names} --to"
                ' "journalists or partners"'
            )
        )
    return 1 if errors else 0


def _edition(reading: "Reading") -> dict[str, Any]:
    from dataclasses import asdict

    edition = reading.edition
    if edition is None:
        return {}
    return {
        "file": reading.file,
        "language": edition.language,
        "headline": edition.headline,
        "subhead": edition.subhead,
        "dateline": edition.dateline,
        "embargo": edition.embargo,
        "paragraphs": list(reading.paragraphs),
        "contacts": [asdict(c) for c in edition.contacts],
        "notes_to_editors": edition.notes_to_editors,
        "dropped": [text for _, text in reading.dropped],
        "sure": reading.sure,
        "otherwise": (
            {"line": reading.otherwise[0], "headline": reading.otherwise[1]}
            if reading.sure != "yes"
            else None
        ),
        "kind": edition.kind,
        "id": edition.slug,
        "version": edition.version,
        **_files_json(edition),
    }


def _files_json(edition: "Edition") -> dict[str, Any]:
    return {
        name: [
            {"name": f.name, "type": f.type, "size": f.size}
            for f in edition.files
            if bool(f.source) is pictures
        ]
        for name, pictures in (("attachments", False), ("pictures", True))
    }


def _files_of(edition: "Edition", *, pictures: bool) -> str:
    """Return the files that travel with an edition, each with its size: factsheet.pdf (1.2 MB)."""
    told = [
        f"{f.name} ({output.size(f.size)})" for f in edition.files if bool(f.source) is pictures
    ]
    return " · ".join(told)


def _show_files(editions: "Iterable[Edition]") -> None:
    """Show what goes out beside the text, so that nobody sends a file by mistake."""
    for edition in editions:
        for label, pictures in (("attached", False), ("pictures", True)):
            told = _files_of(edition, pictures=pictures)
            if told:
                output.say(f"  {label} ({edition.language})   {told}")


def _problem(problem: "Problem") -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "level": problem.level.value,
        "message": problem.message,
    }


def _show_reading(reading: "Reading", *, show_dropped: bool) -> None:
    edition = reading.edition
    if edition is None:
        return
    word_count = sum(len(p.split()) for p in reading.paragraphs)
    output.say(
        f"{reading.file}: {output.language(edition.language)} {edition.kind.replace('-', ' ')},"
        f" read from {reading.source}\n"
    )
    contacts = [
        ", ".join(filter(None, (c.name, c.role, c.email, c.phone))) for c in edition.contacts
    ] or ["–"]
    output.pairs(
        [
            ("Headline", edition.headline or "–"),
            (
                "  or",
                (
                    f'line {reading.otherwise[0]}: "{reading.otherwise[1][:90]}"'
                    if reading.sure != "yes"
                    else ""
                ),
            ),
            ("Subhead", edition.subhead),
            ("Dateline", edition.dateline or "–"),
            ("Embargo", edition.embargo),
            (
                "Body",
                output.count(len(reading.paragraphs), "paragraph")
                + ", "
                + output.count(word_count, "word"),
            ),
            *(("Contact" if n == 0 else "", text) for n, text in enumerate(contacts)),
            (
                "Notes",
                (
                    f"{len(edition.notes_to_editors.split())} words"
                    if edition.notes_to_editors
                    else ""
                ),
            ),
            ("Attached", _files_of(edition, pictures=False)),
            ("Pictures", _files_of(edition, pictures=True)),
            ("Dropped", "" if show_dropped else _dropped(reading)),
        ]
    )
    if show_dropped and reading.dropped:
        output.say("\n  Dropped")
        for number, text in reading.dropped:
            output.say(f"    line {number:<4} {text}")
    output.say()
    _show_problems(list(reading.problems))


def _dropped(reading: "Reading") -> str:
    if not reading.dropped:
        return ""
    numbers = [number for number, _ in reading.dropped]
    first = next((text for _, text in reading.dropped if len(text) > 2), reading.dropped[0][1])
    return (
        f"{output.count(len(numbers), 'line')} between {numbers[0]} and {numbers[-1]}:"
        f' "{first[:40]}" …      --show-dropped'
    )


def _show_problems(problems: "list[Problem]") -> None:
    for p in problems:
        output.say(f"  {p.level.value:<8} {f'line {p.line}' if p.line else '':<9} {p.message}")
    if problems:
        output.say()


def preview(
    files: Files,
    config: Config = None,
    as_json: Json = False,
    as_address: Annotated[
        str,
        typer.Option(
            "--as", help='Whose letter to show: an address, or "Name <address>".', metavar="ADDRESS"
        ),
    ] = "reader@outlet.example",
    out: Annotated[
        Path, typer.Option("--out", help="The folder to write into.", metavar="DIR")
    ] = Path("preview"),
    extremes: Annotated[
        bool,
        typer.Option(
            "--extremes",
            help="Also as invented readers: the longest name and address, no name, Arabic.",
        ),
    ] = False,
    tier: Annotated[
        Tier,
        typer.Option(
            "--tier",
            help=(
                "As trusted readers get it before an embargo is over, or as readers on a bad"
                " link do."
            ),
            show_default=False,
        ),
    ] = Tier.everyone,
) -> int:
    """Write the letter of every edition as .html, .txt and .eml, and a page that shows them side by
    side.

    Needs neither Redis nor settings, and sends nothing.

    Examples:

        distro preview release.md
        distro preview release.en.md release.fr.md --as ana@daily.example --out /tmp/letters
        distro preview release.md --tier embargo
        distro preview release.md --extremes
    """
    from distro.mailing.preview import EXTREMES, reader_named, write_preview

    written = write_preview(
        settings(config, needed=False),
        files,
        [reader_named(as_address), *(EXTREMES if extremes else ())],
        out,
        "" if tier is Tier.everyone else tier.value,
    )
    if as_json:
        output.document(
            {
                "files": [str(p) for w in written for p in w.files],
                "warnings": [w.warning for w in written if w.warning],
            }
        )
        return 0
    for w in written:
        output.say(f"{w.headline}")
        output.pairs(
            [
                (output.language(w.language), f"{w.size:,} bytes of HTML"),
                ("", " · ".join(p.name for p in w.files)),
                ("warning", w.warning),
            ]
        )
    output.say(f"\nSide by side, phone, dark, desktop and text: {out / 'index.html'}")
    return 0


def send_test(
    files: Files,
    send_to: Annotated[
        str,
        typer.Option(
            "--send-to", help="A colleague's address.", metavar="ADDRESS", show_default=False
        ),
    ],
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Send the real letter to a colleague, marked [Test], outside any distribution.

    Nothing of it is counted, and its unsubscribe link unsubscribes nobody.

    Examples:

        distro test release.md --send-to me@press.example
    """
    from distro.installation.context import open_installation
    from distro.mailing import test_send

    with open_installation(settings(config)) as installation:
        tried = test_send.send_test(installation, files, send_to)
    good = all(t.outcome.state.value == "accepted" for t in tried)
    if as_json:
        output.document(
            {
                "letters": [
                    {
                        "language": t.language,
                        "state": t.outcome.state.value,
                        "code": t.outcome.code,
                        "reply": t.outcome.text,
                    }
                    for t in tried
                ]
            }
        )
    else:
        for t in tried:
            output.say(
                f"  {output.language(t.language):<10} {t.outcome.state.value:<9}"
                f" {t.outcome.code or ''} {t.outcome.text}".rstrip()
            )
        output.say(
            f"Look into {send_to}. Next: distro plan …"
            if good
            else "Not every letter was taken. Next: distro doctor"
        )
    return 0 if good else 1


def plan(
    files: Files,
    to: To,
    at: At = "",
    no_fallback: Annotated[
        bool,
        typer.Option(
            "--no-fallback", help="Leave out readers without an edition in their language."
        ),
    ] = False,
    as_new: Annotated[
        bool, typer.Option("--as-new", help="As a story of its own, also for who has it.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    r"""Show who would get a release, in which language, who would not and why. Sends nothing.

    Examples:

        distro plan release.md --to journalists
        distro plan release.en.md release.fr.md \
            --to "journalists and country:CH" --at "2026-12-01 10:00 Europe/Zurich"
    """
    from distro.flow.submission import Order
    from distro.flow.submission import plan as make_plan
    from distro.installation.context import open_installation

    with open_installation(settings(config)) as installation:
        planned = make_plan(
            installation,
            Order(files=files, to=to, at=at, as_new=as_new, no_fallback=no_fallback, actor=actor()),
        )
    if as_json:
        output.document(
            {
                "audience": planned.plan.audience,
                "editions": planned.plan.editions,
                "left_out": planned.plan.left_out,
                "problems": [_problem(p) for p in planned.problems],
                "matched": planned.plan.matched,
                "release": planned.release.slug,
                "told_before": planned.before.distribution if planned.before else None,
                "files": {e.language: _files_json(e) for e in planned.release.editions},
            }
        )
        return 0
    _show_plan(planned, " ".join(map(str, files)), to)
    return 0


def _wanted(planned: "Planned", at: str) -> bool:
    """Show who would get it, and ask."""
    _show_who(planned)
    if not planned.plan.audience:
        return True  # it is refused with the reason
    return typer.confirm(
        f"{'Schedule it for ' + at if at else 'Send it now'}:"
        f" {output.count(planned.plan.audience, 'recipient')}?"
    )


def _show_plan(planned: "Planned", names: str, to: str) -> None:
    _show_who(planned)
    output.say(
        f'Nothing was sent. Next: distro submit {names} --to "{to}" --now'
        if planned.plan.audience
        else "Nothing was sent, and nobody is left to send it to."
    )


def _show_who(planned: "Planned") -> None:
    """Show how many match, are left out and why, and get which edition."""
    release, found = planned.release, planned.plan
    output.say(
        f"{output.bold(release.headline)} ({release.kind.replace('-', ' ')},"
        f" {' '.join(release.languages)})\n"
    )
    out = sum(found.left_out.values())
    by_language = " · ".join(
        f"{n:,} {output.language(lang)}"
        + (f" ({found.fallback[lang]:,} of them by fallback)" if found.fallback.get(lang) else "")
        for lang in release.languages
        if (n := found.editions.get(lang, 0))
    )
    width = len(f"{found.matched:,}")
    output.say(f"  {found.matched:>{width},} people match   {planned.expression}")
    if out:
        output.say(
            f"  {out:>{width},} {'is' if out == 1 else 'are'} left out  "
            f" {output.reasons(found.left_out)}"
        )
    output.say(f"  {found.audience:>{width},} will get it    {by_language}\n")
    _show_files(release.editions)
    if planned.seconds >= 1:
        output.say(f"  About {planned.seconds:,.0f} s at the pace of the last sending.")
    if planned.too_large:
        output.say(
            f"  warning  {found.audience:,} is over ten times the usual {planned.usual:,}: it will"
            " halt before the first letter until `distro resume`"
        )
    _warn_retold(planned)
    _show_problems([p for p in planned.problems if p.line])


def _warn_retold(planned: "Planned") -> None:
    """Say that whoever has the earlier text gets this one too."""
    if planned.before:
        output.note(
            f"warning: nearly the same text went out as {planned.before.distribution}:"
            f" {planned.before.headline}"
        )
        output.note(
            "       Whoever has that gets this too. Only for the rest: put `id:"
            f" {planned.before.release}` on top, and send the text that went out."
        )


def submit(
    files: Files,
    to: To,
    at: At = "",
    now: Annotated[bool, typer.Option("--now", help="As soon as possible.")] = False,
    idempotency_key: Annotated[
        str,
        typer.Option(
            "--idempotency-key",
            help="The same key prints the same id and sends nothing again.",
            metavar="KEY",
        ),
    ] = "",
    as_new: Annotated[
        bool, typer.Option("--as-new", help="As a story of its own, also for who has it.")
    ] = False,
    no_fallback: Annotated[
        bool,
        typer.Option(
            "--no-fallback", help="Leave out readers without an edition in their language."
        ),
    ] = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    r"""Send a release to everyone who should have it, now or at a set time; on a terminal it first
    shows the plan, and asks.

    The release is stored and queued; workers do the rest. Whoever has it already is not written to
    again.

    Examples:

        distro submit release.md --to journalists --now
        distro submit release.en.md release.fr.md \
            --to "journalists or partners" --at "2026-12-01 10:00 Europe/Zurich"
    """
    from distro.admin.reachable import relay_trouble
    from distro.errors import UsageError
    from distro.flow import submission
    from distro.installation import running_parts
    from distro.installation.context import is_up, open_installation

    if bool(at) == now:
        raise UsageError(
            "say when: --now, or --at TIME",
            hint='distro submit release.md --to journalists --at "2026-12-01 10:00 Europe/Zurich"',
        )
    found = settings(config)
    order = submission.Order(
        files=files,
        to=to,
        at=at,
        idempotency_key=idempotency_key,
        as_new=as_new,
        no_fallback=no_fallback,
        actor=actor(),
    )
    asks = sys.stdin.isatty() and not yes and not as_json
    with open_installation(found) as installation:
        if asks and not _wanted(submission.plan(installation, order), at):
            output.say("Nothing was sent.")
            return 0
        accepted = submission.submit(installation, order)
        others = submission.also_waiting(installation, accepted)
        older = running_parts.warning(installation)
    trouble = relay_trouble(found)
    if as_json:
        output.document(
            {
                "release": accepted.release,
                "distribution": accepted.distribution,
                "state": accepted.state,
                "audience": accepted.audience,
                "again": accepted.again,
                "files": {e.language: _files_json(e) for e in accepted.planned.release.editions},
            }
        )
    else:
        what = (
            "was submitted before under this key"
            if accepted.again
            else (
                f"{output.count(accepted.audience, 'recipient')},"
                f" {'as soon as a worker takes it' if now else at}"
            )
        )
        output.say(f"{accepted.release} → {accepted.distribution}   {what}")
        if not asks:
            _warn_retold(accepted.planned)
            _show_files(accepted.planned.release.editions)
    for other, due in others:
        output.note(
            f"warning: {other} of the same release is waiting too, for {output.clock(due)}"
            f" ({found.site.timezone}). Whoever is in both gets it once, from the earlier. Not"
            f" meant? distro cancel {other}"
        )
    if older:
        output.note(f"warning: {older}")
    if trouble:
        output.note(f"warning: {trouble}")
        output.note(
            f"       The release is safe: all {accepted.audience:,} wait as queued, and workers try"
            " the relay again every 30 s."
        )
    if found.embedded and not is_up(found.data):
        output.note("warning: no worker runs here. Start one: distro up")
    if not as_json:
        output.say(f"Next: distro report {accepted.distribution}")
    return 0


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (check, preview, plan, submit):
        described(app, command)
    described(app, send_test, "test")
