"""Move the ledger's clock, in this process and in those that a test starts."""

from pathlib import Path

from distro.store import clock


def move(ms: int) -> None:
    """Let every script see Redis' clock so many milliseconds ahead; 0: as it is."""
    clock.offset_ms = ms


def write(file: Path, ms: int) -> None:
    """Do the same for processes whose DISTRO_CLOCK names this file."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(ms), encoding="ascii")
    fresh.rename(file)
