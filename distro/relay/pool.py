"""Lanes: one connection each, taking letters from whoever has them (`Work`) and telling how each ended.

A lane opens its connection when there is work, keeps it while there is more, and closes it after some idle seconds. A
relay that cannot be reached is left alone for a growing while, by all lanes together.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

from distro.errand import Errand
from distro.model import Outcome
from distro.relay.blame import Blame
from distro.relay.envelope import Message
from distro.relay.reply import Scope
from distro.relay.session import ConnectionBrokenError, Endpoint, RelayRefusedError, Sent, Session

IDLE = 20.0              # seconds that an unused connection stays open
_BACKOFF = (1.0, 30.0)   # seconds: the first pause after a failed connection, and the longest


class Letter(Protocol):
    """One letter to send."""

    @property
    def message(self) -> Message: ...


J = TypeVar("J", bound=Letter)


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

    def broken(self, error: BaseException) -> None:
        """A lane died of a bug; its letter's end must not be forgotten."""


@dataclass(slots=True)
class _Health:
    """What all lanes know about their relay."""

    pause: float = 0.0          # seconds; 0: reachable
    until: float = 0.0          # loop time


class Pool(Generic[J]):
    """All lanes of a process to one relay; `relays.Relays` shares the work between several."""

    def __init__(self, endpoint: Endpoint, lanes: int, work: Work[J], *, unanswered: int = 0) -> None:
        self.endpoint = endpoint
        self._bodies = asyncio.Semaphore(unanswered) if 0 < unanswered < lanes else None
        self.work = work
        self.lanes = lanes
        self._sessions: set[Session] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._health = _Health()
        self._blame = Blame()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin; nothing is connected until there is work."""
        self._tasks = [asyncio.create_task(self._lane(), name=f"lane {n}") for n in range(self.lanes)]
        self._tasks.append(asyncio.create_task(self._watch(), name="deadlines"))
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A lane that dies of a bug would keep its letter `sending` for ever: whoever owns the work must know."""
        if not task.cancelled() and (error := task.exception()):
            self.work.broken(error)

    async def stop(self, seconds: float) -> None:
        """Take nothing new, let what is in flight end within so many seconds, close."""
        self._stopping.set()
        await asyncio.wait(self._tasks[:-1], timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for session in list(self._sessions):
            session.abort("stopping")

    async def _watch(self) -> None:
        """Give up connections whose server has been silent for too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            for session in list(self._sessions):
                if session.deadline < loop.time():
                    session.abort("no answer in time")

    async def _lane(self) -> None:
        while not self._stopping.is_set():
            await self.work.demand()
            session = None if self._stopping.is_set() else await self._opened()
            if session is None:
                continue
            errand = Errand(self._letters(session))
            errand.go()
            try:
                await errand.end
            finally:
                errand.close()
            await session.quit()
            self._sessions.discard(session)

    async def _letters(self, session: Session) -> None:
        """One letter after the other, while there are any and the connection lives."""
        while not (self._stopping.is_set() or session.closed):
            job = await self.work.take()
            if job is None:
                return
            may_begin, begun = partial(self.work.may_begin, job), partial(self.work.begun, job)
            sent = await (session.send(job.message, may_begin, begun) if self._bodies is None else self._unanswered(session, job.message, may_begin, begun))
            self.work.done(job, sent.outcome)
            self._learn(job, sent)

    async def _unanswered(self, session: Session, message: Message, may_begin: Callable[[], Awaitable[bool]], begun: Callable[[], None]) -> Sent:
        """The same, while no more than so many bodies have no answer yet."""
        assert self._bodies is not None
        bodies, held = self._bodies, False

        async def one_of_few() -> bool:
            nonlocal held
            held = await bodies.acquire()     # the server waits at 354: nothing is in doubt there
            return await may_begin()

        try:
            return await session.send(message, one_of_few, begun)
        finally:
            if held:
                bodies.release()

    def _learn(self, job: J, sent: Sent) -> None:
        """What an outcome says about the relay, or about us."""
        ours = self._blame.learn(job.message.recipient, sent)
        if ours:
            self.work.refused(f"the relay {self.endpoint.name} {ours}")
        elif sent.scope is Scope.RELAY and sent.outcome.code:
            self._pause(f"{sent.outcome.code} {sent.outcome.text}")

    async def _opened(self) -> Session | None:
        """A connection, or None after waiting: the relay is away, and all lanes have learnt it."""
        loop = asyncio.get_running_loop()
        if self._health.until > loop.time():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(1.0, self._health.until - loop.time())):
                    await self._stopping.wait()
            return None
        session = Session(self.endpoint)
        self._sessions.add(session)
        try:
            await session.open()
        except RelayRefusedError as error:
            if error.verdict.scope is Scope.US:
                self.work.refused(f"the relay {self.endpoint.name} refuses our password: {error.reply}")
            self._pause(str(error))
        except ssl.SSLCertVerificationError as error:
            self._pause(f"its certificate is not trusted ({error.verify_message})")
        except (OSError, ssl.SSLError, ConnectionBrokenError, TimeoutError) as error:
            self._pause(str(error) or type(error).__name__)
        else:
            self._health.pause = 0.0
            return session
        session.abort("not opened")
        self._sessions.discard(session)
        return None

    def _pause(self, why: str) -> None:
        loop = asyncio.get_running_loop()
        if self._health.until > loop.time():
            return
        self._health.pause = min(max(self._health.pause * 2, _BACKOFF[0]), _BACKOFF[1])
        self._health.until = loop.time() + self._health.pause
        self.work.unreachable(f"{self.endpoint.name}: {why}", self._health.pause)


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Verified certificates, TLS 1.2 or later; `ca_file` is trusted beside the system's."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def shares(connections: int, processes: int) -> Sequence[int]:
    """How many lanes each of the processes gets; together exactly the connections."""
    return [connections // processes + (n < connections % processes) for n in range(processes)]
