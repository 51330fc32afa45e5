"""A process of the worker's pool: its installation and its sending side, for its life."""

import os
from typing import Any, ClassVar

from billiard.process import current_process
from celery import signals

from distro import log
from distro.flow.concurrency import own_core, processes
from distro.flow.sending_process import SendingProcess
from distro.installation.context import Installation
from distro.lib.process_life import StopFlag, when_orphaned
from distro.mailing.transport import pool_of
from distro.store import connect


class PoolProcess:
    """One process of the pool, made after the fork."""

    _current: ClassVar["PoolProcess | None"] = None

    def __init__(self, parent: Installation, stop: StopFlag) -> None:
        index = getattr(current_process(), "index", 0) or 0
        # A connection that is shared over a fork would mix up the answers.
        self.installation = parent.with_store(connect(parent.url))
        self.sending = SendingProcess(
            self.installation,
            pool_of(parent.settings, index, processes(parent)),
            core=own_core(parent, index),
        )
        self._worker = os.getppid()
        when_orphaned(self._leave, also=stop.is_set)

    @classmethod
    def current(cls) -> "PoolProcess":
        """Return the one of this process; it is made at the process's birth."""
        if cls._current is None:
            raise RuntimeError("a task runs outside the worker's pool")
        return cls._current

    @classmethod
    def at_birth(cls, parent: Installation, stop: StopFlag) -> None:
        """Have Celery make one in each process that it forks, and end it with the process."""

        def begin(**_: Any) -> None:
            log.configure(name="worker", zone=parent.settings.site.timezone)
            cls._current = cls(parent, stop)

        def shutting_down(**_: Any) -> None:
            stop.set()

        def end(**_: Any) -> None:
            if cls._current:
                cls._current.sending.stop()

        signals.worker_process_init.connect(begin, weak=False)
        signals.worker_shutting_down.connect(shutting_down, weak=False)
        signals.worker_process_shutdown.connect(end, weak=False)

    def _leave(self) -> None:
        """Finish what is in flight: the worker stops, or is gone and nobody else would end us."""
        self.sending.stop()
        if os.getppid() != self._worker:
            os._exit(0)
