"""What a pool asks of its users, and what every kind of pool has."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from distro.model import Outcome, RelayLimits
from distro.relay.message import Message


class Sendable(Protocol):
    """One letter to send."""

    @property
    def message(self) -> Message: ...


J = TypeVar("J", bound=Sendable)


class Work(Protocol[J]):
    """Where letters come from and outcomes go; implemented by the flow."""

    async def demand(self) -> None:
        """Return when there may be something to send, or when everything stops."""

    async def take(self) -> J | None:
        """The next letter; None after IDLE seconds without one, or when everything stops."""

    async def may_begin(self, job: J) -> bool:
        """Whether, right now, this letter's body may begin."""

    def begun(self, job: J) -> None:
        """Called before the first byte of the body."""

    def done(self, job: J, outcome: Outcome) -> None:
        """How it ended."""

    def unreachable(self, why: str, pause: float) -> None:
        """The relay cannot be reached; it is left alone for so many seconds."""

    def refused(self, why: str) -> None:
        """The relay refuses us (password, sender): everything should halt."""

    def learnt(self, relay: str, what: RelayLimits) -> None:
        """Note that the relay has a limit that was not known."""

    def broken(self, error: BaseException) -> None:
        """A lane died of a bug; its letter's end must not be forgotten."""


class Lanes(Protocol):
    """What the pool and its twins have in common."""

    lanes: int

    def start(self) -> None: ...

    async def stop(self, seconds: float) -> None: ...


PoolOf = Callable[[Work[Any]], Lanes]
