"""Bound the processor time that reading hostile input may take."""

import contextlib
import gc
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_AGAIN = 0.05  # seconds until the error is raised once more


class TookTooLongError(Exception):
    """The block inside `time_limit` used up its time."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TookTooLongError in the block once it has used so many seconds of processor time.

    Processor time, so that a busy machine changes nothing. Signals reach only the main thread:
    elsewhere there is no limit, and readers must be linear by themselves. The regular expression
    engine looks for signals while it matches.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        """End what runs when its time is over."""
        del number, frame
        raise TookTooLongError

    before, collects = signal.signal(signal.SIGPROF, over), gc.isenabled()
    gc.disable()  # an error that is raised while garbage is collected is swallowed …
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)  # … and so may others be: it comes again
    try:
        yield
    finally:
        ended = False
        while not ended:
            with contextlib.suppress(TookTooLongError):  # one that came late, after the block
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.signal(signal.SIGPROF, before)
                ended = True
        if collects:
            gc.enable()
