"""Start or join the embedded Redis: a real server from a wheel, under our own keeper.

The keeper (`python -m distro.store.keeper FOLDER`) runs the server as its child on a unix socket
with a password, AOF with `appendfsync always`, and holds `keeper.lock`, which the server inherits.
It ends when it is told to, or when its parent is gone; then it waits until nobody uses the server
any more (every user holds `users.lock` shared), and stops it last. The server dies with its keeper,
whatever kills that: no orphan stays behind.
"""

import contextlib
import fcntl
import os
import secrets
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from distro.errors import StoreGoneError
from distro.store.data_folder import (
    MEMBER,
    REDIS,
    SOCKET,
    member_password,
    owner_of,
)

_SOCKET_LIMIT = 100  # bytes of a unix socket's path that every system takes


_folders: dict[Path, int] = {}


def _opened(folder: Path) -> int:
    """Return an open folder of this process, kept for its life; one that was made anew is opened
    anew.
    """
    known = _folders.get(folder)
    if known is None or not os.path.samestat(os.fstat(known), folder.stat()):
        _folders[folder] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return _folders[folder]


def address_in(folder: Path) -> Path:
    """Return a path of a server's socket in this folder that fits into a socket's address.

    A folder whose path is too long is reached by an open file of this process: never by a name in a
    shared folder, which somebody else could take first. Raises StoreGoneError where the system has
    no such paths.
    """
    path = folder / SOCKET
    if len(os.fsencode(path)) <= _SOCKET_LIMIT:
        return path
    short = Path("/proc/self/fd", str(_opened(folder)), SOCKET)
    if not short.parent.exists():
        raise StoreGoneError(
            f"{folder} is too long for a socket ({len(os.fsencode(path))} bytes; {_SOCKET_LIMIT}"
            " are the most)",
            hint="A shorter `data = …` in distro.toml.",
        )
    return short


class Embedded:
    """The place of an embedded server of a data folder, and who may reach it."""

    user = ""  # of the server; "": its default user, who may do everything

    def __init__(self, data: Path) -> None:
        self.folder = data / REDIS

    @property
    def socket_path(self) -> Path:
        """Return where the server listens: always inside the data folder, which is ours alone."""
        return self.folder / SOCKET

    @property
    def address(self) -> Path:
        """Return a path of the socket that fits into a socket's address. Raises StoreGoneError."""
        return address_in(self.folder)

    def check_owner(self) -> None:
        """Check that the folder and the socket belong to the owner of `data`. Raises
        StoreGoneError, before any password is said.
        """
        owner = self.folder.parent.stat().st_uid
        for path in (self.folder, self.socket_path):
            with contextlib.suppress(FileNotFoundError):
                found = path.lstat()
                if (
                    stat.S_ISLNK(found.st_mode)
                    or found.st_uid not in (owner, 0)
                    or (path == self.folder and found.st_mode & 0o022)
                ):
                    raise StoreGoneError(
                        f"{path} does not belong to the owner of {self.folder.parent} alone",
                        hint=f"Look who made it: ls -ld {path}",
                    )

    def password(self) -> str:
        """Return the password, made at the first use, readable by this user only."""
        where = self.folder / "password"
        with contextlib.suppress(FileNotFoundError):
            return where.read_text(encoding="ascii").strip()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = where.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(24), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, where)  # the first of two starters wins
        fresh.unlink()
        return where.read_text(encoding="ascii").strip()

    def url(self, database: int = 0) -> str:
        """Return the address of the ledger's database."""
        self.check_owner()
        return f"unix://{self.user}:{self.password()}@{self.address}?db={database}"

    def broker_url(self) -> str:
        """Return the address of the broker: the same server, second database, as Celery writes
        it.
        """
        self.check_owner()
        return f"redis+socket://{self.user}:{self.password()}@{self.address}?virtual_host=1"

    def answers(self) -> bool:
        """Return whether the server takes connections."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.address))
            except OSError:
                return False
        return True

    def kept(self) -> bool:
        """Return whether a keeper lives."""
        try:
            with (self.folder / "keeper.lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def use(self) -> IO[str]:
        """Hold the server for this process's life; give the returned file to nobody."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (self.folder / "users.lock").open("a")
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock

    def spawn_keeper(self) -> subprocess.Popen[bytes]:
        """Start a keeper in its own session, so that a Ctrl-C at the terminal reaches only its
        parent.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return subprocess.Popen(
            [sys.executable, "-m", "distro.store.keeper", str(self.folder.parent)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def why_gone(self) -> str:
        """Return what the log says about the server's end, and what to do; "" where it says
        nothing.
        """
        try:
            tail = (self.folder / "redis.log").read_text(errors="replace").splitlines()[-40:]
        except OSError:
            return ""
        if any("No space left on device" in line for line in tail):
            return (
                f"Its disk is full ({self.folder}): free space and say it again. What was"
                " acknowledged is safe; what was begun is finished."
            )
        return f"Its log is {self.folder / 'redis.log'}."

    def wait(self, seconds: float) -> None:
        """Wait until the server answers; raise StoreGoneError after so many seconds."""
        end = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > end:
                log = self.folder / "redis.log"
                tail = (
                    log.read_text(errors="replace").strip().splitlines()[-1:]
                    if log.exists()
                    else []
                )
                raise StoreGoneError(
                    "the embedded Redis does not answer", hint=f"Its log is {log}.", details=tail
                )
            time.sleep(0.02)


class Shared(Embedded):
    """The server as the members of [site] group see it: its socket, and a user who may not run it.
    They hold no lock of it.
    """

    user = MEMBER

    def password(self) -> str:
        """Return that user's password, made anew at every start of the server."""
        return member_password(self.folder.parent)


@contextlib.contextmanager
def joined(data: Path) -> Iterator[Shared]:
    """Give the server of somebody else's data folder to a member of the group.

    Raises StoreGoneError where it does not run.
    """
    server = Shared(data)
    with contextlib.suppress(FileNotFoundError):
        server.password()  # a stranger is told so: PermissionError
    if not server.answers():
        raise StoreGoneError(
            f"distro does not run here, and only {owner_of(data)}, whose {data} is, can start it",
            hint="sudo systemctl start distro",
        )
    yield server


@contextlib.contextmanager
def ensured(data: Path, *, supervised: bool) -> Iterator[Embedded]:
    """Keep the server of a data folder running while the block runs.

    Where `distro up` is there (`supervised`) it is only waited for, up to ten seconds; otherwise a
    keeper is started for the duration of the block, unless another command has one already.
    """
    server = Embedded(data)
    with server.use():
        keeper: subprocess.Popen[bytes] | None = None
        if not supervised and not (server.answers() and server.kept()):
            keeper = server.spawn_keeper()
        server.wait(10)
        try:
            yield server
        finally:
            if keeper:
                keeper.terminate()  # it stops the server when the last user has gone …
                keeper.returncode = 0  # … which we do not wait for
