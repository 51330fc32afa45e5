"""Stop a process at a named point, so that a fault test can see what becomes of its letters. Off
unless asked for.

DISTRO_FAULT="begun:3:/tmp/stage" stops the process that passes the point `begun` for the third
time: it writes its pid into /tmp/stage, once for all processes that share that file, and stands
still until the file is gone or it is killed. Without the variable a point costs one call of an
empty function.
"""

import os
import time
from pathlib import Path

_ASKED = os.environ.get("DISTRO_FAULT", "")
_NAME, _, _REST = _ASKED.partition(":")
_COUNT, _, _STAGE = _REST.partition(":")
_passed = 0


def armed(name: str) -> bool:
    """Return whether this is the point that is asked for."""
    return name == _NAME


def _point(name: str) -> None:
    """Stand still here, if it is the time."""
    global _passed
    if name != _NAME:
        return
    _passed += 1
    if _passed != int(_COUNT):
        return
    stage, done = Path(_STAGE), Path(f"{_STAGE}.done")
    try:
        os.close(os.open(done, os.O_CREAT | os.O_EXCL))
    except FileExistsError:  # another process, or an earlier life of this one, was here
        return
    stage.with_suffix(".new").write_text(str(os.getpid()), encoding="ascii")
    stage.with_suffix(".new").rename(stage)
    while stage.exists():
        time.sleep(0.005)


def _off(name: str) -> None:
    """Do nothing: nobody asked for a point."""


point = _point if _ASKED else _off
