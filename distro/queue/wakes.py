"""Wake-ups as Celery messages. One that cannot be published is left to the sweep."""

from collections.abc import Iterable

from celery import Celery
from kombu.exceptions import KombuError

from distro import log
from distro.flow.office import Wake

ADVANCE, DELIVER = "distro.advance", "distro.deliver"


def publish(app: Celery, wakes: Iterable[Wake]) -> None:
    """Put wake-ups into the broker."""
    for wake in wakes:
        try:
            if wake.deliver:
                app.send_task(DELIVER, (wake.distribution, wake.batch))
            else:
                app.send_task(ADVANCE, (wake.distribution,))
        except (KombuError, OSError) as error:
            log.get().warning("a wake-up could not be published; the sweep will call again", why=str(error))
            return
