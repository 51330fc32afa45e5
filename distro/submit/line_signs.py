"""Recognise signs of single lines of a plain text: datelines, places, addresses, labels."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from distro.submit import dateline
from distro.submit.lines import TextLine, wrap_width
from distro.submit.phrases import word_list

PRESS = re.compile(
    r"press|media|presse|prensa|imprensa|stampa|\bpers|woordvoer|medien|bas[ıi]n|medya|сми|пресс|"
    r"журналист|إعلام|صحف|媒体|新闻|采访|报道|報道|広報|取材|プレス|リリース",
    re.IGNORECASE,
)
_TIMED = re.compile(r"\d{1,2}[:.h時点时]\d{2}")
PAIR = re.compile(r"^[^:：]{1,18}[:：](?!//)\s?\S[^:：]{0,80}$")
_INVESTORS = re.compile(
    r"invest[oie]|inversor|аналитик|инвест|投资者|投資家|مستثمر|yat[ıi]r[ıi]mc", re.IGNORECASE
)
_HANGING = frozenset(word_list("hanging"))


@dataclass(frozen=True)
class LineSigns:
    """The lines of a text that are not blank, with the signs of each and of its neighbours.

    Indices are into `lines`.
    """

    lines: Sequence[TextLine]

    @cached_property
    def width(self) -> int:
        """Return the width at which the text was hard-wrapped; 0 where a paragraph is one line."""
        return wrap_width(self.lines)

    @cached_property
    def times(self) -> Counter[str]:
        """Return how often each line stands in the text."""
        return Counter(line.text for line in self.lines)

    def apart(self, n: int) -> bool:
        """Return whether a blank line stands above."""
        return n == 0 or self.lines[n].number > self.lines[n - 1].number + 1

    def last_of_block(self, n: int) -> bool:
        """Return whether no line of the same block follows."""
        return n + 1 == len(self.lines) or self.apart(n + 1)

    def dateline_at(self, n: int) -> bool:
        """Return whether the text may open here with a place before a dash."""
        return self._datelines[n]

    @cached_property
    def _datelines(self) -> list[bool]:
        return [self._dateline_at(n) for n in range(len(self.lines))]

    def _dateline_at(self, n: int) -> bool:
        line = self.lines[n]
        if (
            line.furniture
            or line.date
            or line.bullet
            or not (
                line.length > 30
                or (n + 1 < len(self.lines) and not self.apart(n + 1) and line.length > 12)
            )
        ):
            return False
        place, rest = dateline.take(line.text)
        return bool(place) and not (
            self.last_of_block(n)
            and line.length < 90
            and not line.full_stop
            and not re.search(r"[\d(/]", place)
            and len(rest) < 60
        )

    def of_embargo(self, n: int) -> bool:
        """Return whether the line is the rest of an embargo that began above, where its time
        stands.
        """
        above = self.lines[n - 1] if n else None
        line = self.lines[n]
        return (
            above is not None
            and above.embargo
            and not self.apart(n)
            and line.length <= 90
            and any(map(str.isdigit, line.text))
            and not _TIMED.search(above.text)
        )

    def place_at(self, n: int) -> bool:
        """Return whether a line is a dateline alone: a place and a day, with the text below it."""
        return bool(dateline.alone(self.lines[n].text))

    def address_about(self, n: int) -> bool:
        """Return whether an address or a number stands among the six lines above or below."""
        return self.address_near(max(0, n - 6), 12)

    def address_near(self, n: int, reach: int = 6) -> bool:
        """Return whether an address or a number stands on this line or one of the next ones."""
        return self._addresses[min(n + reach + 1, len(self.lines))] > self._addresses[n]

    @cached_property
    def _addresses(self) -> list[int]:
        """Return how many of the lines before each one hold an address."""
        return list(accumulate((line.address for line in self.lines), initial=0))

    @cached_property
    def long_text(self) -> str:
        """Return the longer lines in one text, folded, to look for names in."""
        return "\n".join(
            line.text for line in self.lines if line.length > 60 and not line.way
        ).casefold()

    def labelled(self, n: int) -> bool:
        """Return whether a line is one of several with a label and a colon: "Price: 3 francs",
        "10.30: Opening".
        """
        near = [self.lines[m].text for m in (n - 1, n + 1) if 0 <= m < len(self.lines)]
        return bool(PAIR.match(self.lines[n].text)) and any(PAIR.match(text) for text in near)

    def for_investors(self, n: int) -> bool:
        """Return whether the block in which the line stands is for those who ask about shares."""
        first = last = n
        while not self.apart(first) and n - first < 6:
            first -= 1
        while not self.last_of_block(last) and last - n < 6:
            last += 1
        block = " ".join(line.text for line in self.lines[first : last + 1])
        return bool(_INVESTORS.search(block)) and not PRESS.search(block)
