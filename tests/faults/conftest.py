"""Rehearsals start real processes in a folder of their own and are judged by what a receiving
server noted.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: unix sockets have a limit."""
    with tempfile.TemporaryDirectory(prefix="distro-f-") as name:
        yield Path(name)
