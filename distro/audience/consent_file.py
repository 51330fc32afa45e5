"""Keep the consent facts of one host in a file: a fact is on disk before it is acknowledged."""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from distro.audience.consent import MOVED, Fact, Hashes, taking
from distro.audience.fact_owner import FactOwners
from distro.errors import DistroError
from distro.store import Store, keys
from distro.store import book_scripts as scripts
from distro.store.data_folder import refused


class ConsentFile:
    """The append-only file of one host."""

    def __init__(self, data: Path, host: str, hashes_of: Hashes) -> None:
        self.path = data / "consent.jsonl"
        self.host = host
        self.hashes_of = hashes_of

    def hash_of(self, address: str) -> str:
        """Return the hash under which an address is written down now."""
        return self.hashes_of(address)[0]

    def record(
        self,
        store: Store,
        *,
        subscriber: int,
        address: str,
        act: str,
        source: str,
        detail: str = "",
        till: int = 0,
    ) -> Fact:
        """Record a fact; when this returns it is on the disk and in Redis. Recording it again does
        no harm.
        """
        fact = self.fact(address, act, source=source, detail=detail, till=till).of(subscriber)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.path.open("ab") as file:
                # One writer at a time, so that the offset is right.
                fcntl.flock(file, fcntl.LOCK_EX)
                begin = self._add(file, [fact])
                end = os.fstat(file.fileno()).st_size
                known = int(store.hash(keys.facts("offset")).get(self.host, 0))
                # Only a file that was in Redis up to here is in Redis up to there now.
                store.call(scripts.consent(self.host, end if known == begin else None, [fact.args]))
        except OSError as error:
            raise self._unwritten(error) from error
        return fact

    def fact(self, address: str, act: str, *, source: str, detail: str = "", till: int = 0) -> Fact:
        """Return a fact about whoever has this address; `of` says who that is in the book."""
        return Fact(
            secrets.token_hex(12),
            0,
            act,
            time.time_ns() // 1_000_000,
            source,
            self.hash_of(address),
            detail,
            till,
        )

    def commands(self, facts: Sequence[Fact]) -> list[tuple[str | bytes | int, ...]]:
        """Write facts that take something away to the file, and return what Redis is told of them
        with the rows.

        The caller hands the commands to the script that writes the rows, so that neither is there
        without the other.
        """
        if not facts:
            return []
        try:
            self.append(facts)
        except OSError as error:
            raise self._unwritten(error) from error
        return taking(facts)

    def _unwritten(self, error: OSError) -> DistroError:
        refusal = (
            refused(str(self.path), self.path.parent)
            if isinstance(error, PermissionError)
            else None
        )
        return refusal or DistroError(
            f"the wish could not be written to {self.path} ({error.strerror})",
            hint="Free space or mend the folder's rights.",
        )

    def append(self, facts: Sequence[Fact]) -> None:
        """Write facts down that Redis is told by somebody else."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._add(file, facts)

    def _add(self, file: IO[bytes], facts: Sequence[Fact]) -> int:
        """Write facts to the end of the locked file and onto the disk; return where they begin."""
        begin = self._whole(file.fileno())
        file.write(b"".join(fact.payload.encode() + b"\n" for fact in facts))
        file.flush()
        os.fdatasync(file.fileno())
        return begin

    def blank(self, hashes: Collection[str]) -> None:
        """Take source and detail out of all facts about these addresses: who is erased leaves only
        that they are.

        Lines are overwritten in place, filled up with spaces, so that every offset stays what it
        was.
        """
        with contextlib.suppress(FileNotFoundError), self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            at = 0
            for line in file.read().splitlines(keepends=True):
                fact = _read(line)
                if fact and fact.address_hash in hashes:
                    bare = replace(
                        fact, source="", detail=fact.detail if fact.act == MOVED else ""
                    ).payload.encode()
                    file.seek(at)
                    file.write(bare.ljust(len(line) - 1) + b"\n")
                at += len(line)
            file.flush()
            os.fdatasync(file.fileno())

    def _whole(self, descriptor: int) -> int:
        """Return the file's size; a half line that a power cut left is ended, so that the next
        stands alone.
        """
        size = os.fstat(descriptor).st_size
        if size:
            with self.path.open("rb") as reader:
                reader.seek(size - 1)
                if reader.read(1) != b"\n":
                    os.write(descriptor, b"\n")
        return os.fstat(descriptor).st_size

    def replay(
        self, store: Store, *, whole: bool = False, each: Callable[[Fact], None] = lambda _: None
    ) -> int:
        """Tell Redis the facts that it lacks (`whole`: whatever it says that it has); gives how
        many were news to it.

        `each` is told all of them in order, as of whoever they are about now.
        """
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                size = os.fstat(file.fileno()).st_size
                known = 0 if whole else int(store.hash(keys.facts("offset")).get(self.host, 0))
                file.seek(known if known <= size else 0)
                lines = file.read().splitlines()
        except FileNotFoundError:
            return 0
        finder = FactOwners(store, self.hashes_of)
        facts = [fact for fact in map(_read, lines) if fact]
        rightful = [fact for fact in map(finder.rightful, facts) if fact]
        for fact in rightful:
            each(fact)
        news = 0
        for start in range(0, len(rightful), 500):
            news += store.call(
                scripts.consent(self.host, None, [f.args for f in rightful[start : start + 500]])
            )
        if known != size:
            store.call(scripts.consent(self.host, size, []))
        return news


def _read(line: bytes) -> Fact | None:
    try:
        return Fact(**json.loads(line))
    except (ValueError, TypeError):
        return None  # half a line, from a power cut before it was acknowledged
