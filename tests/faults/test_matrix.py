"""Whoever dies at a named point: the process stops there, is killed, or somebody else is, and
everything goes on.
"""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.rig import CONNECTIONS, HOSTS, Rig
from tests.faults.sink import Sink, jitter

pytestmark = pytest.mark.faults
READERS = 240
SENDING = (
    "claim.before",
    "claim.after",
    "intent",
    "begun",
    "body",
    "dot",
    "replied",
    "journalled",
    "outcome",
)
FREEZING = ("reserve.before", "reserve.after", "build", "freeze.flip")
VICTIMS = ("child", "worker", "redis", "redis-term", "sweep")
ALL = [(v, p) for p in (*FREEZING, *SENDING) for v in VICTIMS]
# On CI every point once and every victim at least twice; `DISTRO_FAULTS=all` runs every pair.
CHOSEN = (
    ALL
    if os.environ.get("DISTRO_FAULTS") == "all"
    else [
        (VICTIMS[n % 2 if p in SENDING and n % 3 else n % 5], p)
        for n, p in enumerate((*FREEZING, *SENDING))
    ]
)


def reached(stage: Path, rig: Rig, seconds: float = 40) -> int:
    """Wait until a process stands at the point; gives its pid."""
    end = time.monotonic() + seconds
    while not stage.exists():
        assert time.monotonic() < end, rig.trouble()
        time.sleep(0.01)
    return int(stage.read_text())


def strike(rig: Rig, victim: str, pid: int) -> None:
    """Kill the one that stands there, its worker, Redis, or a sweep."""
    if victim == "child":
        os.kill(pid, signal.SIGKILL)
    elif victim == "worker":
        os.kill(psutil.Process(pid).ppid(), signal.SIGKILL)
    else:
        rig.kill(victim)


@pytest.mark.parametrize(("victim", "point"), CHOSEN)
def test_a_death_at_a_point(victim: str, point: str, folder: Path) -> None:
    stage = folder / "stage"
    count = 3 if point in SENDING[2:] else 1
    with (
        Sink(gap=jitter(1, 0.01)) as sink,
        Rig(folder, sink, batch=30, fault=f"{point}:{count}:{stage}") as rig,
    ):
        rig.under_way(READERS)
        pid = reached(stage, rig)
        strike(rig, victim, pid)
        time.sleep(0.2)
        stage.unlink()
        assert rig.rest()["state"] == "sent"
        # What the dead process had in flight, and what the living one's connections broke for it.
        rig.verdict().check(doubts=CONNECTIONS if victim in ("child", "worker") else 0)


@pytest.mark.parametrize("victim", ["command", "child", "redis"])
def test_a_death_during_a_cancel(victim: str, folder: Path) -> None:
    """The cancel was said; whoever dies then, the sweep settles it, and a new submit reaches
    exactly the rest.
    """
    stage = folder / "stage"
    with Sink(gap=jitter(1, 0.4)) as sink, Rig(folder, sink, batch=30) as rig:
        rig.under_way(READERS, 20)
        command = rig.command("cancel", "D1", "--yes", fault=f"cancel.said:1:{stage}")
        pid = reached(stage, rig)
        if victim == "command":
            os.kill(pid, signal.SIGKILL)
        else:
            rig.kill(victim)
        stage.unlink(missing_ok=True)
        command.wait(30)
        rig.rest(states=("cancelled",))
        first = rig.verdict()
        assert first.counts["cancelled"] > 0, first
        rig.submit()
        assert rig.rest("2")["state"] == "sent"
        rig.verdict("1", "2").check(doubts=CONNECTIONS)
        reachable = set(sink.copies)
        assert len(reachable) >= READERS - first.counts.get("in_doubt", 0)


def test_a_sweep_that_dies_while_it_settles_the_dead(folder: Path) -> None:
    stage = folder / "stage"
    # Answers are slow and both hosts' senders die, so that there is something to settle however
    # fast the machine is.
    with (
        Sink(gap=jitter(1, 0.6)) as sink,
        Rig(folder, sink, batch=30, fault=f"settle:1:{stage}") as rig,
    ):
        rig.under_way(READERS, 20)
        for host in HOSTS:
            rig.kill("child", host=host)
        os.kill(reached(stage, rig), signal.SIGKILL)
        stage.unlink()
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=CONNECTIONS * len(HOSTS))
