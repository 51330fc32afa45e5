"""`distro sweep`: the loop beside every worker."""

import signal
import threading

from distro import log
from distro.errors import StoreGoneError
from distro.flow.office import opened
from distro.flow.sweep import Sweep
from distro.queue.app import make_app
from distro.queue.life import follow_supervisor
from distro.queue.wakes import publish
from distro.settings import Settings

EVERY = 0.2    # seconds between two rounds: how late a start may be


def run(settings: Settings) -> int:
    """Sweep until TERM; gives the exit code."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow_supervisor()
    with opened(settings) as office:
        office.consent.replay(office.store)
        app = make_app(office.broker, "distro-sweep")
        sweep = Sweep(office)
        log.get().info("sweep ready")
        while not stop.wait(EVERY):
            try:
                publish(app, sweep.once())
            except StoreGoneError as error:
                sweep.gap()
                log.get().warning("Redis does not answer; the sweep waits", why=error.message)
        app.close()
    return 0
