"""The two tasks. A wake-up says where to look; what is there to do is in the ledger."""

from celery import Celery

from distro import log
from distro.errors import DistroError, StoreGoneError
from distro.flow.freeze import advance as look_at
from distro.model import DistributionId
from distro.queue.pool_process import PoolProcess
from distro.queue.publish import ADVANCE, DELIVER, publish


def register(app: Celery) -> None:
    """Declare the tasks to an app."""

    @app.task(name=ADVANCE)
    def advance(distribution: str) -> None:
        """Do what the state of a due distribution asks for: freeze it, or let it begin."""
        try:
            number = DistributionId(distribution)
            publish(app, look_at(PoolProcess.current().installation, number))
        except StoreGoneError as error:
            _redis_is_away(error)
        except DistroError as error:
            log.get().error(
                "cannot go on with a distribution",
                distribution=f"D{distribution}",
                why=error.message,
            )

    @app.task(name=DELIVER)
    def deliver(distribution: str, batch: int) -> None:
        """Send what a distribution has for this process; `batch` < 0: any of its batches."""
        try:
            number = DistributionId(distribution)
            publish(app, PoolProcess.current().sending.deliver(number, batch))
        except StoreGoneError as error:
            _redis_is_away(error)
        except DistroError as error:
            log.get().error(
                "cannot send a distribution; the sweep will call again",
                distribution=f"D{distribution}",
                why=error.message,
            )


def _redis_is_away(error: StoreGoneError) -> None:
    log.get().warning("Redis does not answer; the sweep will call again", why=error.message)
