"""`distro worker`: a Celery worker whose pool children each keep one `Sender` for their life."""

import os
import warnings
from typing import Any

from billiard.process import current_process
from celery import Celery, signals
from celery.exceptions import SecurityWarning

from distro import log
from distro.errors import DistroError, StoreGoneError
from distro.flow.concurrency import own_core, processes
from distro.flow.freeze import advance
from distro.flow.sending_process import SendingProcess
from distro.installation.context import Installation, open_installation
from distro.installation.running_parts import keep_publishing
from distro.lib.process_life import StopFlag, follow_supervisor, when_orphaned
from distro.mailing.transport import pool_of
from distro.queue.app import make_app
from distro.queue.publish import ADVANCE, DELIVER, publish
from distro.settings.load import Settings
from distro.store import connect


class _PoolChild:
    """What a pool child has after the fork."""

    def __init__(self, parent: Installation, stop: StopFlag) -> None:
        self.installation = Installation(
            parent.settings,
            connect(parent.url),
            parent.url,
            parent.broker,
            parent.keys,
            parent.host,
        )
        index = getattr(current_process(), "index", 0) or 0
        self.sender = SendingProcess(
            self.installation,
            pool_of(parent.settings, index, processes(parent)),
            core=own_core(parent, index),
        )
        when_orphaned(self._leave, also=stop.is_set)
        self._worker = os.getppid()

    def _leave(self) -> None:
        """Told to stop, or the worker is gone: finish what is in flight. Without a worker nobody
        else would end us.
        """
        self.sender.stop()
        if os.getppid() != self._worker:
            os._exit(0)


def run(settings: Settings) -> int:
    """Run a worker until TERM; gives the exit code."""
    with open_installation(settings) as installation:
        installation.consent.replay(
            installation.store
        )  # every "no" of this host counts before the first intent
        app = make_app(installation.broker)
        stop = StopFlag()
        keep_publishing(installation, "worker")
        register(app, installation, stop)
        follow_supervisor()
        warnings.filterwarnings(
            "ignore", category=SecurityWarning
        )  # root and pickle would be a risk; we take only JSON
        worker = app.Worker(
            pool="prefork",
            concurrency=processes(installation),
            loglevel="WARNING",
            hostname=f"{installation.host}@distro",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        log.get().info(
            "worker ready",
            processes=processes(installation),
            relay=" ".join(relay.name for relay in settings.relay),
        )
        worker.start()
        return int(worker.exitcode or 0)


def register(app: Celery, installation: Installation, stop: StopFlag) -> None:
    """Declare the two tasks and what children do at birth and at the end."""
    child: list[_PoolChild] = []

    def mine() -> _PoolChild:
        if not child:
            child.append(_PoolChild(installation, stop))
        return child[0]

    def begin(**_: Any) -> None:
        log.configure(name="worker", zone=installation.settings.site.timezone)
        mine()

    def shutting_down(**_: Any) -> None:
        stop.set()

    def end(**_: Any) -> None:
        if child:
            child[0].sender.stop()

    signals.worker_process_init.connect(begin, weak=False)
    signals.worker_shutting_down.connect(shutting_down, weak=False)
    signals.worker_process_shutdown.connect(end, weak=False)

    @app.task(name=ADVANCE)
    def advance_task(distribution: str) -> None:
        try:
            publish(app, advance(mine().installation, distribution))
        except StoreGoneError as error:
            log.get().warning("Redis does not answer; the sweep will call again", why=error.message)
        except DistroError as error:
            log.get().error(
                "cannot go on with a distribution",
                distribution=f"D{distribution}",
                why=error.message,
            )

    @app.task(name=DELIVER)
    def deliver_task(distribution: str, batch: int) -> None:
        try:
            publish(app, mine().sender.deliver(distribution, batch))
        except StoreGoneError as error:
            log.get().warning("Redis does not answer; the sweep will call again", why=error.message)
        except DistroError as error:
            log.get().error(
                "cannot send a distribution; the sweep will call again",
                distribution=f"D{distribution}",
                why=error.message,
            )
