"""Keep what people asked for, in a chain: each line names the hash of the line before it."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from distro.store import keys
from distro.store.client import Call, Store

_PIECE = 1000
_TRIES = 1000  # others append at the same time


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: whoever wrote it down elsewhere can tell whether it was rewritten."""

    lines: int
    hash: str  # SHA-256 of the last line, hexadecimal; "" for an empty log

    def __str__(self) -> str:
        return f"{self.lines}:{self.hash}" if self.lines else ""


def append(store: Store, facts: Mapping[str, str]) -> None:
    """Append a line, with the time and its place in the chain."""
    before = store.command("HGET", keys.AUDIT_HEAD, "hash")
    last = before.decode() if before else ""
    own = {"at": store.now_ms(), "id": secrets.token_hex(6)}  # as nobody else's at that moment
    for _ in range(_TRIES):
        line = json.dumps({**own, **facts, "previous": last}).encode()
        done, last = store.call(Call("audit_log", (last, line, hash_of(line)), _appended))
        # It may be there although the answer that said so was lost.
        if done or last == hash_of(line):
            return
    raise RuntimeError("the audit log takes no line")


def count(store: Store) -> int:
    """Return how many lines there are."""
    return int(store.command("LLEN", keys.AUDIT_LOG))


def _appended(answer: Any) -> tuple[bool, str]:
    return bool(answer[0]), answer[1].decode()


def hash_of(line: bytes) -> str:
    """Return the name by which the next line knows a line."""
    return hashlib.sha256(line).hexdigest()


def head(store: Store) -> Head:
    """Return the end of the log."""
    found = store.hash(keys.AUDIT_HEAD)
    lines = found.get("lines", "0")
    return Head(int(lines) if lines.isdecimal() else -1, found.get("hash", ""))


def lines(store: Store, first: int = 0) -> Iterator[bytes]:
    """Yield the lines as they are kept, oldest first, from one on (0: the first; -10: ten)."""
    length = int(store.command("LLEN", keys.AUDIT_LOG))
    at = max(0, length + first) if first < 0 else first
    while some := store.command("LRANGE", keys.AUDIT_LOG, at, at + _PIECE - 1):
        yield from some
        at += len(some)
