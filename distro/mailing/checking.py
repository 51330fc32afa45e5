"""Check the files of a release as an office does: each by itself, and all side by side."""

from collections.abc import Sequence
from pathlib import Path

from distro.errors import InputFileError
from distro.installation.release_files import read_files
from distro.mailing.preview import oversized
from distro.readings import Choices, Level, Problem, Reading
from distro.settings.load import Settings
from distro.submit.side_by_side import differences, missing_editions


def checked(
    settings: Settings, paths: Sequence[Path], choices: Choices
) -> tuple[list[Reading], list[Problem]]:
    """Read the files; return them with the problems of each, and of all side by side."""
    readings: list[Reading] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            readings += read_files(settings, [path], choices)
        except InputFileError as error:
            problems.append(Problem(path.name, 0, Level.ERROR, error.message))
    problems += [p for reading in readings for p in reading.problems]
    problems += differences(readings)
    problems += missing_editions(readings, settings.languages.required)
    problems += oversized(settings, readings)
    return readings, problems
