"""Halt a distribution that a fault of ours, or broken data, keeps from going on."""

from distro import log
from distro.errors import DistroError, StoreGoneError
from distro.installation.context import Installation
from distro.store import ledger_scripts

FAULT = "fault"  # the guard that halted: `distro resume` tries once more


def halt_for_fault(
    installation: Installation, distribution: str, doing: str, error: Exception
) -> None:
    """Halt a distribution with the reason, so that it does not fail again and again.

    `doing` says what could not be done: "the letter cannot be made". Raises the error again where
    Redis is away, which is no fault of the distribution.
    """
    if isinstance(error, StoreGoneError):
        raise error
    known = isinstance(error, DistroError)
    why = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    if isinstance(error, DistroError):
        why = error.message
    log.get().error(
        "a distribution is halted",
        distribution=f"D{distribution}",
        doing=doing,
        why=why,
        exc_info=None if known else error,
    )
    hint = "" if known else " (a fault of distro, or broken data: the log has more)"
    halt = ledger_scripts.halt(distribution, "", f"{doing}: {why}{hint}", FAULT)
    installation.store.call(halt)
