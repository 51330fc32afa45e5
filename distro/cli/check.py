"""check: what is understood of a release, and every problem with its line."""

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Files, Json, described, reads_documents, settings
from distro.cli.release_files import files_text, show_problems
from distro.readings import UNDECIDED, Choices

if TYPE_CHECKING:
    from distro.readings import Problem, Reading


class Format(StrEnum):
    """The form in which problems are shown."""

    text = "text"
    json = "json"
    github = "github"


_ShowDropped = Annotated[
    bool, typer.Option("--show-dropped", help="Show every line that was left out.")
]


_Format = Annotated[
    Format,
    typer.Option("--format", help="github: as annotations of a workflow.", show_default=False),
]
_Online = Annotated[bool, typer.Option("--online", help="Also ask whether its links answer.")]


@reads_documents
def check(
    files: Files,
    config: Config = None,
    as_json: Json = False,
    show_dropped: _ShowDropped = False,
    form: _Format = Format.text,
    online: _Online = False,
    choices: Choices = UNDECIDED,
) -> int:
    """Show what is understood of a release, and every problem with its line.

    Needs neither Redis nor settings, and sends nothing. Exit 1 if there are errors. A folder stands
    for the release files in it.

    Examples:

        distro check release.md
        distro check release.en.md release.fr.docx --json
        distro check releases/harbour --format github
        distro check release.md --online
    """
    from distro.installation.release_files import release_files
    from distro.mailing.checking import checked
    from distro.readings import Level
    from distro.submit.as_json import problem_json, reading_json

    found, form = settings(config, needed=False), _form(form, as_json=as_json)
    paths = release_files(files)
    readings, problems = checked(found, paths, choices)
    if online:
        from distro.admin.link_check import dead_links

        problems += dead_links(readings)
    if form is Format.github:
        given = {path.name: str(path) for path in paths}
        for problem in problems:
            output.say(_annotation(problem, given.get(problem.file, problem.file)))
    elif form is Format.json:
        output.document(
            {
                "editions": [reading_json(r) for r in readings],
                "problems": [problem_json(p) for p in problems],
            }
        )
    else:
        for reading in readings:
            _show_reading(reading, show_dropped=show_dropped)
        show_problems([p for p in problems if not any(p in r.problems for r in readings)])
    errors = sum(p.level is Level.ERROR for p in problems)
    if form is Format.text:
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


def _form(form: Format, *, as_json: bool) -> Format:
    return Format.json if as_json and form is Format.text else form


def _annotation(problem: "Problem", path: str) -> str:
    """Return a problem as a workflow command of GitHub Actions; `path` as it was given."""
    signs = {"%": "%25", "\r": "%0D", "\n": "%0A"}
    message = "".join(signs.get(sign, sign) for sign in problem.message)
    name = path.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    line = f",line={problem.line}" if problem.line else ""
    return f"::{problem.level.value} file={name}{line}::{message}"


def _account_text(reading: "Reading") -> str:
    """Return the sum of a document's account, in one line."""
    if not reading.account:
        return ""
    used = sum(a.pieces for a in reading.account if a.used)
    lost = Counter[str]()
    for one in reading.account:
        if not one.used:
            lost[one.dropped] += one.pieces
    parts = [f"{used:,} used", *(f"{n:,} {why}" for why, n in lost.most_common() if n)]
    return f"{reading.pieces:,} {reading.unit} = {' + '.join(parts)}"


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
            ("Published", reading.published),
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
            ("In the file", _account_text(reading)),
            ("Dropped", "" if show_dropped else _dropped(reading)),
        ]
    )
    if show_dropped and reading.dropped:
        output.say("\n  Dropped")
        for number, text in reading.dropped:
            output.say(f"    {'' if reading.account else f'line {number:<4}'} {text}")
    output.say()
    show_problems(list(reading.problems))


def _dropped(reading: "Reading") -> str:
    if not reading.dropped:
        return ""
    numbers = [number for number, _ in reading.dropped]
    first = next((text for _, text in reading.dropped if len(text) > 2), reading.dropped[0][1])
    if reading.account:
        return f"{output.count(len(numbers), 'block')}      --show-dropped"
    return (
        f"{output.count(len(numbers), 'line')} between {numbers[0]} and {numbers[-1]}:"
        f' "{first[:40]}" …      --show-dropped'
    )


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    described(app, check)
