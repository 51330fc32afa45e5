"""Run a pool of connections ("lanes"): each takes letters from its `Work` and reports how each
ended.

A lane opens its connection when there is work, keeps it while there is more, and closes it after
some idle seconds, or when it has carried as many letters as the relay takes. What the relay allows
is learnt in `capacity`; only one that lets none of the lanes in is left alone for a growing while,
by all lanes together.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic

from distro import log
from distro.lib.inline_task import InlineTask
from distro.model import Outcome, RelayLimits, State
from distro.relay.capacity import KNOCK, QUICK, Capacity
from distro.relay.connection import CLOSING
from distro.relay.endpoint import ConnectionBrokenError, Endpoint, RelayRefusedError
from distro.relay.message import Message
from distro.relay.refusals import RefusalMonitor
from distro.relay.reply import Scope
from distro.relay.session import Sent, Session
from distro.relay.work import J, Work

IDLE = 20.0  # seconds that an unused connection stays open
_IDLE_AT_LEAST = (
    2.0  # seconds that a connection waited for a letter before its end counts as an idle time-out
)
# Seconds: the first pause after a temporary refusal of MAIL, and the longest.
_BACKOFF = (
    1.0,
    30.0,
)


@dataclass(slots=True)
class _Health:
    """The state of a relay that takes no letters for now (4xx at MAIL), shared by its lanes."""

    pause: float = 0.0  # seconds; 0: it takes them
    until: float = 0.0  # loop time


@dataclass(slots=True)
class _Carried:
    """The work of one connection."""

    letters: int = 0  # that were accepted
    announced: bool = False  # the relay ended it with 421 where the next letter began
    broke: bool = False  # it ended without a word
    why: str = ""  # the last words about its end


class Pool(Generic[J]):
    """All lanes of a process to one relay; `relays.Relays` shares the work between several."""

    def __init__(
        self,
        endpoint: Endpoint,
        lanes: int,
        work: Work[J],
        *,
        unanswered: int = 0,
        letters: int = 0,
    ) -> None:
        """Prepare so many lanes.

        `unanswered`: bodies without an answer at most; `letters` a connection at most (0: no
        limit).
        """
        self.endpoint = endpoint
        self._bodies = asyncio.Semaphore(unanswered) if 0 < unanswered < lanes else None
        self.work = work
        self.lanes = lanes
        self._sessions: set[Session] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._health = _Health()
        self._blame = RefusalMonitor()
        self.capacity = Capacity(lanes, letters)
        self._told = RelayLimits()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin; nothing is connected until there is work."""
        self._tasks = [
            asyncio.create_task(self._lane(), name=f"lane {n}") for n in range(self.lanes)
        ]
        self._tasks.append(asyncio.create_task(self._watch(), name="deadlines"))
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Report a lane that died of a bug: it would keep its letter `sending` for ever."""
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
            carried = _Carried()
            task = InlineTask(self._letters(session, carried))
            task.go()
            try:
                await task.end
            finally:
                task.close()
            await session.quit()
            self._sessions.discard(session)
            await self._closed(carried)

    async def _letters(self, session: Session, carried: "_Carried") -> None:
        """Send one letter after the other, while the connection lives and takes more."""
        loop = asyncio.get_running_loop()
        while not (
            self._stopping.is_set() or session.closed or self.capacity.full(carried.letters)
        ):
            since = loop.time()
            job = await self.work.take()
            if job is None:
                return
            sent = await self._sent(session, job)
            self.work.done(job, sent.outcome)
            if sent.outcome.state is State.ACCEPTED:
                carried.letters += 1
                self.capacity.accepted()
                self._health.pause = 0.0
            self._learn(job, sent, carried, loop.time() - since)

    async def _sent(self, session: Session, job: J) -> Sent:
        """Send one letter. Nothing that a server says ends more than its connection, whatever we
        fail to make of it.
        """
        on_the_wire = False

        def begun() -> None:
            nonlocal on_the_wire
            self.work.begun(job)
            on_the_wire = True

        may_begin = partial(self.work.may_begin, job)
        try:
            return await (
                session.send(job.message, may_begin, begun)
                if self._bodies is None
                else self._unanswered(session, job.message, may_begin, begun)
            )
        except (ValueError, LookupError, TypeError) as error:
            log.get().warning(
                "a reply of the relay was not understood",
                relay=self.endpoint.name,
                error=type(error).__name__,
            )
            session.abort(f"not understood ({type(error).__name__})")
            state = State.IN_DOUBT if on_the_wire else State.QUEUED
            return Sent(
                Outcome(
                    state, 0, "what the relay said was not understood", relay=self.endpoint.name
                ),
                Scope.RELAY,
            )

    async def _unanswered(
        self,
        session: Session,
        message: Message,
        may_begin: Callable[[], Awaitable[bool]],
        begun: Callable[[], None],
    ) -> Sent:
        """Send while no more than so many bodies have no answer yet."""
        assert self._bodies is not None
        bodies, acquired = self._bodies, False

        async def one_of_few() -> bool:
            nonlocal acquired
            acquired = await bodies.acquire()  # the server waits at 354: nothing is in doubt there
            return await may_begin()

        try:
            return await session.send(message, one_of_few, begun)
        finally:
            if acquired:
                bodies.release()

    def _learn(self, job: J, sent: Sent, carried: "_Carried", seconds: float) -> None:
        """Learn from an outcome about the connection, the relay, or us."""
        ours = self._blame.learn(job.message.recipient, sent)
        if ours:
            self.work.refused(f"the relay {self.endpoint.name} {ours}")
        elif sent.scope is Scope.RELAY:
            carried.why = f"{sent.outcome.code or ''} {sent.outcome.text}".strip()
            # It was closed while it waited for a letter.
            idle = carried.letters > 0 and seconds > _IDLE_AT_LEAST
            if idle and sent.outcome.code in (0, CLOSING):
                self.capacity.was_idle(seconds)
            elif sent.outcome.code == CLOSING:
                carried.announced = True
            elif sent.outcome.code:
                self._pause(carried.why)
            else:
                carried.broke = True

    async def _closed(self, carried: "_Carried") -> None:
        """Note what the end of a connection says about the relay."""
        pause = self.capacity.closed(
            asyncio.get_running_loop().time(),
            carried.letters,
            announced=carried.announced,
            broke=carried.broke,
        )
        self._tell()
        if pause:
            self.work.unreachable(f"{self.endpoint.name}: {carried.why}", pause)
        elif carried.broke and not carried.letters:
            await self._rest(QUICK)

    def _tell(self) -> None:
        """Say what was learnt, when it is something else than before."""
        if self.capacity.learnt != self._told:
            self._told = self.capacity.learnt
            self.work.learnt(self.endpoint.name, self._told)

    async def _rest(self, seconds: float) -> None:
        """Wait, or until everything stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _opened(self) -> Session | None:
        """Return a connection, or None after waiting: the relay allows no more now, or is away, and
        all lanes have learnt it.
        """
        loop = asyncio.get_running_loop()
        wait = max(self.capacity.wait(loop.time()), self._health.until - loop.time())
        if wait > 0:
            await self._rest(min(1.0, wait))
            return None
        session = Session(self.endpoint)
        self._sessions.add(session)
        self.capacity.begin()
        greeting = False
        try:
            await session.open()
        except RelayRefusedError as error:
            if error.verdict.scope is Scope.US:
                self.work.refused(
                    f"the relay {self.endpoint.name} does not let us in: {error.reply}"
                )
            why, greeting = str(error), True
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not trusted ({error.verify_message})"
        except (
            OSError,
            ssl.SSLError,
            ConnectionBrokenError,
            TimeoutError,
            ValueError,
            LookupError,
        ) as error:
            why = str(error) or type(error).__name__
        except BaseException:
            self.capacity.opening -= 1
            raise
        else:
            self.capacity.opened(loop.time())
            return session
        session.abort("not opened")
        self._sessions.discard(session)
        pause = self.capacity.refused(loop.time(), greeting=greeting)
        self._tell()
        if pause:
            self.work.unreachable(f"{self.endpoint.name}: {why}", pause)
        else:
            await self._rest(KNOCK if greeting and not self.capacity.open else QUICK)
        return None

    def _pause(self, why: str) -> None:
        loop = asyncio.get_running_loop()
        if self._health.until > loop.time():
            return
        self._health.pause = min(max(self._health.pause * 2, _BACKOFF[0]), _BACKOFF[1])
        self._health.until = loop.time() + self._health.pause
        self.work.unreachable(f"{self.endpoint.name}: {why}", self._health.pause)


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Return a context that verifies certificates, TLS 1.2 or later.

    `ca_file` is trusted beside the system's authorities.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def shares(connections: int, processes: int) -> Sequence[int]:
    """Return how many lanes each of the processes gets; together exactly the connections."""
    return [connections // processes + (n < connections % processes) for n in range(processes)]
