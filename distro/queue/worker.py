"""`distro worker`: a Celery worker whose pool processes each keep their sending side for life."""

import warnings

from celery.exceptions import SecurityWarning

from distro import log
from distro.flow.concurrency import processes
from distro.installation.context import open_installation
from distro.installation.running_parts import keep_publishing
from distro.lib.process_life import StopFlag, follow_supervisor
from distro.queue import tasks
from distro.queue.app import make_app
from distro.queue.pool_process import PoolProcess
from distro.settings.load import Settings


def run(settings: Settings) -> int:
    """Run a worker until TERM; return the exit code."""
    with open_installation(settings) as installation:
        # Every refusal that this host has on disk counts before the first intent.
        installation.consent.replay(installation.store)
        app = make_app(installation.broker)
        tasks.register(app)
        keep_publishing(installation, "worker")
        PoolProcess.at_birth(installation, StopFlag())
        follow_supervisor()
        # Root and pickle together would be a risk; we accept JSON only.
        warnings.filterwarnings("ignore", category=SecurityWarning)
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
