"""Weigh lines as each part of a release, by what they are and what stands around them.

A weight of 1 is a hint, 3 is strong, 6 nearly decides. `parts.py` finds the division of the whole
text that they favour.
"""

import re

from distro.submit import contacts
from distro.submit.head_weights import HeadWeights
from distro.submit.lines import TextLine
from distro.submit.signs import PAIR, PRESS

_FIGURE = re.compile(r"\d")
# What a document marks as a piece of its text.
_BLOCKS = frozenset(["heading", "item", "quote", "table", "picture"])
_INLINE = re.compile(r"^[^:：]{3,60}[:：]\s*\S")


class Weights(HeadWeights):
    """The weights of the lines of one text: in a part (`head`, `body` …), as its rest (`more_…`),
    at its beginning (`opens_…`).
    """

    def before(self, n: int) -> float:
        """Return what the line weighs as the page's, above the release."""
        line = self.lines[n]
        if line.furniture or line.apparatus or self.of_embargo(n):
            return 1.0
        return self._lost(n) + (0.5 if self.times[line.text] > 1 else 0)

    def after(self, n: int) -> float:
        """Return what the line weighs as the page's, below the release."""
        line = self.lines[n]
        if line.furniture:
            return 1.0
        return self._lost(n) + (0.4 if line.apparatus else 0)

    def _lost(self, n: int) -> float:
        """Return what it costs to leave a line to the page: much for prose among prose, nothing for
        an entry of a menu.
        """
        weight = self.prose[n]
        if self.lines[n].style in _BLOCKS:
            return -2.5
        if weight <= 0.5:
            return 0.3
        return -min(weight, 3.0) * (0.5 + 0.35 * max(0.0, self.around[n]))

    def footer(self, n: int) -> float:
        """Return what the line weighs as the page's footer."""
        return 1.0 if self.lines[n].furniture else -0.15 * max(0.0, min(self.prose[n], 3.0)) + 0.4

    def aside(self, n: int) -> float:
        """Return what the line weighs as the page's, inside the release."""
        line = self.lines[n]
        if "release" in line.kinds or line.way or line.embargo:
            return -1.2 if "release" in line.kinds else -0.5
        if line.apparatus or line.furniture or self.provider(n) or self.of_embargo(n):
            return 1.0
        if line.title_like and line.length >= 28 and not line.full_stop:
            return -1.6
        return -0.5 if self.prose[n] <= 0.5 else -1.0 - self.prose[n]

    def body(self, n: int) -> float:
        """Return what the line weighs as the text."""
        line = self.lines[n]
        weight = self.prose[n] + 0.6 * self.around[n] + line.likely
        if self.listed[n] and not line.furniture:
            weight = max(weight, 0.9)
        elif not line.furniture and not line.apparatus:
            weight = max(weight, -0.3 if _FIGURE.search(line.text) else -0.7)
        weight -= 2.5 if self.unfinished(n) else 0
        weight -= (
            1.5
            if line.title_like
            and self.prose[n] < 1.5
            and self.apart(n)
            and self._announced(n) > 0.5
            else 0
        )
        weight -= 1.0 if line.address and not self.goes_on(n) else 0
        weight -= 3.0 if "contact" in line.kinds and self.address_near(n) else 0
        weight -= 4.0 if "end" in line.kinds or line.embargo or "release" in line.kinds else 0
        weight -= (
            2.5
            if "notes" in line.kinds
            or ("about" in line.kinds and not line.bullet and n > 2 and self.apart(n))
            else 0
        )
        return weight if line.kinds or line.style not in _BLOCKS else max(weight, 1.2)

    def inset(self, n: int) -> float:
        """Return what the line weighs as the page's, between two paragraphs."""
        line = self.lines[n]
        if line.furniture or line.kinds & {"caption", "aside"} or line.time or line.date:
            return 1.0
        above = self.lines[n - 1] if n else None
        return 0.3 if above and "closing" in above.kinds and self.prose[n] < 1.5 else -1.5

    def notes(self, n: int) -> float:
        """Return what the line weighs as notes to editors."""
        line = self.lines[n]
        if line.kinds & {"closing", "legal"} or line.way:
            return -2.0
        if "end" in line.kinds:
            return 0.0
        return (
            0.8 * max(self.prose[n], -0.4)
            + 0.5
            - (4.0 if "contact" in line.kinds and self.address_near(n, 4) else 0)
            - (0.8 if line.address else 0)
        )

    def about(self, n: int) -> float:
        """Return what the line weighs as the boilerplate."""
        return self.notes(n) - 0.1

    def after_end(self, n: int) -> float:
        """Return the house, said after the end mark without a heading."""
        return self.notes(n) - 0.2 if self.prose[n] > 0 else -1.0

    def contacts(self, n: int) -> float:
        """Return what the line weighs as contacts."""
        line = self.lines[n]
        if (
            line.kinds & {"closing", "legal", "end"}
            and not line.address
            and not ("contact" in line.kinds and self.address_near(n, 3))
        ):
            return -3.0
        if (
            line.date
            or line.time
            or (
                line.kinds & {"aside", "caption", "release"}
                and "contact" not in line.kinds
                and not line.address
            )
        ):
            return -2.0
        if not self.address_about(n):
            return -1.2 if self.prose[n] < 2 else -2.0
        if not self.somebody(n) or self.for_investors(n):
            return -2.5
        if line.address:
            return 2.5 if line.length < 160 or "contact" in line.kinds else 1.0
        if "contact" in line.kinds and self.address_near(n):
            return 2.0
        if line.scrap or line.kinds & {"button"}:
            return -0.6
        near = self.address_near(max(0, n - 3), 6)
        if self.prose[n] >= 2 and not self.address_near(n, 2):
            return -2.0
        return 0.6 if near and line.length <= 120 else -1.2

    def opens_body(self, n: int) -> float:
        """Return what the line weighs as the first of the text."""
        line = self.lines[n]
        if self.dateline_at(n) or (
            self.place_at(n) and n + 1 < len(self.lines) and self.prose[n + 1] >= 1
        ):
            return 3.5
        weight = 0.3 if self.apart(n) else 0.0
        weight -= 3.0 if self.goes_on(n) else 0
        weight -= 1.5 if line.text[:1].islower() else 0
        weight -= (
            1.0
            if (line.title_like and self.prose[n] < 1.5 and not line.full_stop) or self.deck(n)
            else 0
        )
        return weight

    def opens_contacts(self, n: int, *, in_page: bool = False) -> float:
        """Return what the line weighs as the first of the contacts."""
        line = self.lines[n]
        if "contact" in line.kinds and self.address_near(n):
            return -5.0 if in_page and not PRESS.search(line.text) else 2.0
        if in_page:
            return -9.0
        mail = next(
            (
                m
                for m in range(n, min(n + 3, len(self.lines)))
                if contacts.EMAIL.search(self.lines[m].text)
            ),
            None,
        )
        if mail is None or line.furniture or self.prose[n] >= 2 or not self.somebody(mail):
            return -3.5 if mail is not None or line.address else -6.0
        if mail == n and line.length <= 160 and not line.full_stop:
            return 0.3
        return -1.0 if self.prose[n] < 1 else -6.0

    def opens_notes(self, n: int) -> float:
        """Return what the line weighs as the first of the notes."""
        line = self.lines[n]
        if "notes" in line.kinds:
            return 3.0
        head = line.text[:61].partition(":")[0]
        return (
            3.0 + max(0.0, self.notes(n))
            if _INLINE.match(line.text) and "notes" in TextLine(0, head).kinds
            else -8.0
        )

    def opens_about(self, n: int) -> float:
        """Return what the line weighs as the first of the boilerplate."""
        line = self.lines[n]
        follows = [self.prose[m] for m in range(n + 1, min(n + 4, len(self.lines)))]
        if "about" in line.kinds:
            return (
                3.0
                if follows and (max(follows) >= 1.5 or PAIR.match(self.lines[n + 1].text))
                else -2.0
            )
        head = line.text[:61].partition(":")[0]
        return (
            2.5 + max(0.0, self.about(n))
            if _INLINE.match(line.text) and "about" in TextLine(0, head).kinds and line.length > 80
            else -8.0
        )

    def opens_end(self, n: int) -> float:
        """Return what the line weighs as the mark of the end."""
        return 4.0 if "end" in self.lines[n].kinds else -9.0

    def opens_footer(self, n: int) -> float:
        """Return what the line weighs as the first of the footer."""
        line = self.lines[n]
        return 0.5 if line.kinds & {"closing", "legal"} else -9.0
