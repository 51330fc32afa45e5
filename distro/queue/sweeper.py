"""`distro sweep`: the loop beside every worker."""

import signal
import threading
from collections.abc import Callable

from distro import log
from distro.errors import StoreGoneError
from distro.flow.sweep import Sweep
from distro.incoming import forwarding, processing
from distro.incoming.sources import follow_all
from distro.installation.context import Installation, open_installation
from distro.installation.running_parts import keep_publishing
from distro.lib.process_life import follow_supervisor
from distro.outgoing import telling
from distro.queue.app import make_app
from distro.queue.publish import publish
from distro.settings.load import Settings
from distro.subscribers import housekeeping, signup, transactional

EVERY = 0.2  # seconds between two rounds: how late a start may be
_POST = 1.0  # seconds between two looks for letters to single readers
_CHORES = 30.0  # seconds between two rounds about the book
_FEEDBACK = 1.0  # seconds between two looks for what came back
_ANSWERS = 2.0  # seconds between two looks for answers to hand on
_WEBHOOKS = 1.0  # seconds between two looks for what other systems are to be told
_OLD = 3600.0  # seconds between two looks for what was kept long enough


def run(settings: Settings) -> int:
    """Sweep until TERM; gives the exit code."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow_supervisor()
    with open_installation(settings) as installation:
        installation.consent.replay(installation.store)
        app = make_app(installation.broker, "distro-sweep")
        sweep = Sweep(installation)
        keep_publishing(installation, "sweep")
        for name, seconds, act in (
            ("letters", _POST, _serve_readers),
            ("book", _CHORES, housekeeping.once),
            ("feedback", _FEEDBACK, processing.once),
            ("answers", _ANSWERS, forwarding.send_waiting),
            ("old feedback", _OLD, processing.tend),
            *([("webhooks", _WEBHOOKS, telling.once)] if settings.webhook else []),
        ):
            threading.Thread(
                target=_again_and_again,
                args=(installation, stop, seconds, act),
                name=name,
                daemon=True,
            ).start()
        follow_all(installation.settings, stop)
        log.get().info("sweep ready")
        while not stop.is_set():
            try:
                publish(app, sweep.once())
                stop.wait(EVERY)
            except StoreGoneError as error:
                sweep.gap()
                log.get().warning("Redis does not answer; the sweep waits", why=error.message)
                stop.wait(EVERY)
        app.close()
    return 0


def _serve_readers(installation: Installation) -> None:
    """Answer what readers asked for on pages, and send the letters to single readers that wait."""
    signup.answer(installation)
    transactional.send_waiting(installation)


def _again_and_again(
    installation: Installation,
    stop: threading.Event,
    seconds: float,
    act: Callable[[Installation], object],
) -> None:
    """Do something every so often, in a thread of its own: a relay that is silent holds up no
    chores, and neither the sweep.
    """
    pause = 1.0
    while not stop.wait(pause):
        pause = seconds
        try:
            act(installation)
        except StoreGoneError:
            pause = 1.0
        except Exception as error:  # noqa: BLE001 - a bug here must not end the sweep of letters
            log.get().error(
                "tending the book failed; it is tried again", why=repr(error), exc_info=error
            )
            pause = _CHORES
