"""Publish wake-ups as Celery messages. One that cannot be published is left to the sweep."""

import contextlib
from collections.abc import Iterable
from typing import Any

from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import KombuError

from distro import log
from distro.flow.wake import Wake
from distro.installation.context import Installation
from distro.model import DistributionId
from distro.queue.app import QUEUE, make_app

ADVANCE, DELIVER = "distro.advance", "distro.deliver"
_PATIENCE = 2  # seconds that a command waits for the broker
# A broker that is away, or whose address is wrong, which `distro doctor` says.
_AWAY = (KombuError, OSError, KeyError, ValueError)


def publish(app: Celery, wakes: Iterable[Wake]) -> None:
    """Put wake-ups into the broker."""
    for wake in wakes:
        try:
            if wake.deliver:
                app.send_task(DELIVER, (wake.distribution, wake.batch))
            else:
                app.send_task(ADVANCE, (wake.distribution,))
        except (KombuError, OSError) as error:
            log.get().warning(
                "a wake-up could not be published; the sweep will call again", why=str(error)
            )
            return


class Publisher:
    """Wakes a worker for what a command has just committed.

    Made before the commit: importing Celery and connecting take longer than everything after it.
    """

    def __init__(self, installation: Installation) -> None:
        self._app = make_app(installation.broker, "distro-submit")
        self._connection: Any = None  # the sweep calls instead
        with contextlib.suppress(*_AWAY):
            connection = self._app.connection_for_write(connect_timeout=_PATIENCE)
            connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=_PATIENCE)
            self._connection = connection

    def advance(self, distribution: DistributionId) -> None:
        """Have a worker look at a distribution that is due now."""
        if self._connection is None:
            return
        with contextlib.suppress(*_AWAY):
            self._app.send_task(ADVANCE, (distribution,), connection=self._connection, retry=False)
        self._connection.release()


def broker_state(broker: str) -> tuple[int, str]:
    """Return how many wake-ups wait in the broker, and why it cannot be reached ("" if it can)."""
    try:
        with Connection(broker, connect_timeout=5) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1, interval_start=0.1)
            queue = connection.default_channel.queue_declare(
                queue=QUEUE, passive=False, durable=True
            )
            return int(queue.message_count), ""
    except (KombuError, OSError) as error:
        return 0, str(error) or type(error).__name__
