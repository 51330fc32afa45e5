"""Keep every message and event that came back as it came, before it is acknowledged.

    data/feedback/new/<id>                not carried out yet
    data/feedback/kept/2026-11-26/<id>    carried out on that day

An id is made from the content, so that the same message, fetched twice, is one. A file's first line
is what was known beside the content, as JSON. Whoever dies in between leaves a file in `new`, and
what it means is carried out once, however often it is tried.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from distro.lib import failpoints
from distro.lib.files import read_regular

_AGAIN_SECONDS = 60
LEAST_FREE = 300_000_000  # bytes of the disk that are left to the ledger
MOST_BYTES = 25_000_000  # of one message; what is larger is no bounce
_MOST_HEAD = 10_000
_ID = re.compile(r"[0-9a-f]{24}")
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing that came back, as it came."""

    kind: str  # "message", or the provider of an event: "ses"
    source: str  # how it came: imap, lmtp, a file's name, webhook
    at: int  # when it came here, unix ms
    content: bytes = field(repr=False)
    recipient: str = ""  # of its envelope, where the source says it

    @property
    def id(self) -> str:
        """Return the name of this content: 24 hexadecimal digits."""
        return hashlib.sha256(self.kind.encode() + b"\0" + self.content).hexdigest()[:24]

    @property
    def day(self) -> date:
        """Return the day on which it came."""
        return datetime.fromtimestamp(self.at / 1000, UTC).date()


def arrived(content: bytes, source: str, *, kind: str = MESSAGE, recipient: str = "") -> Arrival:
    """Return what comes now."""
    return Arrival(kind, source, time.time_ns() // 1_000_000, content[:MOST_BYTES], recipient)


class Mailroom:
    """The folder of one host."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "feedback"

    def put(self, arrival: Arrival, *, durable: bool = True) -> bool:
        """Keep something; on the disk when this returns. False: it waits here already.

        `durable=False` leaves the disk to `settle`: for many at a time.
        """
        new = self.folder / "new"
        new.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = new / arrival.id
        if there.exists():
            return False
        if shutil.disk_usage(self.folder).free < LEAST_FREE:
            raise OSError(errno.ENOSPC, "too little space is left for what comes back")
        head = {"kind": arrival.kind, "source": arrival.source, "at": arrival.at}
        head["recipient"] = arrival.recipient
        part = self.folder / f".{arrival.id}.{secrets.token_hex(4)}"
        with part.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(json.dumps(head).encode() + b"\n" + arrival.content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        failpoints.point("feedback-written")
        part.rename(there)
        if durable:
            self.settle()
        return True

    @contextlib.contextmanager
    def working(self, *, wait: bool) -> Iterator[bool]:
        """Have the room to oneself; gives whether one has it (with `wait`: always).

        Two at the same work do no harm, and are slower.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True

    def settle(self) -> None:
        """Have the disk know the names in `new`."""
        _sync(self.folder / "new")

    def waiting(self, most: int) -> list[str]:
        """Return the ids of at most so many that are not carried out, oldest first."""
        found = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder / "new") as entries:
            found = [(e.stat().st_mtime, e.name) for e in entries if _ID.fullmatch(e.name)]
        now = time.time()
        return [name for at, name in sorted(found)[:most] if at <= now]

    def count_waiting(self) -> int:
        """Return how many are not carried out."""
        with contextlib.suppress(FileNotFoundError):
            return sum(_ID.fullmatch(n) is not None for n in os.listdir(self.folder / "new"))
        return 0

    def read(self, name: str) -> Arrival | None:
        """Return something by its id, or the beginning of it; None where nothing has it, or
        several.
        """
        found = self._find(name)
        return _read(found) if found else None

    def begin(self, name: str) -> int:
        """Note that something is being carried out; return how often that was begun and not ended,
        this time included: whoever did it before was killed meanwhile.
        """
        note, times = self.folder / "begun" / name, 1
        # Where it cannot be noted, it is carried out all the same.
        with contextlib.suppress(OSError):
            note.parent.mkdir(mode=0o700, exist_ok=True)
            with note.open("ab") as file:
                file.write(b".")
                times = file.tell()
        return times

    def end(self, name: str) -> None:
        """Note that what was begun has ended, well or not."""
        with contextlib.suppress(OSError):
            (self.folder / "begun" / name).unlink(missing_ok=True)

    def done(self, name: str) -> None:
        """Put away what was carried out."""
        kept = self.folder / "kept" / datetime.now(UTC).date().isoformat()
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            (self.folder / "new" / name).rename(kept / name)

    def kept_since(self, day: date) -> Iterator[Arrival]:
        """Yield what was carried out from a day on, oldest day first."""
        for folder in self._days():
            if date.fromisoformat(folder.name) >= day:
                for path in sorted(folder.iterdir(), key=lambda p: p.stat().st_mtime_ns):
                    found = _read(path)
                    if found:
                        yield found

    def drop(self, name: str) -> bool:
        """Drop one thing for good; return whether it was here."""
        found = self._find(name) if _ID.fullmatch(name) else None
        if found:
            found.unlink(missing_ok=True)
        return found is not None

    def put_off(self, name: str) -> None:
        """Have something wait for a minute: what it needs is not there now."""
        later = time.time() + _AGAIN_SECONDS
        with contextlib.suppress(FileNotFoundError):
            os.utime(self.folder / "new" / name, (later, later))

    def prune(self, days: float) -> int:
        """Drop what was kept for longer than so many days; return how many."""
        until, gone = datetime.now(UTC).date() - timedelta(days=days), 0
        for folder in self._days():
            if date.fromisoformat(folder.name) < until:
                for path in list(folder.iterdir()):
                    path.unlink(missing_ok=True)
                    gone += 1
                folder.rmdir()
        return gone

    def _days(self) -> list[Path]:
        kept = self.folder / "kept"
        return sorted(kept.iterdir()) if kept.is_dir() else []

    def _find(self, name: str) -> Path | None:
        if not re.fullmatch(r"[0-9a-f]{6,24}", name):
            return None
        folders = [self.folder / "new", *self._days()]
        if _ID.fullmatch(name):
            return next((f / name for f in folders if (f / name).exists()), None)
        found = [path for folder in folders for path in folder.glob(f"{name}*")]
        return found[0] if len({path.name for path in found}) == 1 else None


def _read(path: Path) -> Arrival | None:
    try:
        raw = read_regular(path, MOST_BYTES + _MOST_HEAD)
        head, _, content = raw.partition(b"\n")
        said = json.loads(head)
        return Arrival(
            str(said["kind"]), str(said["source"]), int(said["at"]), content, str(said["recipient"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
