"""What people agreed to, durably: a fact goes to a file outside Redis (fdatasync), then to Redis by
its id, then it is acknowledged.

Facts are only ever added. What somebody agreed to is a function of all facts about them
(`consent`). At the start of
every part, facts of this host's file that Redis lacks (after a power cut or a restore) are replayed
in order, before the
first intent. A "no" outlives any import.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from distro.errors import DistroError
from distro.store import Store, consents, keys, subscriber_rows
from distro.store import book_scripts as scripts
from distro.store.data_folder import refused

# Each takes something away …
UNSUBSCRIBED = "unsubscribed"  # the person's own wish
SUPPRESSED = "suppressed"  # we may not: bounced, complained, or by an admin
PAUSED = "paused"  # the person's own wish, until a day
SIGNED_UP = "signed_up"  # asked for on the page, not yet confirmed
ERASED = "erased"  # the person's own wish: nothing is kept but this
# … or gives it back, or only tells something.
RESUBSCRIBED = "resubscribed"  # by the person alone
LIFTED = "lifted"  # a suppression, by an admin with a reason
RESUMED = "resumed"
CONFIRMED = "confirmed"  # the link of the letter was answered: the second half of a double opt-in
JOINED, LEFT = "joined", "left"  # one list
MOVED = "moved"  # to another address
ADDED, CHANGED = "added", "changed"
_TAKES = {
    SIGNED_UP: "unconfirmed"
}  # the reason for which an act keeps mail away, where it is called otherwise (`consent`)
_NO = (UNSUBSCRIBED, SUPPRESSED, ERASED)

Hashes = Callable[
    [str], tuple[str, ...]
]  # the keyed hashes of an address, hexadecimal: today's, then former ones


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to somebody's consent."""

    fact: str  # its id
    subscriber: int
    act: str  # one of the above
    at: int  # unix ms, this host's clock
    source: str  # where it came from: "one-click link of D15", "m.zammit"
    address_hash: str  # whose it is, without the address
    detail: str = ""  # which list, on what basis, for what reason
    till: int = 0  # unix ms: the end of a pause

    def of(self, subscriber: int) -> "Fact":
        """Return the same fact about the subscriber with this id."""
        return replace(self, subscriber=subscriber)

    @property
    def told(self) -> str:
        """As the file and Redis keep it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def args(self) -> tuple[int, str, str]:
        """As the script takes it."""
        return self.subscriber, self.fact, self.told


def imported_no(
    number: int,
    subscriber: int,
    act: str,
    told: Mapping[str, str],
    address_hash: str = "",
    said: str = "",
) -> Fact:
    """The fact that another system's export says no; the same again when the piece is written
    again.
    """
    name = hashlib.sha256(f"{number}:{subscriber}:{act}".encode()).hexdigest()[:24]
    return Fact(
        name,
        subscriber,
        act,
        int(told.get("at", 0)),
        f"import {number} of {told.get('file', '')} by {told.get('actor', '')}",
        address_hash,
        said,
    )


def taking(facts: Iterable[Fact]) -> list[tuple[str | bytes | int, ...]]:
    """Return what Redis is told of facts that take something away, with the rows of those whom they
    are about.
    """
    return [
        command
        for f in facts
        for command in (
            ("HSET", keys.facts(f.subscriber), f.fact, f.told),
            ("SETBIT", keys.refused(_TAKES.get(f.act, f.act)), f.subscriber, 1),
            ("SETBIT", keys.REFUSED, f.subscriber, 1),
        )
    ]


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
                fcntl.flock(
                    file, fcntl.LOCK_EX
                )  # one writer at a time, so that the offset is right
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
        told = (
            refused(str(self.path), self.path.parent)
            if isinstance(error, PermissionError)
            else None
        )
        return told or DistroError(
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
        """Facts at the end of the locked file, on the disk when this returns; gives where they
        begin.
        """
        begin = self._whole(file.fileno())
        file.write(b"".join(fact.told.encode() + b"\n" for fact in facts))
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
                    ).told.encode()
                    file.seek(at)
                    file.write(bare.ljust(len(line) - 1) + b"\n")
                at += len(line)
            file.flush()
            os.fdatasync(file.fileno())

    def _whole(self, descriptor: int) -> int:
        """The file's size; a half line that a power cut left is ended, so that the next stands
        alone.
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
        finder = _Finder(store, self.hashes_of)
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


class _Finder:
    """Whose a replayed fact is now: after a restore an id may be somebody else's, and the address
    tells.
    """

    def __init__(self, store: Store, hashes_of: Hashes) -> None:
        self.store = store
        self.hashes_of = hashes_of
        self._by_hash: dict[str, int] | None = None
        self._before: dict[
            str, str
        ] = {}  # hash of an address -> hash of the one that the person had before

    def rightful(self, fact: Fact) -> Fact | None:
        """The fact, of the person that it is about; None: nobody has the address, and a "no" is
        kept for who may come with it.
        """
        row = json.loads(subscriber_rows.row(self.store, fact.subscriber) or b"{}")
        mine = [str(a) for a in (row.get("email", ""), *row.get("_former", ())) if a]
        if fact.act == MOVED and fact.detail:
            self._before[fact.address_hash] = fact.detail
        if not fact.address_hash or any(
            fact.address_hash in self.hashes_of(address) for address in mine
        ):
            return fact
        found = self._everybody().get(fact.address_hash)
        if not found:
            self._keep(fact)
            found = self._everybody().get(self._first(fact.address_hash))
        if found:
            return replace(fact, subscriber=found)
        return fact if fact.subscriber and not mine else None

    def _keep(self, fact: Fact) -> None:
        """A "no" of somebody who is not in the book holds for whoever comes with that address."""
        if fact.act in _NO:
            consents.keep_refusal(self.store, [fact.address_hash], fact.act)
        elif fact.act in (RESUBSCRIBED, LIFTED):
            consents.drop_refusal(self.store, [fact.address_hash])

    def _first(self, address_hash: str) -> str:
        """The address under which the person was known before they moved."""
        for _ in range(20):
            if address_hash not in self._before:
                break
            address_hash = self._before[address_hash]
        return address_hash

    def _everybody(self) -> dict[str, int]:
        if self._by_hash is None:
            self._by_hash = {
                h: number
                for address, number in subscriber_rows.addresses(self.store).items()
                for h in self.hashes_of(address)
            }
        return self._by_hash


def _read(line: bytes) -> Fact | None:
    try:
        return Fact(**json.loads(line))
    except (ValueError, TypeError):
        return None  # half a line, from a power cut before it was acknowledged


def said_before(store: Store, hashes_of: Hashes, addresses: Sequence[str]) -> list[str]:
    """Return what each address that is not in the book said before: erased, unsubscribed,
    suppressed, or "".
    """
    hashes = [hashes_of(address) for address in addresses]
    flat = [h for several in hashes for h in several]
    found = consents.kept_refusals(store, flat)
    return [next((found[h] for h in several if h in found), "") for several in hashes]


def history(store: Store, subscriber: int) -> list[Fact]:
    """What is on record about one person, oldest first."""
    facts = [Fact(**json.loads(text)) for text in consents.facts(store, subscriber)]
    return sorted(facts, key=lambda f: (f.at, f.fact))
