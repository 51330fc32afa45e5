"""Promise 2 and 3 under mixed faults: nobody lost, nobody falsely accepted, nobody twice who was
never in doubt.
"""

import os
from pathlib import Path

import pytest

from tests.faults.rehearsal import run

pytestmark = pytest.mark.faults
SEEDS = range(1, 1 + int(os.environ.get("DISTRO_FAULT_RUNS", "5")))


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_faults(seed: int, folder: Path) -> None:
    found = run(seed, 1000, folder, faults=5)
    found.verdict.check(doubts=found.bound)
    assert found.state == "sent"
