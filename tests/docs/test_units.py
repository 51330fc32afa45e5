"""The systemd units of `systemd/`: valid, and hardened as docs/deploy.md says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"),
    reason="install systemd to have its units judged: apt install systemd",
)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_what_systemd_understands(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    # A program that is there.
    here.write_text(unit.read_text().replace("/opt/distro/bin/distro", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert unit.name not in done.stderr, done.stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_as_closed_as_the_docs_say(unit: Path) -> None:
    outcome = re.search(
        r"`systemd-analyze security` gives each unit (\d\.\d)",
        (ROOT / "docs" / "deploy.md").read_text(),
    )
    assert outcome
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= float(outcome[1])
