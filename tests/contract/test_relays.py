"""One suite for every relay: SMTP pipelined, sequential, with TLS, with AUTH; a folder; memory."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from distro.model import Outcome, RelayLimits, State
from distro.relay.endpoint import Endpoint
from distro.relay.message import Message
from distro.relay.pool import Pool
from distro.relay.session import Session
from distro.relay.work import Lanes, Work
from tests.support.memory_relay import FolderPool, MemoryPool
from tests.support.smtp import ScriptedServer


@dataclass
class Job:
    message: Message


@dataclass
class Installation(Work[Job]):
    """Hands out letters and notes how they ended."""

    letters: list[str]
    allowed: bool = True
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    begun_for: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    limits: list[RelayLimits] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.total = len(self.letters)
        self.finished = asyncio.Event()
        self.halted = False

    async def demand(self) -> None:
        while not self.letters and not self.finished.is_set():
            await asyncio.sleep(0.005)

    async def take(self) -> Job | None:
        if self.halted or not self.letters:
            await asyncio.sleep(0.005)
            return None
        address = self.letters.pop(0)
        body = b"To: <%s>\r\nMessage-ID: <%s>\r\n\r\nHello\r\n" % (
            address.encode(),
            address.encode(),
        )
        return Job(Message("press@press.example", address, (body[:20], body[20:])))

    async def may_begin(self, job: Job) -> bool:
        return self.allowed

    def begun(self, job: Job) -> None:
        self.begun_for.append(job.message.recipient)

    def done(self, job: Job, outcome: Outcome) -> None:
        self.outcomes.setdefault(job.message.recipient, []).append(outcome)
        if sum(map(len, self.outcomes.values())) >= self.total:
            self.finished.set()

    def unreachable(self, why: str, pause: float) -> None:
        self.troubles.append(why)
        self.finished.set()

    def refused(self, why: str) -> None:
        self.troubles.append(f"us: {why}")
        self.halted = True
        self.finished.set()

    def learnt(self, relay: str, what: RelayLimits) -> None:
        self.limits.append(what)

    def broken(self, error: BaseException) -> None:
        self.troubles.append(f"broken: {error!r}")
        self.finished.set()

    def state(self, address: str) -> State:
        return self.outcomes[address][-1].state


def run(
    pool_of: Callable[[Installation], Lanes], letters: list[str], *, allowed: bool = True
) -> Installation:
    """Send letters through a pool until all ended, or trouble came."""

    async def main() -> Installation:
        installation = Installation(list(letters), allowed)
        pool = pool_of(installation)
        pool.start()
        async with asyncio.timeout(20):
            await installation.finished.wait()
        await pool.stop(2)
        return installation

    return asyncio.run(main())


def endpoint(server: ScriptedServer, **more: object) -> Endpoint:
    return Endpoint("localhost", server.port, **({"tls": "off"} | more))  # type: ignore[arg-type]


def through(
    server: ScriptedServer,
    letters: list[str],
    lanes: int = 2,
    *,
    allowed: bool = True,
    **more: object,
) -> Installation:
    return run(
        lambda installation: Pool(endpoint(server, **more), lanes, installation),
        letters,
        allowed=allowed,
    )


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def relay(
    kind: str, tmp_path: Path, authority: trustme.CA
) -> Iterator[tuple[Callable[[Installation], Lanes], Callable[[], int]]]:
    """A relay of each kind, and how many letters it holds."""
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_tls)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    if kind == "folder":
        yield (
            lambda installation: FolderPool(tmp_path, 2, installation),
            lambda: len(list(tmp_path.glob("*.eml"))),
        )
        return
    if kind == "memory":
        kept: list[MemoryPool[Job]] = []

        def make(installation: Installation) -> Lanes:
            kept.append(MemoryPool(2, installation))
            return kept[0]

        yield make, lambda: len(kept[0].kept)
        return
    cases: dict[str, tuple[ScriptedServer, dict[str, object]]] = {
        "pipelined": (ScriptedServer(), {}),
        "sequential": (ScriptedServer(extensions=()), {}),
        "chunking": (ScriptedServer(extensions=("PIPELINING", "CHUNKING")), {}),
        "helo only": (ScriptedServer(lambda verb, _: "502 what?" if verb == "EHLO" else None), {}),
        "starttls": (ScriptedServer(tls=server_tls), {"tls": "starttls", "context": ours}),
        "implicit": (
            ScriptedServer(tls=server_tls, implicit=True),
            {"tls": "implicit", "context": ours},
        ),
        "auth": (
            ScriptedServer(tls=server_tls, password="s3cret"),
            {"tls": "starttls", "context": ours, "user": "user", "password": "s3cret"},
        ),
        "login": (
            ScriptedServer(
                lambda verb, a: "250-x\r\n250 AUTH LOGIN" if verb == "EHLO" else None,
                password="s3cret",
            ),
            {"user": "user", "password": "s3cret"},
        ),
    }
    server, more = cases[kind]
    with server:
        yield (
            lambda installation: Pool(endpoint(server, **more), 2, installation),
            lambda: len(server.messages),
        )


KINDS = [
    "pipelined",
    "sequential",
    "chunking",
    "helo only",
    "starttls",
    "implicit",
    "auth",
    "login",
    "folder",
    "memory",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_arrives_once(kind: str, tmp_path: Path, authority: trustme.CA) -> None:
    letters = [f"r{i}@a.example" for i in range(12)]
    with relay(kind, tmp_path, authority) as (pool_of, kept):
        installation = run(pool_of, letters)

        assert sorted(installation.outcomes) == sorted(letters), installation.troubles
        assert all(
            len(o) == 1 and o[0].state is State.ACCEPTED and o[0].code == 250
            for o in installation.outcomes.values()
        )
        assert sorted(installation.begun_for) == sorted(letters)
        assert kept() == 12


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_begin_is_not_sent(kind: str, tmp_path: Path, authority: trustme.CA) -> None:
    """At 354 the only way out is to drop the connection; the recipient is queued again."""
    with relay(kind, tmp_path, authority) as (pool_of, kept):
        installation = run(pool_of, ["a@a.example", "b@a.example"], allowed=False)

        assert {a: installation.state(a) for a in installation.outcomes} == {
            "a@a.example": State.QUEUED,
            "b@a.example": State.QUEUED,
        }
        assert installation.begun_for == []
        assert kept() == 0


def only(address: str, verb: str, reply: str) -> Callable[[str, str], str | None]:
    """A script that answers one recipient's verb otherwise."""
    return lambda v, argument: reply if v == verb and address in argument else None


@pytest.mark.parametrize("extensions", [("PIPELINING",), (), ("PIPELINING", "CHUNKING")])
@pytest.mark.parametrize(
    ("verb", "reply", "state"),
    [
        ("RCPT", "550 5.1.1 no such user", State.FAILED),
        ("RCPT", "450 4.2.1 greylisted", State.DEFERRED),
        ("END", "554 5.6.0 no", State.FAILED),
        ("END", "451 4.3.0 later", State.DEFERRED),
        ("END", "DROP", State.IN_DOUBT),
    ],
)
def test_one_refusal_is_about_one_recipient(
    verb: str, reply: str, state: State, extensions: tuple[str, ...]
) -> None:
    with ScriptedServer(only("bad@", verb, reply), extensions=extensions) as server:
        installation = through(
            server, ["a@a.example", "bad@a.example", "b@a.example", "c@a.example"], lanes=1
        )

    assert installation.state("bad@a.example") is state
    assert all(installation.state(f"{x}@a.example") is State.ACCEPTED for x in "abc")
    assert sorted(r for r, _ in server.messages) == ["a@a.example", "b@a.example", "c@a.example"]


def test_data_accepted_for_nobody_is_ended_with_a_lone_dot() -> None:
    """RFC 2920 §3.1: 354 after a refused RCPT must not swallow the next letter."""

    def script(verb: str, argument: str) -> str | None:
        if verb == "RCPT" and "bad@" in argument:
            return "550 5.1.1 unknown"
        return "354 go" if verb == "DATA" else None

    with ScriptedServer(script) as server:
        installation = through(server, ["bad@a.example", "a@a.example"], lanes=1)

    assert installation.state("bad@a.example") is State.FAILED
    assert [r for r, _ in server.messages] == ["a@a.example"]


def test_a_connection_that_breaks_before_the_body_proves_nothing_was_sent() -> None:
    dropped: list[str] = []

    def script(verb: str, argument: str) -> str | None:
        if verb == "RCPT" and not dropped:
            dropped.append(argument)
            return "DROP"
        return None

    with ScriptedServer(script) as server:
        installation = through(server, ["a@a.example"], lanes=1)

    assert installation.state("a@a.example") is State.QUEUED
    assert server.messages == []


def test_a_421_in_the_middle_is_about_the_connection() -> None:
    """Another one is opened at once; the letter in hand is queued again."""
    with ScriptedServer(only("b@", "RCPT", "421 4.3.2 shutting down")) as server:
        installation = through(server, ["a@a.example", "b@a.example", "c@a.example"], lanes=1)

    assert installation.state("b@a.example") is State.QUEUED
    assert installation.state("c@a.example") is State.ACCEPTED
    assert installation.troubles == []


def test_three_refused_senders_are_our_fault() -> None:
    with ScriptedServer(
        lambda verb, _: "550 5.7.1 sender not allowed" if verb == "MAIL" else None
    ) as server:
        installation = through(server, [f"r{i}@a.example" for i in range(6)], lanes=1)

    assert any(t.startswith("us:") and "sender" in t for t in installation.troubles)
    assert all(o.state is State.QUEUED for found in installation.outcomes.values() for o in found)
    assert server.messages == []


def test_a_refused_password_is_our_fault() -> None:
    with ScriptedServer(password="right") as server:
        installation = through(server, ["a@a.example"], user="user", password="hunter2")

    assert any(t.startswith("us:") and "password" in t for t in installation.troubles)
    assert "hunter2" not in "".join(installation.troubles)


def test_an_untrusted_certificate_sends_nothing(authority: trustme.CA) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    with ScriptedServer(tls=tls) as server:
        installation = through(
            server, ["a@a.example"], tls="starttls", context=ssl.create_default_context()
        )

    assert any("certificate" in t for t in installation.troubles)
    assert not any(c.startswith("MAIL") for c in server.commands)


def test_a_relay_without_starttls_gets_no_letter_in_clear_text() -> None:
    with ScriptedServer() as server:
        installation = through(
            server, ["a@a.example"], tls="starttls", context=ssl.create_default_context()
        )

    assert any("STARTTLS" in t for t in installation.troubles)
    assert not any(c.startswith("MAIL") for c in server.commands)


@pytest.mark.parametrize("greeting", ["554 go away", "DROP", "hello there"])
def test_a_relay_that_does_not_greet_is_left_alone(greeting: str) -> None:
    with ScriptedServer(lambda verb, _: greeting if verb == "GREETING" else None) as server:
        assert through(server, ["a@a.example"]).troubles


def test_a_letter_over_the_relays_size_is_not_even_tried() -> None:
    with ScriptedServer(extensions=("PIPELINING", "SIZE 10")) as server:
        installation = through(server, ["a@a.example"], lanes=1)

    assert installation.state("a@a.example") is State.FAILED
    assert not any(c.startswith("MAIL") for c in server.commands)


def test_an_international_address_needs_smtputf8() -> None:
    with (
        ScriptedServer() as plain,
        ScriptedServer(extensions=("PIPELINING", "SMTPUTF8", "8BITMIME")) as modern,
    ):
        assert through(plain, ["jörg@a.example"], lanes=1).state("jörg@a.example") is State.FAILED
        assert (
            through(modern, ["jörg@a.example"], lanes=1).state("jörg@a.example") is State.ACCEPTED
        )
    assert any("SMTPUTF8" in c for c in modern.commands)


def test_a_lane_that_dies_of_a_bug_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead lane would keep its letter `sending` for ever; whoever owns the work must know."""

    def bug(self: Installation, job: Job, outcome: Outcome) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Installation, "done", bug)
    with ScriptedServer() as server:
        installation = through(server, ["a@a.example"], lanes=1)

    assert installation.troubles == ["broken: RuntimeError('a bug')"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("tls", ["off", "starttls", "implicit"])
@pytest.mark.parametrize("size", [100, 40_000, 900_000])
def test_a_break_after_the_end_is_a_doubt_over_tls_too(
    loop: str, tls: str, size: int, authority: trustme.CA
) -> None:
    """A letter that the relay has, and whose answer was lost, is never taken for one that was not
    sent.

    Over TLS half of them were, by the way in which its transport counts: they went out a second
    time in silence.
    """
    import uvloop

    theirs, ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(theirs)
    authority.configure_trust(ours)
    arrived: list[int] = []

    class Server(ScriptedServer):
        async def _data(
            self, recipient: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> bool:
            raw = await reader.readuntil(b"\r\n.\r\n")
            arrived.append(len(raw))
            return False

    async def one(server: Server) -> State:
        more: dict[str, object] = {} if tls == "off" else {"context": ours}
        session = Session(endpoint(server, tls=tls, **more))
        await session.open()
        line = b"x" * 70 + b"\r\n"
        sent = await session.send(
            Message("p@p.example", "a@a.example", (line * (size // 72 + 1),)), _yes, lambda: None
        )
        session.abort("")
        await asyncio.sleep(0.01)
        return sent.outcome.state

    with Server(tls=None if tls == "off" else theirs, implicit=tls == "implicit") as server:
        with asyncio.Runner(
            loop_factory=uvloop.new_event_loop if loop == "uvloop" else None
        ) as runner:
            states = [runner.run(one(server)) for _ in range(4)]
    assert len(arrived) == 4
    assert states == [State.IN_DOUBT] * 4


async def _yes() -> bool:
    return True


@pytest.mark.parametrize("extensions", [("PIPELINING",), ("PIPELINING", "CHUNKING")])
def test_what_we_fail_to_understand_ends_the_connection_and_no_more(
    monkeypatch: pytest.MonkeyPatch, extensions: tuple[str, ...]
) -> None:
    """Any surprise in a reply used to end the process, and the next one, without end."""

    def surprised(text: str) -> str:
        raise ValueError(text)

    monkeypatch.setattr("distro.relay.session.queue_id", surprised)
    with ScriptedServer(extensions=extensions) as server:
        installation = through(server, ["a@a.example"])
    assert installation.state("a@a.example") is State.IN_DOUBT
    assert not any("broken" in trouble for trouble in installation.troubles)
