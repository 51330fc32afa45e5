"""Recognise signs around each line of a plain text: titles, menus, paragraphs."""

import re
from functools import cached_property

from distro.submit import contacts
from distro.submit.line_signs import LineSigns
from distro.submit.lines import wide_length
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


class Signs(LineSigns):
    """Signs from the places of lines: running text, menus, titles, paragraphs."""

    @cached_property
    def prose(self) -> list[float]:
        """Return how much each line is a piece of running text."""
        return [self._prose(n) for n in range(len(self.lines))]

    @cached_property
    def around(self) -> list[float]:
        """Return how much the lines near each one are running text, -1 to 2."""
        near = [min(max(weight, -1.0), 2.0) for weight in self.prose]
        return [
            sum(near[max(0, n - 3) : n] + near[n + 1 : n + 4])
            / (len(near[max(0, n - 3) : n] + near[n + 1 : n + 4]) or 1)
            for n in range(len(near))
        ]

    def sentence_among_others(self, n: int) -> bool:
        """Return whether a line is a sentence of eight words or more in running text, and in no run
        of a menu.
        """
        line = self.lines[n]
        return (
            line.word_count >= 8 and line.full_stop and not line.furniture and self.around[n] >= 0.3
        )

    def goes_on(self, n: int) -> bool:
        """Return whether line n is the rest of a sentence or a title that began on the line
        above.
        """
        return self._going_on[n]

    @cached_property
    def _going_on(self) -> list[bool]:
        return [self._goes_on(n) for n in range(len(self.lines))]

    def _goes_on(self, n: int) -> bool:
        if n == 0:
            return False
        above, line = self.lines[n - 1], self.lines[n]
        if (line.address and line.word_count <= 6) or self.labelled(n) or line.text[0] in "—～~":
            return False
        if (
            above.full_stop
            or line.bullet
            or above.furniture
            or line.furniture
            or above.apparatus
            or line.apparatus
            or above.length < 24
            or (above.address and "contact" in above.kinds)
            or (self.apart(n) and not line.text[:1].islower())
        ):
            return False
        if self.apart(n):
            return (
                bool(self.width)
                and above.length >= 0.6 * self.width
                and line.text[:1].islower()
                and self._double_spaced
            )
        last = above.text.rsplit(maxsplit=1)[-1].lower()
        if line.text[:1].islower() or above.text[-1] in ",،、，" or last in _HANGING:
            return True
        first = wide_length(line.text.split(maxsplit=1)[0]) if " " in line.text else 2
        return (
            bool(self.width)
            and above.length + 1 + first > self.width - 4
            and above.length > 0.6 * self.width
        )

    def goes_on_in_block(self, n: int) -> bool:
        """Return whether two or three wrapped lines between blank ones are one title."""
        above, line = self.lines[n - 1], self.lines[n]
        if (
            self.apart(n)
            or above.length < 30
            or line.text[0] in "—–～~-"
            or above.full_stop
            or line.length > above.length + 12
            or above.text.isupper() != line.text.isupper()
        ):
            return False
        first, last = n - 1, n
        while not self.apart(first) and first > n - 4:
            first -= 1
        while not self.last_of_block(last) and last < n + 3:
            last += 1
        block = self.lines[first : last + 1]
        if above.text.isupper() and line.text.isupper():
            return True
        return (
            bool(self.width)
            and self.apart(first)
            and self.last_of_block(last)
            and len(block) <= 3
            and not any(x.apparatus or x.furniture or x.address for x in block)
        )

    @cached_property
    def _double_spaced(self) -> bool:
        pairs = list(zip(self.lines, self.lines[1:], strict=False))
        return bool(pairs) and sum(
            below.number == above.number + 2 for above, below in pairs
        ) > 0.6 * len(pairs)

    def _prose(self, n: int) -> float:
        line = self.lines[n]
        if line.full_stop and line.word_count >= 8:
            weight = 3.0
        elif line.length >= 110:
            weight = 2.5
        elif line.full_stop and line.word_count >= 4:
            weight = 1.5
        elif line.length >= 55:
            weight = 1.0
        elif line.length >= 40:
            weight = 0.4
        else:
            weight = -1.2 if line.word_count <= 3 and not line.full_stop else -0.5
        if self.goes_on(n) or (n + 1 < len(self.lines) and self.goes_on(n + 1)):
            weight = max(weight, 0.0) + 1.2
        weight += 0.8 if line.holds_sentences else 0
        weight += 0.3 if line.text[:1] in '"“„«「' and line.word_count > 3 else 0
        if line.bullet:
            weight = max(weight, 0.2 if line.word_count >= 3 else -0.4)
        if line.furniture or "end" in line.kinds:
            return weight - 3.5
        if line.kinds & {"caption", "aside", "release"} or line.date or line.time:
            return weight - 2.5
        return weight

    @cached_property
    def listed(self) -> list[bool]:
        """Return whether each line is a short entry of a list that a line with a colon opened."""
        found, open_for = [], 0
        for n, line in enumerate(self.lines):
            if (
                line.text.endswith((":", "："))
                and not line.kinds & {"contact", "closing", "aside", "notes"}
                and self.around[n] > -0.2
            ):
                open_for = 40
                found.append(False)
                continue
            open_for = (
                0 if line.furniture or line.kinds & {"contact", "notes", "end"} else open_for - 1
            )
            found.append(open_for > 0 and self.prose[n] < 1)
            if self.prose[n] >= 2 and not line.bullet:
                open_for = 0
        return found

    def in_menu(self, n: int) -> bool:
        """Return whether a short line stands among short lines."""
        near = [self.lines[m] for m in (n - 1, n + 1) if 0 <= m < len(self.lines)]
        return (
            self.lines[n].length < 28
            and not self.apart(n)
            and all(
                line.length < 28 and line.word_count <= 4 and not line.apparatus for line in near
            )
        )

    def deck(self, n: int) -> bool:
        """Return whether a line of its own, in a text that is not wrapped, is longer than a title
        and ends no sentence.
        """
        line = self.lines[n]
        return (
            not self.width
            and self.apart(n)
            and self.last_of_block(n)
            and line.title_like
            and not line.ends_sentence
            and line.length >= 60
        )

    def parted(self, n: int) -> bool:
        """Return whether the line is a paragraph of its own."""
        return not self.goes_on(n) and (n + 1 == len(self.lines) or not self.goes_on(n + 1))

    def text_follows(self, n: int) -> bool:
        """Return whether the very next line of substance opens the text with a dateline."""
        for m in range(n + 1, min(n + 5, len(self.lines))):
            if self.dateline_at(m) or self.place_at(m):
                return True
            if not (self.lines[m].apparatus or self.lines[m].furniture):
                return False
        return False

    def paragraph_at(self, n: int) -> bool:
        """Return whether a hard-wrapped paragraph begins or goes on here: some lines, and a
        sentence ends.
        """
        if not self.width or self.dateline_at(n):
            return self.dateline_at(n)
        m, lines = n, 1
        while m + 1 < len(self.lines) and self.goes_on(m + 1) and lines < 8:
            m, lines = m + 1, lines + 1
            if self.lines[m].holds_sentences:
                return True
        return lines >= 2 and (self.lines[m].full_stop or lines >= 4)

    def provider(self, n: int) -> bool:
        """Return whether the line is who provided the news, named below "News provided by"."""
        above = self.lines[n - 1] if n else None
        return (
            above is not None
            and "aside" in above.kinds
            and above.text[-1:] not in ".!"
            and above.word_count <= 4
            and self.prose[n] < 1
            and self.lines[n].word_count <= 8
        )

    def unfinished(self, n: int) -> bool:
        """Return whether the line is of a block of two to four wrapped lines that ends no sentence:
        a title.
        """
        if not self.width:
            return False
        first = last = n
        while not self.apart(first) and n - first < 4:
            first -= 1
        while not self.last_of_block(last) and last - n < 4:
            last += 1
        if (
            not 1 <= last - first <= 3
            or self.lines[last].full_stop
            or self.lines[last].text[-1:] in ":：,;"
            or last + 1 == len(self.lines)
            or self.goes_on(last + 1)
        ):
            return False
        return (
            all(self.goes_on(m) for m in range(first + 1, last + 1))
            and self.lines[last + 1].text[:1].isupper()
            and not self.lines[first].bullet
            and not self.lines[first].text[:1].islower()
        )

    def asked_above(self, n: int) -> bool:
        """Return whether the block that ends here says whom to ask, and no other address stands
        between.
        """
        first = n
        while n >= 0:
            if "contact" in self.lines[n].kinds:
                return True
            if n < first and contacts.EMAIL.search(self.lines[n].text):
                return False
            if self.apart(n):
                return (
                    n > 0
                    and self.lines[n - 1].number == self.lines[n].number - 2
                    and "contact" in self.lines[n - 1].kinds
                    and not contacts.EMAIL.search(self.lines[n - 1].text)
                )
            n -= 1
        return False

    def somebody(self, n: int) -> bool:
        """Return whether the addresses of a line are somebody's whom the press may ask, and no
        house's mailbox for everybody.
        """
        found = contacts.EMAIL.findall(self.lines[n].text)
        if not found or self.asked_above(n):
            return True
        near = " ".join(line.text for line in self.lines[max(0, n - 3) : n + 1])
        return any(contacts.personal(address, near) for address in found)
