"""Find people by a part of what names them without reading the book for each question.

For a process that goes on: all names, addresses and outlets in one text in memory, a line a person,
read anew when the book has changed (about 100 bytes a person; a second for 200,000).
"""

import bisect
import threading

import msgspec

from distro.audience.book import values_of
from distro.lib.languages import unaccented
from distro.store import Store, subscriber_rows
from distro.store.scope import EVERYTHING

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


class SearchIndex:
    """The names, addresses and outlets of everybody, as one text."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[int, int] = (-1, -1)
        self._text = ""
        self._starts: list[int] = []
        self._ids: list[int] = []

    def find(self, store: Store, search: str) -> list[int]:
        """Return the ids of those found, ascending."""
        wanted = folded(search)
        with self._lock:
            self._read_if_changed(store)
            text, starts, ids = self._text, self._starts, self._ids
        found: list[int] = []
        at = text.find(wanted)
        while at >= 0:
            line = bisect.bisect_right(starts, at) - 1
            found.append(ids[line])
            past = starts[line + 1] if line + 1 < len(starts) else len(text)
            at = text.find(wanted, past)
        return found

    def _read_if_changed(self, store: Store) -> None:
        now = subscriber_rows.version_and_last_id(store)
        if now == self._of:
            return
        lines, starts, ids, at = [], [], [], 0
        # Of everybody: whoever asks is narrowed to what they may see when it is answered.
        for number, raw in subscriber_rows.all_rows(store.seen_by(EVERYTHING)):
            row = _decode(raw)
            line = folded("\t".join((_text(row.email), _text(row.name), _text(row.outlet)))) + "\n"
            lines.append(line)
            starts.append(at)
            ids.append(number)
            at += len(line)
        self._text, self._starts, self._ids = "".join(lines), starts, ids
        self._of = now


def _text(cell: list[str] | str) -> str:
    return cell if isinstance(cell, str) else "\t".join(cell)
