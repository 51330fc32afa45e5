"""The embedded server: no orphan, no second one on the same files, stopped when its last user has
gone.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from distro.store import connect, keys
from distro.store.embedded import Embedded, ensured


def until(true: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may go between the open and the read
        return False


def pid_of(server: Embedded) -> int:
    return int((server.folder / "redis.pid").read_text())


def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    with ensured(tmp_path, supervised=False) as server:
        store = connect(server.url())
        store.command("SET", keys.PEPPER, "x")
        os.kill(pid_of(server), signal.SIGKILL)
        until(lambda: not server.kept())  # its keeper ended with it
    with ensured(tmp_path, supervised=False) as server:
        assert connect(server.url()).text(keys.PEPPER) == "x"


def test_it_stops_when_its_last_user_has_gone(tmp_path: Path) -> None:
    with ensured(tmp_path, supervised=False) as server, ensured(tmp_path, supervised=False):
        first = pid_of(server)
        assert alive(first)
    until(lambda: not alive(first))


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
def test_a_killed_keeper_takes_its_server_along_and_none_begins_before(tmp_path: Path) -> None:
    """The server holds the keeper's lock: the next keeper waits until the old server has ended."""
    server = Embedded(tmp_path)
    keeper = server.spawn_keeper()
    server.wait(10)
    first = pid_of(server)
    os.kill(first, signal.SIGSTOP)  # a server that is slow to die
    keeper.kill()
    keeper.wait()
    second = server.spawn_keeper()
    time.sleep(0.5)
    assert alive(first)
    assert pid_of(server) == first  # nobody began beside it
    os.kill(first, signal.SIGCONT)  # the kernel's TERM reaches it now
    until(lambda: pid_of(server) != first and server.answers())
    assert not alive(first)
    second.terminate()
    second.wait(20)


def test_its_password_is_asked_for_and_private(tmp_path: Path) -> None:
    with ensured(tmp_path, supervised=False) as server:
        assert (server.folder / "password").stat().st_mode & 0o077 == 0
        assert (server.folder / "redis.conf").stat().st_mode & 0o077 == 0
        with pytest.raises(Exception, match=r"NOAUTH|Authentication required"):
            connect(f"unix://{server.socket_path}", patience=0).ping()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with ensured(deep, supervised=False) as server:
        assert len(str(server.address)) < 100
        assert connect(server.url()).ping()
