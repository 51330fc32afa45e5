"""new, preview, test: begin a release, and look at a release before it is sent."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from distro.cli import output
from distro.cli.options import (
    Config,
    Files,
    Json,
    actor,
    described,
    reads_documents,
    settings,
)
from distro.readings import UNDECIDED, Choices


class Tier(StrEnum):
    """For whom a letter is shown."""

    everyone = "everyone"
    embargo = "embargo"
    low_bandwidth = "low-bandwidth"


_NewFile = Annotated[
    Path, typer.Argument(help="The Markdown file to write.", metavar="FILE", show_default=False)
]
_Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        help="press-release, statement, media-advisory, newsletter or update.",
        metavar="KIND",
    ),
]


def new(path: _NewFile, kind: _Kind = "press-release") -> int:
    """Write a sample release with every field explained; edit it, and check it. Overwrites nothing.

    Examples:

        distro new harbour.en.md
        distro new advisory.md --kind media-advisory
    """
    from distro.admin.sample_release import write_sample

    written = write_sample(path, kind)
    output.say(f"{written}\nNext: edit it, then distro check {written}")
    return 0


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


@reads_documents
def preview(
    files: Files,
    config: Config = None,
    as_json: Json = False,
    as_address: _AsAddress = "reader@outlet.example",
    out: _Out = Path("preview"),
    extremes: _Extremes = False,
    tier: _Tier = Tier.everyone,
    choices: Choices = UNDECIDED,
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
        choices,
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


@reads_documents
def send_test(
    files: Files,
    send_to: _SendTo,
    config: Config = None,
    as_json: Json = False,
    choices: Choices = UNDECIDED,
) -> int:
    """Send the real letter to a colleague, marked [Test], outside any distribution.

    It is not counted, and its unsubscribe link unsubscribes nobody.

    Examples:

        distro test release.md --send-to me@press.example
    """
    from distro.cli.opening import open_installation
    from distro.installation.rights import admit
    from distro.mailing import test_send

    with open_installation(settings(config)) as installation:
        admit(installation, actor(), "test")
        tried = test_send.send_test(installation, files, send_to, choices)
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
    described(app, new)
    described(app, preview)
    described(app, send_test, "test")
