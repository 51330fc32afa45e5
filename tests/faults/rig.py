"""Two worker hosts, their sweeps and one Redis as real processes, each of which can be killed; and
the oracle afterwards.

The oracle reads the receiving server's own log and the ledger, nothing else.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil

from distro.audience import importing
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.installation.secrets import host_id, load_keys
from distro.ledger.audit import audit
from distro.model import BY_LETTER, State
from distro.settings.load import load
from distro.store import Store, connect, keys
from distro.store.embedded import Embedded
from distro.store.ledger_scripts import RECORD_SIZE
from distro.store.records import address_at, unpack_record
from tests.faults.proxy import CuttingProxy
from tests.faults.sink import Sink
from tests.support import clock
from tests.support.installation import write_release

HOSTS = ("a", "b")
CONNECTIONS = 5  # of each host
SETTINGS = """\
redis = "{redis}"
broker = "{broker}"
data = "./var"
[in_doubt]
after = "1s"
policy = "{policy}"
[retry]
first = "1s"
[worker]
processes = 1
batch = {batch}
lease = "3s"
[limits]
doubts_least = 100000
errors_least = 100000
[[relay]]
url = "smtp://127.0.0.1:{smtp}?tls=off"
connections = {connections}
unanswered = {unanswered}
"""


@dataclass
class Rig:
    """Everything of one rehearsal, in a folder."""

    folder: Path
    sink: Sink
    policy: str = "resend"
    broker: str = ""  # another broker than Redis' second database
    through_proxy: bool = False
    fault: str = ""  # DISTRO_FAULT of the parts
    redis_config: tuple[str, ...] = ()
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    connections: int = CONNECTIONS
    # What a part finds in its environment besides.
    environment: Callable[[str], dict[str, str]] = lambda part: {}
    batch: int = 250
    unanswered: int = 0

    def __post_init__(self) -> None:
        self.server = Embedded(self.folder)
        self.keeper: subprocess.Popen[bytes] | None = None
        self.proxy: CuttingProxy | None = None
        self.left_down: set[str] = set()  # parts that nobody restarts
        self.ahead_ms = 0  # by which the ledger's clock is ahead
        self._ending = threading.Event()
        self._caretaker = threading.Thread(target=self._keep, daemon=True)

    # -- life

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.start_redis()
        self.store: Store = connect(self.server.url(), patience=100)
        socket = self.server.socket_path
        if self.through_proxy:
            self.proxy = CuttingProxy(self.folder / "p.sock", socket)
            self.proxy.__enter__()
            socket = self.folder / "p.sock"
        password = self.server.password()
        for host in HOSTS:
            (self.folder / host).mkdir()
            (self.folder / host / "distro.toml").write_text(
                SETTINGS.format(
                    redis=f"unix://:{password}@{socket}?db=0",
                    broker=self.broker or f"redis+socket://:{password}@{socket}?virtual_host=1",
                    smtp=self.sink.port,
                    policy=self.policy,
                    batch=self.batch,
                    unanswered=self.unanswered,
                    connections=self.connections,
                )
            )
        self.installation = self._installation()
        for host in HOSTS:
            for part in ("worker", "sweep"):
                self.spawn(f"{part} {host}")
        self._caretaker.start()

    def start_redis(self) -> None:
        self.server.folder.mkdir(parents=True, exist_ok=True)
        if self.keeper:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.keeper.wait(10)
        self.keeper = self.server.spawn_keeper()
        self.server.wait(20)
        for line in self.redis_config:
            connect(self.server.url()).command(*line.split())

    def _installation(self) -> Installation:
        settings = load(self.folder / "a" / "distro.toml")
        return Installation(
            settings,
            self.store,
            self.server.url(),
            self.broker or self.server.broker_url(),
            load_keys(settings, self.store),
            host_id(settings.data),
        )

    def spawn(self, name: str) -> None:
        part, host = name.split()
        with (self.folder / f"{part}-{host}.log").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                [sys.executable, "-m", "distro", part],
                cwd=self.folder / host,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=self._clock_of() | {"DISTRO_FAULT": self.fault} | self.environment(name),
            )

    def command(self, *words: str, fault: str = "") -> subprocess.Popen[bytes]:
        """A command of a person, on the first host; its words go to command.log."""
        with (self.folder / "command.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "distro", *words],
                cwd=self.folder / "a",
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self._clock_of() | {"DISTRO_FAULT": fault},
            )

    def _keep(self) -> None:
        while not self._ending.wait(0.05):
            self._restart()

    def _restart(self) -> None:
        """What died is started again, as `up` or systemd would."""
        if self.keeper and self.keeper.poll() is not None and "redis" not in self.left_down:
            self.start_redis()
        for name, process in list(self.parts.items()):
            if process.poll() is not None and name not in self.left_down:
                self.spawn(name)

    def stop(self) -> None:
        self._ending.set()
        if self._caretaker.is_alive():
            self._caretaker.join(30)
        for process in self.parts.values():
            for child in children(process):
                with contextlib.suppress(psutil.Error):
                    child.kill()
            process.kill()
        for process in self.parts.values():
            process.wait(10)
        if self.proxy:
            self.proxy.__exit__()
        if self.keeper:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(self.redis_pid(), signal.SIGKILL)
            self.keeper.kill()
            self.keeper.wait(10)

    # -- work

    def fill(self, readers: int) -> None:
        path = self.folder / "book.csv"
        path.write_text(
            "email,name,language\n"
            + "".join(
                f"reader{i}@{DOMAINS[i % len(DOMAINS)]},Reader {i},en\n" for i in range(readers)
            ),
            encoding="utf-8",
        )
        importing.commit(
            self.store, importing.stage(self.store, path, "journalists", actor="test").number
        )
        self.readers = readers

    def submit(self, *, at: str = "", headline: str = "Towns agree a plan") -> str:
        release = write_release(self.folder, headline=headline, body=f"{headline}. " * 20)
        return submit(self.installation, Order(files=[release], to="journalists", at=at)).id

    def under_way(self, readers: int, letters: int = 0) -> str:
        """A book of that many, a release submitted to all, and more than so many letters taken;
        gives its number.
        """
        self.fill(readers)
        number = self.submit()
        if letters:
            self.until(lambda: len(self.sink.taken) > letters)
        return number

    def row(self, number: str = "1") -> dict[str, str]:
        return self.store.hash(keys.distribution(number))

    def until(self, true: Callable[[], bool], seconds: float = 60, *, jump: bool = False) -> None:
        """Keep the house going until something is true. `jump`: when nothing moves but a deferral's
        wait, time passes quickly.
        """
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.trouble()
            if jump:
                self._jump()
            time.sleep(0.05)

    def move_clock(self, ms: int) -> None:
        """Let the ledger's clock go so far ahead, for every process of the installation."""
        self.ahead_ms += ms
        clock.move(self.ahead_ms)
        clock.write(self.folder / "clock", self.ahead_ms)

    def _clock_of(self) -> dict[str, str]:
        return dict(os.environ) | {"DISTRO_CLOCK": str(self.folder / "clock")}

    def _jump(self) -> None:
        for number in self.store.members(keys.RUNNING):
            states = self.store.raw(keys.states(number))
            if b"d" in states and b"q" not in states and b"i" not in states and b"u" not in states:
                self.move_clock(31_000)
                time.sleep(0.3)

    def rest(
        self,
        number: str = "1",
        seconds: float = 90,
        states: tuple[str, ...] = ("sent", "cancelled", "halted"),
    ) -> dict[str, str]:
        """Until a distribution is at rest."""
        self.until(
            lambda: (
                self.row(number).get("state") in states
                and (self.row(number)["state"] != "cancelled" or "settled_at" in self.row(number))
            ),
            seconds,
            jump=True,
        )
        return self.row(number)

    def trouble(self) -> str:
        logs = "".join(
            f"\n== {p.name}\n{p.read_text(errors='replace')[-700:]}"
            for p in self.folder.glob("*.log")
        )
        return (
            "not at rest:"
            f" { {n: self.row(n).get('state') for n in self.store.members('running')} }"
            f" {Counter(self.store.raw('led:1').decode())}{logs}"
        )

    # -- kills

    def redis_pid(self) -> int:
        return int((self.server.folder / "redis.pid").read_text())

    def kill(self, victim: str, dice: random.Random | None = None, *, host: str = "") -> None:
        """child, worker, sweep, redis, redis-term, all; of a host chosen at random, unless one is
        named.
        """
        host = host or (dice or random).choice(HOSTS)
        if victim in ("redis", "redis-term"):
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(self.redis_pid(), signal.SIGKILL if victim == "redis" else signal.SIGTERM)
        elif victim == "child":
            for child in children(self.parts[f"worker {host}"]):
                with contextlib.suppress(psutil.Error):
                    child.kill()
        elif victim in ("worker", "sweep"):
            self.parts[f"{victim} {host}"].kill()
        elif victim == "all":
            for name, process in self.parts.items():
                if name.startswith("worker"):
                    for child in children(process):
                        with contextlib.suppress(psutil.Error):
                            child.kill()
                process.kill()
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(self.redis_pid(), signal.SIGKILL)

    @contextlib.contextmanager
    def standing_still(self, host: str) -> Iterator[None]:
        """The sending process of a host is stopped for a while (SIGSTOP), as a paused machine would
        be.
        """
        standing = children(self.parts[f"worker {host}"])
        for child in standing:
            child.suspend()
        try:
            yield
        finally:
            for child in standing:
                with contextlib.suppress(psutil.Error):
                    child.resume()

    # -- the oracle

    def verdict(self, *numbers: str) -> "Verdict":
        return judge(self.store, numbers or ("1",), self.sink)


DOMAINS = (
    "gmail.com.example",
    "outlook.com.example",
    "yahoo.com.example",
    "orange.fr.example",
    "gmx.de.example",
    "paper.example",
    "radio.example",
)


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The pool children of a worker; none if it is gone."""
    try:
        return psutil.Process(process.pid).children()
    except psutil.Error:
        return []


@dataclass(frozen=True)
class Verdict:
    """What the sink's log and the ledger say together."""

    audience: int
    counts: dict[str, int]
    lost: list[str]  # accepted by nobody, and in no state that says so
    false: list[str]  # `accepted`, and the sink never had it
    twice: list[str]  # more than one copy
    silent: list[str]  # more than one copy, and never in doubt
    doubted: int  # ever in doubt
    findings: tuple[str, ...]  # of the recount
    anew: int  # copies under another Message-ID

    def check(self, *, doubts: int | None = None) -> None:
        text = json.dumps(self.__dict__, default=str)
        assert not self.lost, text
        assert not self.false, text
        assert not self.silent, text
        assert not self.findings, text
        assert not self.anew, text
        assert not any(self.counts.get(s) for s in ("queued", "sending", "deferred")), text
        assert doubts is None or self.doubted <= doubts, text


def judge(store: Store, numbers: tuple[str, ...], sink: Sink) -> Verdict:
    """Hold the sink's log against the ledger's bytes."""
    copies = sink.copies
    ids: dict[str, set[str]] = {}
    for taken in sink.taken:
        ids.setdefault(taken.recipient, set()).add(taken.message_id)
    lost, false, silent, findings = [], [], [], []
    counts: Counter[str] = Counter()
    doubted = audience = 0
    seen: Counter[str] = Counter()
    flagged: set[str] = set()
    for number in numbers:
        states, records = store.raw(keys.states(number)).decode(), store.raw(keys.records(number))
        findings += [f"D{number}: {f}" for f in audit(store, number).findings]
        audience += len(states)
        doubted += int(
            store.hash(keys.distribution(number)).get("possibly_twice", 0)
        ) + states.count("u")
        addresses = (
            {o: address_at(store, number, o) for o in range(len(states))}
            if len(states) < 500
            else _addresses(store, number)
        )
        for ordinal, letter in enumerate(states):
            state, address = BY_LETTER[letter], addresses[ordinal]
            counts[state.value] += 1
            record = unpack_record(records[ordinal * RECORD_SIZE : (ordinal + 1) * RECORD_SIZE])
            if record.flags & 3 or state is State.IN_DOUBT:
                flagged.add(address)
            if state is State.ACCEPTED:
                seen[address] += 1
                if not copies[address]:
                    false.append(address)
            elif state in (State.QUEUED, State.SENDING, State.DEFERRED) and not copies[address]:
                lost.append(address)
    twice = [a for a, n in copies.items() if n > max(1, seen[a])]
    silent = [a for a in twice if a not in flagged]
    anew = sum(max(0, len(found) - max(1, seen[a])) for a, found in ids.items())
    return Verdict(
        audience, dict(counts), lost, false, twice, silent, doubted, tuple(findings), anew
    )


def _addresses(store: Store, number: str) -> dict[int, str]:
    raw = store.raw(keys.audience(number))
    ids = [int.from_bytes(raw[n : n + 4], "big") for n in range(0, len(raw), 4)]
    rows: list[Any] = store.pipeline([("GET", keys.subscriber(i)) for i in ids])
    return {o: json.loads(row)["email"] for o, row in enumerate(rows)}
