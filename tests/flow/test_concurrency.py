"""How many sending processes, and where: a core stays free unless signing is most of the work, or
somebody said how many; and the ring that wakes a sweep.
"""

import os
import threading
from pathlib import Path

import pytest

from distro.flow import concurrency as sending_processes
from distro.store import Store
from distro.store.embedded import Embedded
from tests.support.installation import make_installation


@pytest.mark.parametrize(
    ("settings", "have", "processes", "own"),
    [
        ({}, 1, 1, [None]),
        ({}, 2, 1, [1]),
        ({}, 8, 4, [1, 2, 3, 4]),  # its relay takes four connections
        ({"dkim": {"key": "rsa.pem"}}, 2, 2, [None, None]),
        ({"relay": [{"url": "smtp://127.0.0.1:25?tls=off", "connections": 2}]}, 8, 2, [1, 2]),
        ({"worker": {"processes": 1}}, 8, 1, [None]),
    ],
)
def test_processes_and_their_cores(
    settings: dict[str, object],
    have: int,
    processes: int,
    own: list[int | None],
    tmp_path: Path,
    server: Embedded,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(have)))
    installation = make_installation(
        tmp_path, server, store, **({"worker": {"processes": 0}} | settings)
    )

    assert sending_processes.processes(installation) == processes
    assert [sending_processes.own_core(installation, index) for index in range(processes)] == own


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="needs Linux")
def test_the_thread_and_it_alone_works_in_bulk_on_its_core() -> None:
    core = max(os.sched_getaffinity(0))
    before, found = (os.sched_getscheduler(0), os.sched_getaffinity(0)), []

    def work() -> None:
        sending_processes.work_in_bulk(core)
        found.append((os.sched_getscheduler(0), os.sched_getaffinity(0)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert found == [(os.SCHED_BATCH, {core})]
    assert (os.sched_getscheduler(0), os.sched_getaffinity(0)) == before
