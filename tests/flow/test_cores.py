"""How many sending processes, and where: a core stays free unless signing is most of the work, or somebody said how many."""

import os
from pathlib import Path

import pytest

from distro.flow import cores
from distro.store import Store
from distro.store.embedded import Embedded
from tests.support.office import make_office


@pytest.mark.parametrize(("settings", "have", "processes", "own"), [
    ({}, 1, 1, [None]),
    ({}, 2, 1, [1]),
    ({}, 8, 4, [1, 2, 3, 4]),     # its relay takes four connections
    ({"dkim": {"key": "rsa.pem"}}, 2, 2, [None, None]),
    ({"relay": [{"url": "smtp://127.0.0.1:25?tls=off", "connections": 2}]}, 8, 2, [1, 2]),
    ({"worker": {"processes": 1}}, 8, 1, [None]),
])
def test_processes_and_their_cores(settings: dict[str, object], have: int, processes: int, own: list[int | None], tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(have)))
    office = make_office(tmp_path, server, store, **({"worker": {"processes": 0}} | settings))

    assert cores.processes(office) == processes
    assert [cores.own_core(office, index) for index in range(processes)] == own
