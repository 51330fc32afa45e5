"""A wake-up: where a worker should look next. Celery carries it, the ledger decides."""

from dataclasses import dataclass

from distro.model import DistributionId


@dataclass(frozen=True, slots=True)
class Wake:
    """Look at a distribution (`batch` < 0), or at one of its batches."""

    distribution: DistributionId
    batch: int = -1
    deliver: bool = False  # send; else do what its state asks for
