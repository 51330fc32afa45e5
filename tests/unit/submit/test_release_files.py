"""A folder stands for the release files in it."""

from pathlib import Path

import pytest

from distro.errors import InputFileError
from distro.installation.release_files import release_files


def names(folder: Path) -> list[str]:
    return [path.name for path in release_files([folder])]


def test_a_folder_gives_its_editions_and_not_what_lies_beside_them(tmp_path: Path) -> None:
    (tmp_path / "a.en.md").write_text("attachments: [factsheet.docx]\n![x](boats.jpg)")
    for name in ("a.fr.docx", "factsheet.docx", "table.pdf", "boats.jpg", "README.md", "~$a.docx"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".hidden.md").write_text("x")
    (tmp_path / "inner.md").mkdir()
    assert names(tmp_path) == ["a.en.md", "a.fr.docx"]


def test_a_file_is_itself_whatever_its_name(tmp_path: Path) -> None:
    assert release_files([tmp_path / "table.pdf"]) == [tmp_path / "table.pdf"]


def test_a_folder_without_a_release_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no release is in this folder"):
        names(tmp_path)
    for number in range(41):
        (tmp_path / f"{number}.md").write_text("x")
    with pytest.raises(InputFileError, match="41 files are no release"):
        names(tmp_path)
