"""Who said no, durably: a fact goes to a file outside Redis (fdatasync), then to Redis by its id, then it is acknowledged.

At the start of every part, facts of this host's file that Redis lacks (after a power cut or a restore) are replayed in
order, before the first intent. A "no" outlives any import.
"""

import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from distro.errors import DistroError
from distro.store import Store
from distro.store.scripts import book as scripts

UNSUBSCRIBED = "unsubscribed"   # the person's own wish
SUPPRESSED = "suppressed"       # we may not: bounced, complained, or by an admin


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to somebody's consent."""

    fact: str          # its id
    subscriber: int
    act: str           # unsubscribed or suppressed
    at: int            # unix ms, this host's clock
    source: str        # where it came from: "one-click link of D15", "m.zammit"
    address_hash: str  # whose it is, without the address

    @property
    def told(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def words(self) -> tuple[int, str, str, str]:
        return self.subscriber, self.fact, self.act, self.told


class ConsentFile:
    """The append-only file of one host."""

    def __init__(self, data: Path, host: str) -> None:
        self.path = data / "consent.jsonl"
        self.host = host

    def say_no(self, store: Store, *, subscriber: int, act: str, source: str, address_hash: bytes) -> Fact:
        """Record a "no"; when this returns it is on the disk and in Redis. Saying it again does no harm."""
        fact = Fact(secrets.token_hex(12), subscriber, act, time.time_ns() // 1_000_000, source, address_hash.hex())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)   # one writer at a time, so that the offset is right
                begin = self._whole(file.fileno())
                file.write(fact.told.encode() + b"\n")
                file.flush()
                os.fdatasync(file.fileno())
                end = os.fstat(file.fileno()).st_size
                known = int(store.hash("facts:offset").get(self.host, 0))
                # Only a file that was in Redis up to here is in Redis up to there now.
                store.call(scripts.consent(self.host, end if known == begin else None, [fact.words]))
        except OSError as error:
            raise DistroError(f"the wish could not be written to {self.path} ({error.strerror})", hint="Free space or mend the folder's rights.") from error
        return fact

    def _whole(self, descriptor: int) -> int:
        """The file's size; a half line that a power cut left is ended, so that the next stands alone."""
        size = os.fstat(descriptor).st_size
        if size:
            with self.path.open("rb") as reader:
                reader.seek(size - 1)
                if reader.read(1) != b"\n":
                    os.write(descriptor, b"\n")
        return os.fstat(descriptor).st_size

    def replay(self, store: Store) -> int:
        """Tell Redis the facts that it lacks; gives how many were news to it."""
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                size = os.fstat(file.fileno()).st_size
                known = int(store.hash("facts:offset").get(self.host, 0))
                file.seek(known if known <= size else 0)
                lines = file.read().splitlines()
        except FileNotFoundError:
            return 0
        news = 0
        facts = [fact for fact in map(_read, lines) if fact]
        for start in range(0, len(facts), 500):
            news += store.call(scripts.consent(self.host, None, [f.words for f in facts[start:start + 500]]))
        if known != size:
            store.call(scripts.consent(self.host, size, []))
        return news


def _read(line: bytes) -> Fact | None:
    try:
        return Fact(**json.loads(line))
    except (ValueError, TypeError):
        return None   # half a line, from a power cut before it was acknowledged


def history(store: Store, subscriber: int) -> list[Fact]:
    """What is on record about one person, oldest first."""
    facts = [Fact(**json.loads(text)) for text in store.hash(f"facts:{subscriber}").values()]
    return sorted(facts, key=lambda f: f.at)
