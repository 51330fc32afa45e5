"""Ends of lives: parts notice that their supervisor is gone, pool children that their worker is,
and a stop is shared.
"""

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
        self._memory[0] = 1

    def is_set(self) -> bool:
        return self._memory[0] == 1


def when_orphaned(act: Callable[[], None], *, also: Callable[[], bool] = lambda: False) -> None:
    """Call `act` once when this process has lost its parent, or `also` says so; watched by a
    thread.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and not also():
            time.sleep(0.2)
        act()

    threading.Thread(target=watch, name="orphan watch", daemon=True).start()


def follow_supervisor() -> None:
    """A part of `distro up` stops by itself when `up` is gone."""
    if os.environ.get(SUPERVISED):
        when_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM))
