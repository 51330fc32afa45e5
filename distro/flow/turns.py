"""Halt and resume: once a halt is acknowledged no intent is written, and no body begins more than a second later."""

from distro.errors import RefusedError
from distro.flow.office import Office
from distro.store.scripts import ledger


def halt(office: Office, distribution: str, *, actor: str, reason: str) -> str:
    """Stop a distribution; gives its state. Raises RefusedError where there is nothing to stop."""
    what, state = office.store.call(ledger.turn(distribution, "halt", actor, reason))
    if what != "ok":
        raise RefusedError(f"D{distribution} is {state}: there is nothing to halt")
    return state


def resume(office: Office, distribution: str, *, actor: str, reason: str) -> str:
    """Go on; overrides the guard that halted, for this distribution."""
    what, state = office.store.call(ledger.turn(distribution, "resume", actor, reason))
    if what != "ok":
        raise RefusedError(f"D{distribution} is {state}, not halted")
    return state
