"""Read one file (`read`), and join several as one release (`release_of`)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from distro.documents import read_document
from distro.documents.archive import LARGEST
from distro.documents.reader import is_document
from distro.errors import InputFileError, RefusedError
from distro.lib.cpu_limit import TookTooLongError, time_limit
from distro.model import Edition, Release
from distro.readings import UNDECIDED, Choices, Level, Problem, Reading
from distro.submit import check, source
from distro.submit.from_document import read_from_document
from distro.submit.markdown import read_markdown
from distro.submit.plaintext import read_plain_text
from distro.submit.prose import paragraphs

PATIENCE = (
    1.5  # seconds of processor time for one file; a release of a hundred pages takes a third of it
)


def read(
    path: Path, zone: str = "UTC", private: Sequence[Path] = (), choices: Choices = UNDECIDED
) -> Reading:
    """Read one file into an edition with all its problems. Raises InputFileError for what is no
    text.

    `private` are files and folders of the installation: a release that attaches one of them has an
    error. `choices`: what was decided about changes and comments that are left in a document.
    """
    if is_document(path):
        return _ordered(_document(path, zone, private, choices))
    found = source.load(path)
    is_markdown = path.suffix.lower() in (".md", ".markdown", ".mdown") or found.text.startswith(
        "---\n"
    )
    try:
        with time_limit(PATIENCE):
            reading = (
                read_markdown(found, zone, private, clean=choices.clean)
                if is_markdown
                else read_plain_text(found, zone)
            )
            linted = (
                check.lint(found.name, reading.edition, found.text, zone) if reading.edition else []
            )
            for text in (
                (reading.edition.notes_to_editors, reading.edition.boilerplate)
                if reading.edition
                else ()
            ):
                paragraphs(text)  # a worker will parse it too, and has no limit
    except TookTooLongError:
        raise InputFileError(
            f"{path}: no text of a release takes over {PATIENCE:g} s to read",
            hint="Is it the right file? Its longest lines are a place to look.",
        ) from None
    if reading.edition is None:
        return reading
    return _ordered(replace(reading, file=found.name, problems=(*reading.problems, *linted)))


def _document(path: Path, zone: str, private: Sequence[Path], choices: Choices) -> Reading:
    """Read a document; its own reader has limits of its own."""
    raw = source.read_bytes(path, LARGEST)
    document = read_document(path, raw, choices)
    try:
        with time_limit(PATIENCE):
            beside = path.parent if path.suffix.lower() in (".html", ".htm") else None
            return read_from_document(path.name, document, zone, private, choices, beside)
    except TookTooLongError:
        raise InputFileError(
            f"{path}: no text of a release takes over {PATIENCE:g} s to read",
            hint="Is it the right file?",
        ) from None


def _ordered(reading: Reading) -> Reading:
    """Return a reading with its errors first."""
    ordered = sorted(reading.problems, key=lambda p: (p.level is not Level.ERROR, p.line))
    return replace(reading, problems=tuple(ordered))


def release_of(readings: Sequence[Reading]) -> Release:
    """Put the editions of one story together; raises RefusedError with every reason why they cannot
    be one.
    """
    problems = [p for reading in readings for p in reading.errors]
    editions = [reading.edition for reading in readings if reading.edition is not None]
    by_language: dict[str, str] = {}
    for reading in readings:
        if reading.edition is None:
            continue
        other = by_language.setdefault(reading.edition.language, reading.file)
        if other != reading.file:
            problems.append(
                Problem(
                    reading.file,
                    0,
                    Level.ERROR,
                    f"a second {reading.edition.language} edition beside {other}: say `language:`"
                    " in the front matter",
                )
            )
    if len(by_language) < len(editions) and not any("second" in p.message for p in problems):
        problems.append(Problem(readings[-1].file, 0, Level.ERROR, "the same edition twice"))
    if problems:
        raise RefusedError(
            "this release cannot be sent as it is",
            code="problems_in_release",
            details=[worded(p) for p in problems],
        )
    slug = next((e.slug for e in editions if e.slug), "") or source.slug_of(editions[0].headline)
    return Release(slug, editions[0].kind, tuple(editions))


def record_of(readings: Sequence[Reading]) -> str:
    """Return what was decided about changes and comments left in documents, for the record."""
    return "; ".join(f"{r.file}: {', '.join(r.record)}" for r in readings if r.record)


def worded(problem: Problem) -> str:
    """Return a problem in one line, as compilers print it."""
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{where}: {problem.level}: {problem.message}"


def embargo_of(editions: Sequence[Edition]) -> str:
    """Return the embargo that all editions share; raise RefusedError when they contradict one
    another.
    """
    times = {e.embargo for e in editions if e.embargo}
    if len(times) > 1:
        raise RefusedError(
            "the editions name different embargoes: " + ", ".join(sorted(times)),
            hint="Give all of them the same `embargo:`.",
        )
    return next(iter(times), "")
