"""Show problems and enclosed files of releases: what `check`, `plan` and `submit` share."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from distro.cli import output

if TYPE_CHECKING:
    from distro.model import Edition
    from distro.readings import Problem


def files_text(edition: "Edition", *, pictures: bool) -> str:
    """Return the files that travel with an edition, each with its size: factsheet.pdf (1.2 MB)."""
    wanted = [f for f in edition.files if bool(f.source) is pictures]
    return " · ".join(f"{f.name} ({output.size(f.size)})" for f in wanted)


def show_files(editions: "Iterable[Edition]") -> None:
    """Show what goes out beside the text, so that nobody sends a file by mistake."""
    for edition in editions:
        for label, pictures in (("attached", False), ("pictures", True)):
            text = files_text(edition, pictures=pictures)
            if text:
                output.say(f"  {label} ({edition.language})   {text}")


def show_problems(problems: "Sequence[Problem]") -> None:
    """Show what the linter found, a line each."""
    for p in problems:
        output.say(f"  {p.level.value:<8} {f'line {p.line}' if p.line else '':<9} {p.message}")
    if problems:
        output.say()
