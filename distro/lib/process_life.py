"""Detect that a parent process is gone, and share a shutdown flag with forked children."""

import mmap
import os
import signal
import threading
import time
from collections.abc import Callable

SUPERVISED = "DISTRO_SUPERVISED"


class StopFlag:
    """A flag that forked children see."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Set the flag, for all processes that share it."""
        self._memory[0] = 1

    def is_set(self) -> bool:
        """Return whether somebody set the flag."""
        return self._memory[0] == 1


def when_orphaned(act: Callable[[], None], *, also: Callable[[], bool] = lambda: False) -> None:
    """Call `act` once when this process has lost its parent, or `also` says so; watched by a
    thread.
    """
    parent = os.getppid()

    def watch() -> None:
        """Look until the parent is gone, or `also` says so; then act."""
        while os.getppid() == parent and not also():
            time.sleep(0.2)
        act()

    threading.Thread(target=watch, name="orphan watch", daemon=True).start()


def follow_supervisor() -> None:
    """Stop this part of `distro up` by itself when `up` is gone."""
    if os.environ.get(SUPERVISED):
        when_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM))
