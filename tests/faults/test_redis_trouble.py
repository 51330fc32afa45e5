"""Redis in trouble: sending pauses and says so, nothing is lost, and it goes on when Redis does."""

import resource
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.rig import HOSTS, Rig
from tests.faults.sink import Sink, jitter

pytestmark = pytest.mark.faults
READERS = 600


def said(rig: Rig, words: str) -> bool:
    return any(
        words in (rig.folder / f"worker-{host}.log").read_text(errors="replace") for host in HOSTS
    )


def stands_still(sink: Sink, rig: Rig) -> int:
    """Wait until no letter has come for half a second; gives how many came."""
    seen, since = -1, time.monotonic()

    def still() -> bool:
        nonlocal seen, since
        if len(sink.taken) != seen:
            seen, since = len(sink.taken), time.monotonic()
        return time.monotonic() - since > 0.5

    rig.until(still, 20)
    return seen


def test_out_of_memory(folder: Path) -> None:
    with Sink(gap=jitter(1, 0.1)) as sink, Rig(folder, sink) as rig:
        rig.under_way(READERS, 100)
        rig.store.command("CONFIG", "SET", "maxmemory", "1mb")
        rig.until(lambda: said(rig, "its memory limit is reached"), 20)
        standing = stands_still(sink, rig)  # what was in flight ends, nothing new begins
        assert standing < READERS
        rig.store.command("CONFIG", "SET", "maxmemory", "0")
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=0)


def test_a_stall_longer_than_a_lease(folder: Path) -> None:
    """Nobody is judged because Redis stood still: nobody could renew."""
    with Sink(gap=jitter(1, 0.1)) as sink, Rig(folder, sink) as rig:
        rig.under_way(READERS, 100)
        server = psutil.Process(rig.redis_pid())
        server.suspend()
        time.sleep(8)  # leases are 3 s
        server.resume()
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=0)


def test_the_disk_of_the_append_only_file_is_full(folder: Path) -> None:
    """With `appendfsync always` the server ends rather than forget; it is started again until there
    is space.
    """
    with Sink(gap=jitter(1, 0.1)) as sink, Rig(folder, sink) as rig:
        rig.under_way(READERS, 100)
        assert rig.keeper is not None
        size = max(p.stat().st_size for p in rig.server.folder.rglob("*.incr.aof"))
        # The next appends fail.
        resource.prlimit(
            rig.redis_pid(), resource.RLIMIT_FSIZE, (size + 2000, resource.RLIM_INFINITY)
        )
        pid = rig.redis_pid()
        rig.until(lambda: not psutil.pid_exists(pid) or rig.redis_pid() != pid, 20)
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=0)


def test_scripts_are_forgotten(folder: Path) -> None:
    with Sink(gap=jitter(1, 0.01)) as sink, Rig(folder, sink) as rig:
        rig.under_way(READERS)
        for share in range(1, 8):
            rig.until(lambda s=share: len(sink.taken) >= s * 70)  # type: ignore[misc]
            rig.store.command("SCRIPT", "FLUSH")
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=0)
