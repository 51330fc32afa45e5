"""`distro sweep`: the loop beside every worker."""

import signal
import threading
import time

from distro import log
from distro.errors import StoreGoneError
from distro.flow import chores, post
from distro.flow.office import Office, opened
from distro.flow.sweep import Sweep
from distro.queue.app import make_app
from distro.queue.life import follow_supervisor
from distro.queue.wakes import publish
from distro.settings import Settings

EVERY = 0.2    # seconds between two rounds: how late a start may be; a submit is seen at once
_CHORES = 30.0  # seconds between two rounds about the book


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
        threading.Thread(target=_tend, args=(office, stop), name="book", daemon=True).start()
        log.get().info("sweep ready")
        while not stop.is_set():
            try:
                office.store.command("BLPOP", "ring", EVERY)
                publish(app, sweep.once())
            except StoreGoneError as error:
                sweep.gap()
                log.get().warning("Redis does not answer; the sweep waits", why=error.message)
                stop.wait(EVERY)
        app.close()
    return 0


def _tend(office: Office, stop: threading.Event) -> None:
    """The letters to single readers at once, the chores of the book now and then; beside the sweep, which must not wait."""
    due = 0.0
    while not stop.wait(1.0):
        try:
            post.send_waiting(office)
            if time.monotonic() >= due:
                due = time.monotonic() + _CHORES
                chores.once(office)
        except StoreGoneError:
            continue
        except Exception as error:  # noqa: BLE001 - a bug here must not end the sweep of letters
            log.get().error("tending the book failed; it is tried again", why=repr(error), exc_info=error)
            due = time.monotonic() + _CHORES
