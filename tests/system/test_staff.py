"""Several people on one server: real users of this machine, one owner, one group."""

import contextlib
import functools
import grp
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from distro.demo.mailbox import Mailbox
from distro.store import connect
from tests.support.installation import write_release
from tests.support.server import free_port

ROOT = Path(__file__).parents[2]
# Numbers that no user of a machine has.
OWNER, MEMBER, STRANGER, GROUP = (
    60_101,
    60_102,
    60_103,
    "mail",
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be three users")
PATHS = os.pathsep.join((str(ROOT), sysconfig.get_path("purelib"), "elder"))
# what redis-py asks of Python 3.11.0 to 3.11.2, as Debian 12 has it, and our own need not have
ELDER = "from asyncio import timeout\n"


@functools.cache
def python() -> str:
    """Return a Python of this version that every user of this machine may run, with our packages;
    "" if there is none.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for found in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        with contextlib.suppress(OSError):
            done = subprocess.run(
                [found, "-c", "import distro.cli.main, celery"],
                cwd="/",
                env={**os.environ, "PYTHONPATH": PATHS},
                user=STRANGER,
                group=STRANGER,
                extra_groups=[],
                capture_output=True,
            )
            if done.returncode == 0:
                return found
    return ""


class Server:
    """An office in a folder of its owner's, with commands typed as several users."""

    def __init__(self, folder: Path, group: int) -> None:
        self.folder = folder
        self.group = group
        self.up: subprocess.Popen[bytes] | None = None

    def as_user(
        self, user: int, *words: str, member: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Type a command as a user of this machine."""
        return subprocess.run(
            [python(), "-m", "distro", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env=self._env(),
            user=user,
            group=user,
            extra_groups=[self.group] if member else [],
        )

    def start(self) -> None:
        with (self.folder.parent / "up.log").open("ab") as log:
            self.up = subprocess.Popen(
                [python(), "-m", "distro", "up"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self._env(),
                user=OWNER,
                group=OWNER,
                extra_groups=[self.group],
            )
        end = time.monotonic() + 40
        while "lives" not in self.as_user(OWNER, "doctor").stdout:
            assert time.monotonic() < end, (self.folder.parent / "up.log").read_text()
            time.sleep(0.2)

    def stop(self) -> None:
        if self.up and self.up.poll() is None:
            os.kill(self.up.pid, signal.SIGTERM)
            self.up.wait(60)

    def _env(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("SUDO_USER", "DISTRO_ACTOR", "DISTRO_CONFIG")
        }
        return {**kept, "PYTHONPATH": PATHS, "HOME": "/nonexistent"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not python():
        pytest.skip(
            "other users of this machine can run no Python of this version, or cannot read this"
            " clone: apt install python3, and put the clone where they can"
        )
    above = Path(tempfile.mkdtemp(prefix="distro-staff-"))
    folder = above / "office"
    folder.mkdir()
    found = Server(folder, grp.getgrnam(GROUP).gr_gid)
    with Mailbox(tmp_path / "mailbox") as mailbox:
        (folder / "distro.toml").write_text(
            f'[site]\nurl = "http://127.0.0.1:{(port := free_port())}"\nlisten ='
            f' "127.0.0.1:{port}"\ngroup = "{GROUP}"\n[[relay]]\nurl ='
            f' "smtp://127.0.0.1:{mailbox.port}?tls=off"\n'
        )
        (folder / "press.csv").write_text(
            "email,name\n" + "".join(f"r{n}@d.example,R {n}\n" for n in range(5))
        )
        write_release(folder)
        (folder / "elder").mkdir()
        (folder / "elder" / "async_timeout.py").write_text(ELDER)
        for path in (folder, *folder.iterdir()):
            os.chown(path, OWNER, OWNER)
        above.chmod(0o755)
        folder.chmod(0o755)
        try:
            yield found
        finally:
            found.stop()
            shutil.rmtree(above, ignore_errors=True)


@pytest.mark.faults  # for its length
def test_a_group_may_use_the_commands_and_sees_no_secret(server: Server) -> None:
    """Submit, report and halt are the members'; keys and what readers asked of us stay the owner's;
    others get a sentence.
    """
    # There is no data folder yet.
    assert "which only 60101 may use" in server.as_user(MEMBER, "report", member=True).stderr
    server.start()
    assert (
        server.as_user(OWNER, "subscribers", "import", "press.csv", "--list", "press").returncode
        == 0
    )

    done = server.as_user(
        MEMBER, "submit", "release.md", "--to", "press", "--now", "--json", member=True
    )
    assert done.returncode == 0, done.stderr
    assert server.as_user(MEMBER, "watch", "D1", member=True).returncode == 0
    completed = json.loads(server.as_user(MEMBER, "report", "D1", "--json", member=True).stdout)
    assert completed["counts"]["accepted"] == 5
    assert f"by machine:user {MEMBER}" in server.as_user(MEMBER, "report", "D1", member=True).stdout
    assert "was sent D1" in server.as_user(MEMBER, "explain", "r1@d.example", member=True).stdout
    looked = server.as_user(MEMBER, "doctor", member=True)
    assert "sending process" in looked.stdout
    assert "Traceback" not in looked.stdout + looked.stderr

    refused = server.as_user(MEMBER, "subscribers", "unsubscribe", "r1@d.example", member=True)
    assert refused.returncode == 1
    assert "which only 60101 may use" in refused.stderr
    assert "sudo -u 60101 distro" in refused.stderr
    for words in (
        ("report",),
        ("submit", "release.md", "--to", "press", "--now"),
        ("subscribers", "list"),
    ):
        stranger = server.as_user(STRANGER, *words)
        assert stranger.returncode == 1
        assert "which only 60101 may use" in stranger.stderr, stranger.stderr
        assert "Traceback" not in stranger.stderr
    server.stop()
    assert "only 60101, whose" in (said := server.as_user(MEMBER, "report", member=True).stderr), (
        said
    )
    assert "sudo systemctl start distro" in said


@pytest.mark.faults  # for its length
def test_the_group_gets_the_way_to_the_server_and_nothing_else(server: Server) -> None:
    server.start()
    assert (
        server.as_user(OWNER, "subscribers", "import", "press.csv", "--list", "press").returncode
        == 0
    )
    data = server.folder / "var"
    open_to_group = {
        str(path.relative_to(data))
        for path in (data, *data.rglob("*"))
        if path.lstat().st_mode & 0o070
    }
    assert open_to_group == {".", "host", "redis", "redis/member-password", "redis/redis.sock"}
    assert not [path for path in (data, *data.rglob("*")) if path.lstat().st_mode & 0o007]
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600

    password = (data / "redis" / "member-password").read_text()
    store = connect(f"unix://member:{password}@{data / 'redis' / 'redis.sock'}?db=0")
    for words in (
        ("CONFIG", "GET", "requirepass"),
        ("CONFIG", "SET", "bind", "127.0.0.1"),
        ("ACL", "SETUSER", "back", "nopass"),
        ("SHUTDOWN", "NOSAVE"),
        ("FLUSHALL",),
        ("REPLICAOF", "127.0.0.1", "1"),
        ("DEBUG", "SLEEP", "1"),
        ("MONITOR",),
        ("EVAL", "return redis.call('CONFIG', 'GET', 'requirepass')", 0),
        ("MODULE", "LIST"),
        ("SAVE",),
        ("CLIENT", "KILL", "TYPE", "normal"),
    ):
        with pytest.raises(
            redis.ResponseError,
            match=r"(?i)no permissions|can't run this command|not allowed|NOPERM|ACL failure",
        ):
            store.command(*words)

    server.stop()
    settings = (server.folder / "distro.toml").read_text()
    (server.folder / "distro.toml").write_text(settings.replace(f'group = "{GROUP}"\n', ""))
    server.start()
    refused = server.as_user(MEMBER, "report", member=True)
    assert refused.returncode == 1
    assert "which only 60101 may use" in refused.stderr
    assert not [path for path in (data, *data.rglob("*")) if path.lstat().st_mode & 0o077]
    assert not (data / "redis" / "member-password").exists()


def test_a_group_that_cannot_be_is_said_in_a_sentence(server: Server) -> None:
    settings = (server.folder / "distro.toml").read_text()
    for group, words in (
        ("nobody-has-this", 'no group "nobody-has-this"'),
        ("tty", 'is not in the group "tty"'),
    ):
        (server.folder / "distro.toml").write_text(
            settings.replace(f'group = "{GROUP}"', f'group = "{group}"')
        )
        done = server.as_user(OWNER, "up")
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
