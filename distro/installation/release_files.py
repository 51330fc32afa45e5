"""Read the files of a release as an office reads them: its time zone, its private files; a folder
stands for the release files in it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from distro.documents import SUFFIXES
from distro.errors import InputFileError
from distro.readings import UNDECIDED, Choices, Reading
from distro.settings.load import Settings
from distro.submit import read

_TEXTS = (".md", ".markdown", ".mdown", ".txt")
# In a folder, a PDF is an attachment; as a release it must be named.
_RELEASES = (*_TEXTS, *(suffix for suffix in SUFFIXES if suffix != ".pdf"))
_NO_RELEASES = {"readme", "license", "changelog", "notes"}  # names of files about a folder
_LOOKED_AT = 100_000  # characters of a text
_MOST = 40  # files of a release: it has one for each language


def read_files(
    settings: Settings, files: Sequence[Path], choices: Choices = UNDECIDED
) -> tuple[Reading, ...]:
    """Read every file of a release. Raises InputFileError."""
    zone, private = settings.site.timezone, settings.private_paths
    return tuple(read(path, zone, private, choices) for path in release_files(files))


def release_files(files: Sequence[Path]) -> list[Path]:
    """Return the files, folders replaced by the release files in them. Raises InputFileError."""
    found = [path for given in files for path in _within(given)]
    if len(found) > _MOST:
        raise InputFileError(
            f"{len(found)} files are no release: one has a file for each language",
            hint="Name the files, or the folder of one release.",
        )
    return found


def _within(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    try:
        names = sorted(one for one in path.iterdir() if _is_release(one))
        said = "\n".join(_start_of(one) for one in names if one.suffix.lower() in _TEXTS)
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from None
    if not names:
        raise InputFileError(
            f"{path}: no release is in this folder",
            hint=f"One file for each language: {', '.join(_RELEASES[:6])} …",
        )
    # A document that a text names is its attachment.
    yield from (one for one in names if one.suffix.lower() in _TEXTS or one.name not in said)


def _start_of(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LOOKED_AT)


def _is_release(path: Path) -> bool:
    return (
        path.suffix.lower() in _RELEASES
        and not path.name.startswith((".", "~$"))  # Word's lock files
        and path.stem.lower() not in _NO_RELEASES
        and path.is_file()
    )
