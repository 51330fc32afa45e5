"""Keep a process's journal: a line as each body begins and as each reply is read, before anything
else is done about it.

It is locked for the life of its process: whoever gets the lock knows that the process is gone, and
its lines are the first evidence about what it left in flight. A reply is a state; begun without a
reply is doubt; not begun was not sent. The lines are readable, with relay, code and queue id: it is
also the mail admin's log. A line that cannot be written raises OSError, which must stop this
process's sending.

    # distro journal 1 boot=1f0c… process=h1.812.9ab3
    1795514404.123 D17 42 9f3a11c0.1 begun
    1795514404.131 D17 42 9f3a11c0.1 accepted 250 relay.example:25 4XzQ1b 2.0.0 Ok: queued as 4XzQ1b
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from distro.model import Outcome, State

_HEAD = "# distro journal 1"
BEGUN = "begun"


class Attempt(NamedTuple):
    """The name of one attempt: a lease's token and the recipient's count of attempts."""

    distribution: str
    ordinal: int
    token: str  # 8 hexadecimal digits
    number: int


def boot_id() -> str:
    """Return an id that changes with every boot of the machine.

    After a power cut lines in the page cache may be missing.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


class Journal:
    """The journal that this process writes."""

    def __init__(self, folder: Path, process: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{process}.log"
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._write(f"{_HEAD} boot={boot_id()} process={process}\n".encode())

    def begun(self, attempt: Attempt) -> None:
        """Write that the next bytes on the wire are this letter's."""
        self._write(
            b"%.3f D%s %d %s.%d begun\n"
            % (
                time.time(),
                attempt.distribution.encode(),
                attempt.ordinal,
                attempt.token.encode(),
                attempt.number,
            )
        )

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """Write how a letter ended; `-` where a relay or a queue id is not known."""
        text = (
            f"{time.time():.3f} D{attempt.distribution} {attempt.ordinal}"
            f" {attempt.token}.{attempt.number} {outcome.state} {outcome.code}"
            f" {outcome.relay or '-'} {outcome.queue_id or '-'} {outcome.text}"
        )
        if "\n" in text or "\r" in text:
            text = text.replace("\n", " ").replace("\r", " ")
        self._write(f"{text}\n".encode("utf-8", "replace"))

    def _write(self, line: bytes) -> None:
        if os.write(self._descriptor, line) != len(line):
            raise OSError(28, "the journal's disk is full", str(self.path))

    def close(self) -> None:
        """Close the file and let its lock go."""
        os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The proof that a dead process's journal gives."""

    ended: dict[Attempt, Outcome]
    begun: frozenset[Attempt]
    this_boot: bool

    def verdict(self, attempt: Attempt) -> Outcome:
        """Return the state of an attempt that its process left in flight."""
        known = self.ended.get(attempt)
        if known:
            return known
        if attempt in self.begun or not self.this_boot:
            return Outcome(State.IN_DOUBT, text="its worker died before an answer was read")
        return Outcome(State.QUEUED, text="its worker died before the letter began")


def read(folder: Path, process: str) -> Evidence | None:
    """Return the evidence of a process that is gone; None where it lives or has no journal here."""
    try:
        with (folder / f"{process}.log").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return None
            return parse(file.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        return None


def parse(text: str) -> Evidence:
    """Read a journal; half a last line proves nothing."""
    ended: dict[Attempt, Outcome] = {}
    begun: set[Attempt] = set()
    boot = ""
    for line in text.split("\n")[:-1]:
        if line.startswith(_HEAD):
            boot = line.partition("boot=")[2].partition(" ")[0]
            continue
        parts = line.split(" ", 8)
        try:
            token, _, number = parts[3].partition(".")
            attempt = Attempt(parts[1].removeprefix("D"), int(parts[2]), token, int(number))
            if parts[4] == BEGUN:
                begun.add(attempt)
            else:
                ended[attempt] = Outcome(
                    State(parts[4]), int(parts[5]), parts[8], _known(parts[7]), _known(parts[6])
                )
        except (IndexError, ValueError):
            continue
    return Evidence(ended, frozenset(begun), boot == boot_id())


def _known(word: str) -> str:
    return "" if word == "-" else word


def scrub(
    folder: Path, addresses: Collection[str], ordinal_in: Callable[[str], int] = lambda _: -1
) -> int:
    """Overwrite what names a person in journals where it stands, in place, so that a process that
    still writes is not disturbed.

    `ordinal_in` gives their place in a distribution, -1 for none: what relays said at their letters
    goes, whatever it is. Their addresses go wherever else they stand: relays say them, and so did
    journals of earlier versions. Gives how many pieces were found.
    """
    found = 0
    named = re.compile(
        b"|".join(re.escape(a.encode()) for a in addresses if a) or rb"(?!)", re.IGNORECASE
    )
    for path in folder.glob("*.log"):
        with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
            raw = file.read()
            places = [m.span() for m in named.finditer(raw)]
            for distribution in {m[1] for m in _DISTRIBUTION.finditer(raw)}:
                ordinal = ordinal_in(distribution.decode())
                if ordinal >= 0:
                    places += [
                        m.span(1)
                        for m in re.finditer(_WORDS % (distribution, ordinal), raw, re.MULTILINE)
                    ]
            for start, end in places:
                file.seek(start)
                file.write(b"*" * (end - start))
            found += len(places)
    return found


_DISTRIBUTION = re.compile(rb"^[0-9.]+ D([0-9]+) ", re.MULTILINE)
_WORDS = (  # what follows the relay: queue id and words
    rb"^[0-9.]+ D%b %d [0-9a-f]+\.[0-9]+ [a-z_]+ [0-9]+ \S+ ([^\n]+)$"
)


def prune(folder: Path, keep_days: float) -> int:
    """Delete journals of processes that ended so many days ago; gives how many."""
    gone = 0
    for path in folder.glob("*.log"):
        if (
            time.time() - path.stat().st_mtime > keep_days * 86400
            and read(folder, path.stem) is not None
        ):
            path.unlink(missing_ok=True)
            gone += 1
    return gone
