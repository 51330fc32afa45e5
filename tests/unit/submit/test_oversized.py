"""A letter that Gmail would cut is named by `check`; a small one is not even compiled."""

from pathlib import Path

import pytest

from distro.mailing import preview
from distro.settings.load import load
from distro.submit import read
from tests.support.installation import write_release


def test_a_letter_over_the_limit_is_named(tmp_path: Path) -> None:
    body = "\n\n".join(["Towns agreed today to share a plan for the winter."] * 900)
    reading = read(write_release(tmp_path, body=body))
    assert ["Gmail" in p.message for p in preview.oversized(load(None, needed=False), [reading])]


def test_a_small_letter_is_not_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "compile_letter", None)
    assert preview.oversized(load(None, needed=False), [read(write_release(tmp_path))]) == []
