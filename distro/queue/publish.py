"""Wake-ups as Celery messages. One that cannot be published is left to the sweep."""

from collections.abc import Iterable

from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import KombuError

from distro import log
from distro.flow.wake import Wake
from distro.queue.app import QUEUE

ADVANCE, DELIVER = "distro.advance", "distro.deliver"


def broker_state(broker: str) -> tuple[int, str]:
    """How many wake-ups wait in the broker, and why it cannot be reached ("" if it can)."""
    try:
        with Connection(broker, connect_timeout=5) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1, interval_start=0.1)
            return (
                int(
                    connection.default_channel.queue_declare(
                        queue=QUEUE, passive=False, durable=True
                    ).message_count
                ),
                "",
            )
    except (KombuError, OSError) as error:
        return 0, str(error) or type(error).__name__


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
