"""Find people by a part of what names them without reading the book for each question.

For a process that goes on: all names, addresses and outlets as texts in memory, a line a person
(about 100 bytes; the first reading takes a second for 100,000 people). After a change of the book
only the pieces are read again in which a row changed.
"""

import bisect
import contextlib
import threading
from dataclasses import dataclass

import msgspec

from distro.audience.book import values_of
from distro.errors import DistroError
from distro.lib.languages import unaccented
from distro.store import Store, subscriber_rows
from distro.store.scope import EVERYTHING
from distro.store.subscriber_rows import PIECE

SEARCHED = ("email", "name", "outlet")


class _Row(msgspec.Struct):
    """The columns of a row that are searched."""

    email: list[str] | str = ""
    name: list[str] | str = ""
    outlet: list[str] | str = ""


_decode = msgspec.json.Decoder(_Row).decode


def folded(text: str) -> str:
    """Return a text as it is compared: without capitals, accents and line ends."""
    return unaccented(text.casefold()).replace("\n", " ")


def holds(row: dict[str, object], wanted: str) -> bool:
    """Return whether what names somebody holds a folded text."""
    return any(wanted in folded(text) for column in SEARCHED for text in values_of(row, column))


@dataclass(frozen=True, slots=True)
class _Piece:
    """The people of neighbouring ids: their lines, where each line begins, and whose it is."""

    text: str
    starts: tuple[int, ...]
    ids: tuple[int, ...]

    def find(self, wanted: str) -> list[int]:
        """Return the ids of those whose line holds a folded text, ascending."""
        found: list[int] = []
        at = self.text.find(wanted)
        while 0 <= at < len(self.text):
            line = bisect.bisect_right(self.starts, at) - 1
            found.append(self.ids[line])
            past = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
            at = self.text.find(wanted, past)
        return found


class SearchIndex:
    """The names, addresses and outlets of everybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = False
        self._version = -1
        self._pieces: dict[int, _Piece] = {}

    def prepare(self, store: Store) -> None:
        """Begin the first reading, where nobody has: somebody looks at people, and may search."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._read_first, args=(store,), daemon=True).start()

    def _read_first(self, store: Store) -> None:
        # Where Redis does not answer, the first question says so.
        with contextlib.suppress(DistroError), self._lock:
            self._read_changes(store)

    def find(self, store: Store, search: str) -> list[int]:
        """Return the ids of those found, ascending."""
        wanted = folded(search)
        with self._lock:
            self._read_changes(store)
            pieces = [self._pieces[number] for number in sorted(self._pieces)]
        if not wanted:  # nothing of it is compared: accents alone
            return [number for piece in pieces for number in piece.ids]
        return [number for piece in pieces for number in piece.find(wanted)]

    def _read_changes(self, store: Store) -> None:
        """Read what changed since the last time; everything at first, or if the book is another."""
        version = subscriber_rows.version(store)
        if version == self._version:
            return
        if 0 <= self._version < version:
            numbers = subscriber_rows.pieces_changed_after(store, self._version)
        else:
            self._pieces = {}
            numbers = list(range(subscriber_rows.last_id(store) // PIECE + 1))
        for number in numbers:
            self._pieces[number] = _read(store, number)
        # What was written while this read is of a later version: the next question reads it.
        self._version = version


def _read(store: Store, number: int) -> _Piece:
    lines, starts, ids, at = [], [], [], 0
    first = max(1, number * PIECE)
    # Of everybody: whoever asks is narrowed to what they may see when it is answered.
    for id_, raw in subscriber_rows.all_rows(
        store.seen_by(EVERYTHING), first, (number + 1) * PIECE
    ):
        row = _decode(raw)
        line = folded("\t".join((_text(row.email), _text(row.name), _text(row.outlet)))) + "\n"
        lines.append(line)
        starts.append(at)
        ids.append(id_)
        at += len(line)
    return _Piece("".join(lines), tuple(starts), tuple(ids))


def _text(cell: list[str] | str) -> str:
    return cell if isinstance(cell, str) else "\t".join(cell)
