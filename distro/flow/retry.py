"""Decide after a temporary refusal when to try again, and when to give up."""

import random
import time

from distro.model import Outcome, State
from distro.settings.sending import Retry
from distro.times import parse_duration


def retry_or_give_up(
    outcome: Outcome, attempts: int, retry: Retry, began_ms: int
) -> tuple[Outcome, int]:
    """Return a deferred outcome with the wait until the next attempt, ms; failed once the retry
    period is over.
    """
    first, longest, period = (
        parse_duration(text) for text in (retry.first, retry.longest, retry.period)
    )
    wait = min(first * 2 ** min(attempts - 1, 30), longest)
    wait *= random.uniform(0.8, 1.2)  # scattered, so that not all come back at once
    if time.time() + wait > began_ms / 1000 + period:
        text = f"given up after {retry.period}: {outcome.text}"
        return outcome._replace(state=State.FAILED, text=text), 0
    return outcome, int(wait * 1000)
