"""Celery carries, the ledger decides: the broker emptied, wake-ups repeated, another broker,
answers of Redis cut off.
"""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rehearsal import do
from tests.faults.rig import CONNECTIONS, Rig
from tests.faults.sink import Sink, jitter
from tests.support.server import free_port

pytestmark = pytest.mark.faults
READERS = 600


def sent(folder: Path, what: str) -> Rig:
    """A distribution while something is done to the broker, over and over."""
    with Sink(gap=jitter(1, 0.01)) as sink, Rig(folder, sink, through_proxy=True) as rig:
        rig.under_way(READERS)
        for share in (0.0, 0.2, 0.4, 0.6, 0.8):
            rig.until(lambda s=share: len(sink.taken) >= s * READERS)  # type: ignore[misc]
            do(rig, what, random.Random(1))
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=0)
        assert len(sink.taken) == READERS
        return rig


@pytest.mark.parametrize("what", ["flush broker", "repeat wake-ups"])
def test_wake_ups_may_be_lost_and_may_come_twice(what: str, folder: Path) -> None:
    sent(folder, what)


@pytest.mark.parametrize("word", ["evalsha", "brpop", "lpush"])
def test_a_reply_of_redis_that_never_arrives(word: str, folder: Path) -> None:
    """Redis did its work and the answer was cut off: a lost wake-up, a wake-up published twice, a
    commit asked again.
    """
    rig = sent(folder, f"lose {word}")
    assert rig.proxy is not None
    if word == "evalsha":
        assert rig.proxy.cuts > 0


@pytest.fixture
def rabbit(folder: Path) -> Iterator[str]:
    """Debian's RabbitMQ, in a folder and on a port of its own."""
    server = shutil.which("rabbitmq-server") or shutil.which(
        "rabbitmq-server", path="/usr/sbin:/usr/lib/rabbitmq/bin"
    )
    if not server:
        pytest.skip("needs RabbitMQ: apt install rabbitmq-server")
    port = free_port()
    home = folder / "rabbit"
    home.mkdir()
    settings = {
        "RABBITMQ_MNESIA_BASE": str(home),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODENAME": f"distro{port}@localhost",
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_DIST_PORT": str(port + 1 if port < 65000 else port - 1),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "HOME": str(home),
        "ERL_EPMD_PORT": str(port + 2 if port < 65000 else port - 2),
    }
    (home / "plugins").write_text("[].\n")
    binary = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    with (folder / "rabbit.log").open("wb") as log:
        process = subprocess.Popen(
            [str(binary if binary.exists() else server)],
            env=os.environ | settings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    end = time.monotonic() + 60
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1) as probe,
        ):
            probe.sendall(b"AMQP\0\0\x09\x01")
            if probe.recv(8):
                break
        assert time.monotonic() < end and process.poll() is None, (
            folder / "rabbit.log"
        ).read_text()[-2000:]
        time.sleep(0.2)
    yield f"amqp://guest:guest@127.0.0.1:{port}//"
    os.killpg(process.pid, 9)
    process.wait(20)


def test_another_broker_carries_as_well(rabbit: str, folder: Path) -> None:
    """RabbitMQ instead of Redis' second database: nothing else changes."""
    with Sink(gap=jitter(1, 0.01)) as sink, Rig(folder, sink, broker=rabbit) as rig:
        rig.under_way(READERS)
        for share, victim in ((0.3, "child"), (0.6, "worker")):
            rig.until(lambda s=share: len(sink.taken) >= s * READERS)  # type: ignore[misc]
            rig.kill(victim)
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=2 * CONNECTIONS)
