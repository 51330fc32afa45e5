"""Weigh lines as the headline or the subhead of a release."""

import re

from distro.submit.signs import Signs

_FIGURE = re.compile(r"\d")
_INLINE = re.compile(r"^[^:：]{3,60}[:：]\s*\S")

_TITLE = 9.0  # what a document's own title weighs
_NO_HEADS = {"contact", "notes", "end"}  # kinds of lines that are no headline


class HeadWeights(Signs):
    """The weights of the lines of one text as headline and subhead."""

    def head(self, n: int) -> float:
        """Return what the line weighs as the headline."""
        line = self.lines[n]
        if line.style:  # a document says it itself
            return _TITLE if line.style == "title" else -3.0
        other = line.furniture or line.apparatus or line.bullet or line.address
        if other or line.kinds & _NO_HEADS or self.of_embargo(n) or self.place_at(n):
            return -4.0 if "about" not in line.kinds else -5.0
        weight = self._head_shape(n) + self._announced(n)
        weight += 0.8 if self.times[line.text] > 1 and line.length >= 28 else 0
        weight += 0.5 if self.apart(n) else 0
        # The line that a page has in its path (Home > News > this) is its title.
        named = any(other.way and line.text in other.text for other in self.lines[:60])
        weight += 0.7 if named and line.length >= 20 else 0
        weight = 1.5 * weight if weight > 0 else weight
        weight -= 3.0 if line.text[0] in "—–～~-" else 0  # a subtitle's mark
        # A name: the text speaks of it.
        weight -= 2.0 if line.length < 44 and line.text.casefold() in self.long_text else 0
        return weight - (1.5 if self._leads_to_longer(n) else 0)

    def _head_shape(self, n: int) -> float:
        """Return what the line weighs by its own shape and by what is right beside it."""
        line = self.lines[n]
        colon = (
            line.text[-1:] in ":："
            and n + 1 < len(self.lines)
            and not self.apart(n + 1)
            and self.lines[n + 1].title_like
        )
        weight = 2.0 if line.title_like or (colon and line.length >= 20) else -1.0
        weight -= 1.5 if self.in_menu(n) else 0
        weight -= 2.5 if self.labelled(n) else 0
        if 18 <= line.length <= 200 and (line.word_count >= 3 or line.length >= 28):
            weight += min(1.5, 0.15 * (line.length - 18))
        else:
            weight -= 1.5 if line.length < 14 else 0.7
        weight -= 1.8 if line.names_organisation and self._ends_names(n) else 0
        weight -= 1.8 if line.full_stop and line.text[-1:] in ".。۔" else 0
        weight -= 1.5 if line.text[:1].islower() else 0
        return weight - (1.0 if line.holds_sentences else 0)

    def _ends_names(self, n: int) -> bool:
        """Return whether a name of an organisation stands alone, or is followed by another."""
        if n + 1 == len(self.lines) or self.apart(n + 1):
            return True
        return self.lines[n + 1].apparatus or self.lines[n + 1].names_organisation

    def _leads_to_longer(self, n: int) -> bool:
        """Return whether a short line stands right above a longer one that looks like the title."""
        line = self.lines[n]
        near = (x for x in self.lines[n + 1 : n + 3] if not x.apparatus and not x.furniture)
        following = next(near, None)
        return bool(
            line.length < 45
            and following
            and following.title_like
            and following.length > line.length + 8
            and self.prose[n] < 1
            and not following.full_stop
            and line.word_count < 5
        )

    def _announced(self, n: int) -> float:
        """Return what "press release" or a day right above says for a headline."""
        first = n - 1
        while first > n - 3 and first > 0 and self.lines[first].apparatus:
            first -= 1
        above = self.lines[max(0, first) : n]
        if any("release" in line.kinds or line.embargo for line in above):
            return 0.8
        return 0.3 if any(line.date for line in above) else 0.0

    def more_head(self, n: int) -> float:
        """Return what the line weighs as the rest of a title that began above."""
        line, above = self.lines[n], self.lines[n - 1]
        if line.style or above.style:
            return 1.0 if line.goes_on and line.style == above.style == "title" else -4.0
        if line.furniture or line.apparatus or line.bullet or line.address or self.dateline_at(n):
            return -4.0
        if self.goes_on(n):
            return (
                1.5
                - (3.0 if line.full_stop and line.text[-1] in ".。" else 0)
                - (2.5 if self.paragraph_at(n) and line.length > 40 else 0)
            )
        if self.goes_on_in_block(n):
            return 1.4
        if (
            not self.apart(n)
            and above.length >= 45
            and line.word_count <= 4
            and line.length <= 32
            and not line.full_stop
        ):
            return 0.2
        return -4.0

    def subhead(self, n: int) -> float:
        """Return what the line weighs as the subhead."""
        line = self.lines[n]
        if line.style:
            return _TITLE if line.style == "subtitle" else -3.0
        if (
            line.furniture
            or line.apparatus
            or line.address
            or "contact" in line.kinds
            or line.text[:1].islower()
            or self.of_embargo(n)
            or self.place_at(n)
        ):
            return -4.0
        weight = 0.0 if line.length >= 18 else -1.0
        if line.title_like and line.length >= 25:
            weight = 0.9
        weight += 0.6 if 40 <= line.length <= 220 else 0
        weight += 1.2 if self.deck(n) else 0
        weight -= 0.8 if line.full_stop else 0
        weight -= 1.5 if line.holds_sentences else 0
        weight -= 1.5 if line.length > 260 else 0
        weight -= 0.5 if line.bullet else 0
        weight -= 0.8 if line.text[-1:] in ":：" else 0
        if self.text_follows(n):
            sentence = line.full_stop and line.length <= 260 and self.parted(n)
            weight += 3.4 if sentence else 1.0
        weight -= 3.0 if self.paragraph_at(n) else 0
        return weight

    def more_subhead(self, n: int) -> float:
        """Return what the line weighs as the rest of a subhead, or as a second one."""
        own = self.subhead(n)
        if self.goes_on(n):
            return (
                -4.0
                if self.dateline_at(n)
                or (self.paragraph_at(n) and not self.lines[n].text[:1].islower())
                else 1.2 - (2.5 if self.lines[n].holds_sentences else 0)
            )
        if self.lines[n].bullet:
            return -0.5
        return (
            own - 1.2
            if self.lines[n].title_like and not self.lines[n].full_stop and self.prose[n] < 2
            else -4.0
        )
