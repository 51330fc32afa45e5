"""check, preview, test: look at a release before it is sent."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distro.cli import output
from distro.cli.options import Config, Files, Json, actor, described, settings
from distro.cli.release_files import files_json, files_text, problem_json, show_problems


class Tier(StrEnum):
    """For whom a letter is shown."""

    everyone = "everyone"
    embargo = "embargo"
    low_bandwidth = "low-bandwidth"


if TYPE_CHECKING:
    from distro.model import Reading


_ShowDropped = Annotated[
    bool, typer.Option("--show-dropped", help="Show every line that was left out.")
]


def check(
    files: Files,
    config: Config = None,
    as_json: Json = False,
    show_dropped: _ShowDropped = False,
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
                "problems": [problem_json(p) for p in problems],
            }
        )
    else:
        for reading in readings:
            _show_reading(reading, show_dropped=show_dropped)
        show_problems([p for p in problems if not any(p in r.problems for r in readings)])
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
        **files_json(edition),
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
            ("Attached", files_text(edition, pictures=False)),
            ("Pictures", files_text(edition, pictures=True)),
            ("Dropped", "" if show_dropped else _dropped(reading)),
        ]
    )
    if show_dropped and reading.dropped:
        output.say("\n  Dropped")
        for number, text in reading.dropped:
            output.say(f"    line {number:<4} {text}")
    output.say()
    show_problems(list(reading.problems))


def _dropped(reading: "Reading") -> str:
    if not reading.dropped:
        return ""
    numbers = [number for number, _ in reading.dropped]
    first = next((text for _, text in reading.dropped if len(text) > 2), reading.dropped[0][1])
    return (
        f"{output.count(len(numbers), 'line')} between {numbers[0]} and {numbers[-1]}:"
        f' "{first[:40]}" …      --show-dropped'
    )


_AsAddress = Annotated[
    str,
    typer.Option(
        "--as", help='Whose letter to show: an address, or "Name <address>".', metavar="ADDRESS"
    ),
]
_Out = Annotated[Path, typer.Option("--out", help="The folder to write into.", metavar="DIR")]
_Extremes = Annotated[
    bool,
    typer.Option(
        "--extremes",
        help=("Also for invented readers: the longest name and address, no name, Arabic."),
    ),
]
_Tier = Annotated[
    Tier,
    typer.Option(
        "--tier",
        help=(
            "As trusted readers get it before an embargo is over, or as readers on "
            "a slow connection get it."
        ),
        show_default=False,
    ),
]


def preview(
    files: Files,
    config: Config = None,
    as_json: Json = False,
    as_address: _AsAddress = "reader@outlet.example",
    out: _Out = Path("preview"),
    extremes: _Extremes = False,
    tier: _Tier = Tier.everyone,
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


_SendTo = Annotated[
    str,
    typer.Option("--send-to", help="A colleague's address.", metavar="ADDRESS", show_default=False),
]


def send_test(
    files: Files,
    send_to: _SendTo,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Send the real letter to a colleague, marked [Test], outside any distribution.

    It is not counted, and its unsubscribe link unsubscribes nobody.

    Examples:

        distro test release.md --send-to me@press.example
    """
    from distro.installation.context import open_installation
    from distro.installation.rights import admit
    from distro.mailing import test_send

    with open_installation(settings(config)) as installation:
        admit(installation, actor(), "test")
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


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (check, preview):
        described(app, command)
    described(app, send_test, "test")
