"""Pass the offset that fault tests add to the ledger's one clock, Redis TIME; it is 0 outside of
them.

A script gets it as its only key: production passes none. DISTRO_CLOCK names a file with the offset
for processes that a rehearsal starts; a test in the same process sets `offset_ms`.
"""

import contextlib
import os
from pathlib import Path

offset_ms = 0
_FILE = os.environ.get("DISTRO_CLOCK", "")


def offset() -> int:
    """Return the milliseconds to add to Redis TIME."""
    if _FILE:
        with contextlib.suppress(OSError, ValueError):
            return int(Path(_FILE).read_text(encoding="ascii"))
    return offset_ms


def script_keys() -> tuple[int, ...]:
    """Return what stands between a script and its arguments: the number of keys, and the offset."""
    found = offset()
    return (1, found) if found else (0,)
