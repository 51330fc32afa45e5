"""An import that is killed is all there in the end, or not at all."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from distro.audience import importing
from distro.audience.value_index import IndexKeys
from distro.installation.context import Installation, open_installation
from distro.settings.load import load
from distro.store import keys, subscriber_rows
from distro.store.records import ids_of, unpack_ids

pytestmark = pytest.mark.faults
ROWS = 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "distro.toml").write_text('data = "./var"\n')
    with (tmp_path / "book.csv").open("w") as out:
        out.write("email,name,language,outlet,joined\n")
        out.writelines(
            f"r{i}@{'abc'[i % 3]}.example,R {i},{'en' if i % 2 else 'fr'},Outlet"
            f" {i % 700},2026-01-{i % 28 + 1:02}\n"
            for i in range(ROWS)
        )
    return tmp_path


def an_import(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distro",
            "subscribers",
            "import",
            "book.csv",
            "--list",
            "press",
            "--yes",
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def whole(installation: Installation) -> None:
    """Every row is there once, and the index says what the rows say."""
    assert (
        installation.store.command("BITCOUNT", keys.EVERYONE)
        == installation.store.command("BITCOUNT", keys.index("lists", "press"))
        == ROWS
    )
    assert int(installation.store.text(keys.LAST_SUBSCRIBER)) == ROWS
    index = IndexKeys(installation.store.hash(keys.COLUMNS))
    expected: dict[str, list[int]] = {}
    for number, raw in subscriber_rows.all_rows(installation.store):
        row = json.loads(raw)
        for key in (key for cell in index.row(row) for key in cell.keys):
            expected.setdefault(key, []).append(number)
    for key, ids in expected.items():
        raw = installation.store.raw(key)
        assert sorted(unpack_ids(raw) if key.startswith("ids:") else ids_of(raw)) == ids, key


@pytest.mark.parametrize("at", ["reading", "the promise", "early", "late"])
def test_an_import_killed_anywhere_is_whole_or_nothing(folder: Path, at: str) -> None:
    with open_installation(load(folder / "distro.toml")) as installation:
        importer = an_import(folder)
        end = time.monotonic() + 30
        reached: Callable[[], bool] = {
            "reading": lambda: int(installation.store.command("LLEN", keys.stage("1"))) > 5,
            "the promise": lambda: bool(
                installation.store.command("SISMEMBER", keys.OPEN_IMPORTS, 1)
            ),
            "early": lambda: int(installation.store.hash(keys.imported("1")).get("done", 0)) > 2,
            "late": lambda: int(installation.store.hash(keys.imported("1")).get("done", 0)) > 50,
        }[at]
        while not reached() and time.monotonic() < end and importer.poll() is None:
            pass
        importer.send_signal(signal.SIGKILL)
        importer.wait()
        if at == "reading":
            assert importing.finish_open(installation.store) == []
            assert installation.store.command("EXISTS", keys.LAST_SUBSCRIBER) == 0
        else:
            assert importing.finish_open(installation.store) in ([1], [])
            whole(installation)


def test_two_finish_it_at_once(folder: Path) -> None:
    """The sweep and a command take the same import over: each piece is done once."""
    with open_installation(load(folder / "distro.toml")) as installation:
        judged = importing.stage(installation.store, folder / "book.csv", "press", actor="t")
        installation.store.command("SADD", keys.OPEN_IMPORTS, judged.number)
        children = []
        for _ in range(2):
            pid = os.fork()
            if not pid:
                with open_installation(load(folder / "distro.toml")) as mine:
                    importing.finish(mine.store, judged.number)
                os._exit(0)
            children.append(pid)
        assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
        whole(installation)
        assert installation.store.hash(keys.imported("1"))["new"] == str(ROWS)
