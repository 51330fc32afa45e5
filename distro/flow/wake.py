"""What a worker should look at next; carried by Celery, decided by the ledger."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wake:
    """What should happen next: look at a distribution (`batch` < 0), or at one of its batches."""

    distribution: str
    batch: int = -1
    deliver: bool = False
