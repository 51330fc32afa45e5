"""The interface between a pool and its caller: where letters come from, and where outcomes go."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from distro.model import Outcome, RelayLimits
from distro.relay.message import Message


class Sendable(Protocol):
    """One letter to send."""

    @property
    def message(self) -> Message:
        """Return the letter."""


J = TypeVar("J", bound=Sendable)


class Work(Protocol[J]):
    """The source of letters and the place of their outcomes; implemented by the flow."""

    async def demand(self) -> None:
        """Return when there may be something to send, or when everything stops."""

    async def take(self) -> J | None:
        """Return the next letter; None after IDLE seconds without one, or when everything stops."""

    async def may_begin(self, job: J) -> bool:
        """Return whether, right now, this letter's body may begin."""

    def begun(self, job: J) -> None:
        """Note that the first byte of the body follows."""

    def done(self, job: J, outcome: Outcome) -> None:
        """Record how a letter ended."""

    def unreachable(self, why: str, pause: float) -> None:
        """Note that the relay cannot be reached and is left alone for so many seconds."""

    def refused(self, why: str) -> None:
        """Halt everything: the relay refuses us (password, sender)."""

    def learnt(self, relay: str, what: RelayLimits) -> None:
        """Note that the relay has a limit that was not known."""

    def broken(self, error: BaseException) -> None:
        """Note that a lane died of a bug: its letter's end must not be forgotten."""


class Lanes(Protocol):
    """The common part of all pools."""

    lanes: int

    def start(self) -> None:
        """Begin to send."""

    async def stop(self, seconds: float) -> None:
        """Let what is in flight end, for at most so many seconds, and close every connection."""


PoolOf = Callable[[Work[Any]], Lanes]
