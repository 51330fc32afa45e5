"""The day at the press office is what `distro` prints: docs/a-day-at-the-press-office.md is run."""

import importlib.util
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.faults
@pytest.mark.timeout(180)
def test_the_day_at_the_press_office_is_what_happens(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("day", DOCS / "day.py")
    assert spec is not None
    assert spec.loader is not None
    day = importlib.util.module_from_spec(spec)
    sys.modules["day"] = day
    spec.loader.exec_module(day)

    text, letters = day.run(tmp_path)

    assert text.splitlines() == day.PAGE.read_text(encoding="utf-8").splitlines()
    assert {name for name, _ in day.pictured(letters)} == {"embargo", "correction", "hold", "kill"}
