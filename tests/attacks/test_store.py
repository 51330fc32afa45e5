"""Somebody else on the machine: sockets, folders and files that they could take, read or write."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from distro.errors import StoreGoneError
from distro.store import connect
from distro.store.data_folder import SOCKET
from distro.store.embedded import Embedded, ensured


def test_no_socket_lies_in_a_shared_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A squatter who took the guessable name in /tmp received the password and all data."""
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    monkeypatch.setenv("TMPDIR", str(shared))
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with ensured(deep, supervised=False) as server:
        assert connect(server.url()).ping()
        assert list(shared.iterdir()) == []
        assert stat.S_ISSOCK((deep / "redis" / SOCKET).stat().st_mode)


def test_a_data_folder_that_was_made_anew_is_found_again(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    for _ in range(2):
        deep.mkdir(parents=True)
        with ensured(deep, supervised=False) as server:
            assert connect(server.url()).ping()
        for _ in range(200):
            if not server.kept():
                break
            __import__("time").sleep(0.05)
        (deep / "redis").rename(tmp_path / f"gone{len(list(tmp_path.iterdir()))}")
        deep.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user: run as root")
@pytest.mark.parametrize("what", ["folder", "socket"])
def test_a_password_is_said_to_no_socket_of_another_user(tmp_path: Path, what: str) -> None:
    server = Embedded(tmp_path)
    server.password()
    heard = socket.socket(socket.AF_UNIX)
    heard.bind(str(server.socket_path))
    heard.listen(1)
    os.chown(tmp_path, 1234, 1234)
    os.chown(server.folder, 5678 if what == "folder" else 1234, 1234)
    os.chown(server.socket_path, 5678 if what == "socket" else 1234, 1234)
    with pytest.raises(StoreGoneError, match="does not belong"):
        server.url()
    with pytest.raises(StoreGoneError, match="does not belong"):
        server.broker_url()
    heard.close()


@pytest.mark.parametrize("how", ["link", "open"])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, how: str) -> None:
    server = Embedded(tmp_path)
    server.password()
    if how == "link":
        (tmp_path / "redis").rename(tmp_path / "elsewhere")
        (tmp_path / "redis").symlink_to(tmp_path / "elsewhere")
    else:
        server.folder.chmod(0o777)
    with pytest.raises(StoreGoneError, match="does not belong"):
        server.url()


def test_what_a_command_writes_is_its_owners_alone(tmp_path: Path) -> None:
    """Data, exports and previews hold addresses: nobody else may read them, whatever the umask
    was.
    """
    run = [sys.executable, "-m", "distro"]
    before = os.umask(0)
    try:
        for words in (
            ["init", "office"],
            ["subscribers", "import", "people.csv", "--list", "press", "--yes"],
            ["subscribers", "export", "out.csv"],
        ):
            folder = tmp_path if words[0] == "init" else tmp_path / "office"
            if words[0] == "init":
                (tmp_path / "office").mkdir(mode=0o755)
            (folder / "people.csv").write_text("email\nana@daily.example\n")
            assert (
                subprocess.run(
                    [*run, *words],
                    cwd=folder,
                    check=False,
                    capture_output=True,
                    env={**os.environ, "TERM": "dumb"},
                ).returncode
                == 0
            )
    finally:
        os.umask(before)
    loose = [
        path
        for path in (tmp_path / "office").rglob("*")
        if path.lstat().st_mode & 0o077 and path.name != "people.csv" and not path.is_symlink()
    ]
    assert loose == []
