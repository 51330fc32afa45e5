"""Halt a distribution that a fault of ours, or broken data, keeps from going on: with a reason, and
not again and again.
"""

from distro import log
from distro.errors import DistroError, StoreGoneError
from distro.installation.context import Installation
from distro.store import ledger_scripts

FAULT = "fault"  # the guard that halted: `distro resume` tries once more


def halt_for_fault(
    installation: Installation, distribution: str, doing: str, error: Exception
) -> None:
    """Halt a distribution because of an error; raise it again if Redis is away, which is nobody's
    fault.

    `doing` is what could not be done: "the letter cannot be made".
    """
    if isinstance(error, StoreGoneError):
        raise error
    known = isinstance(error, DistroError)
    why = (
        error.message
        if isinstance(error, DistroError)
        else f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    )
    log.get().error(
        "a distribution is halted",
        distribution=f"D{distribution}",
        doing=doing,
        why=why,
        exc_info=None if known else error,
    )
    hint = "" if known else " (a fault of distro, or broken data: the log has more)"
    installation.store.call(
        ledger_scripts.turn(distribution, "halt", "", f"{doing}: {why}{hint}", FAULT)
    )
