"""Undo hard wraps: lines become Markdown paragraphs and list items again."""

import re
from collections.abc import Sequence
from itertools import pairwise

from distro.lib.commonmark import escape
from distro.submit.dates import MONTH
from distro.submit.lines import BULLET, WIDE, TextLine, matches, wide_length, wrap_width

LABEL = re.compile(
    r"^(?:[A-ZÁÉÍÓÚÀÈÊÄÖÜÇ][A-ZÁÉÍÓÚÀÈÊÄÖÜÇ ]{1,20}|What|When|Where|Who|Why|Qué|Cuándo|Dónde|"
    r"Quién|Quoi|Quand|Où|Qui|Was|Wann|Wo|Wer|Quando|Onde|Quem):\s+\S"
)
_NUMBER = re.compile(r"([0-9]{1,2})[.)]\s+(\S+)")


def join(above: str, line: str) -> str:
    """Join two lines of one paragraph: with a space, which Chinese and Japanese do not have."""
    return above + line if WIDE.match(above[-1:]) and WIDE.match(line[:1]) else f"{above} {line}"


def titles(lines: Sequence[TextLine]) -> list[str]:
    """Return titles one below the other, the wrapped ones whole; none of them is Markdown but those
    after the first.
    """
    found: list[str] = []
    for n, line in enumerate(lines):
        if (
            line.text
            and found
            and n
            and lines[n - 1].text
            and (
                line.text[:1].islower()
                or lines[n - 1].text.endswith(",")
                or (lines[n - 1].length > 55 and not lines[n - 1].ends_sentence)
            )
        ):
            found[-1] = join(found[-1], line.text)
        elif line.text:
            found.append(line.text)
    return [title if n == 0 else escape(title, first=True) for n, title in enumerate(found)]


def unwrap(lines: Sequence[TextLine]) -> str:
    """Return hard-wrapped lines as Markdown paragraphs, bullets as list items; what a document
    marks as a heading, an item, a quote or a table, as that.
    """
    width = wrap_width(lines)
    numbered = _numbered(lines)
    made = _Blocks()
    for n, line in enumerate(lines):
        if not line.text:
            if not _double_spaced(lines, n, width):
                made.end()
            continue
        if line.style:
            made.add_styled(line)
            continue
        text = line.text
        if (
            BULLET.match(text)
            and _opens_item(lines, n)
            and (n in numbered or not text[:1].isdigit())
        ):
            made.end()
            made.current = _manual_item(line)
            continue
        if n and (matches(LABEL, text) or _new_paragraph(lines[n - 1], line, width)):
            made.end()
        made.go_on(line, breaks=line.goes_on and not width)
    made.end()
    return made.joined()


class _Blocks:
    """Blocks of Markdown in the making: the finished ones with their style, and the open one."""

    def __init__(self) -> None:
        self.done: list[tuple[TextLine, str]] = []
        self.current = ""
        self._deep = -1  # how deep the last item stands

    def end(self) -> None:
        """End the open paragraph."""
        if self.current:
            self.done.append((_PLAIN, self.current))
            self._deep = -1
        self.current = ""

    def go_on(self, line: TextLine, *, breaks: bool) -> None:
        """Add a line to the open paragraph; `breaks`: on a line of its own."""
        words = line.markdown or escape(line.text, first=not self.current)
        if not self.current:
            self.current = words
        elif breaks:
            self.current += f"\\\n{words}"
        else:
            self.current = join(self.current, words)

    def add_styled(self, line: TextLine) -> None:
        """Add what a document marks as a block of its own."""
        self.end()
        markdown = line.markdown
        if line.style == "item":
            self._deep = min(line.level, self._deep + 1)
            indent = "    " * self._deep
            markdown = indent + markdown.replace("\n", f"\n{indent}  ")
        elif not line.goes_on:
            self._deep = -1
        if line.style == "quote":
            markdown = "> " + markdown.replace("\n", "\n> ")
        if line.style == "heading":
            markdown = f"{'#' * min(max(line.level, 2), 6)} {markdown}"
        self.done.append((line, markdown))

    def joined(self) -> str:
        """Return the blocks one below the other; items and quotes stay together."""
        text = self.done[0][1] if self.done else ""
        for (above, _), (line, markdown) in pairwise(self.done):
            text += _between(above, line) + markdown
        return text


_PLAIN = TextLine(0, "")


def _between(above: TextLine, line: TextLine) -> str:
    """Return what parts two blocks."""
    if line.goes_on and line.style:
        return "\\\n"
    if above.style == line.style == "item":
        deeper_from_one = line.level > above.level and line.markdown.startswith(("-", "1."))
        # Another list begins, which may not follow a line of text at once (CommonMark 5.3).
        other = line.markdown.startswith("-") is not above.markdown.startswith("-")
        return "\n\n" if other and not deeper_from_one else "\n"
    return "\n>\n" if above.style == line.style == "quote" else "\n\n"


def _double_spaced(lines: Sequence[TextLine], n: int, width: int) -> bool:
    """Return whether a sentence goes on after a blank line, because the text is double-spaced."""
    return bool(
        width
        and lines[n - 1].text
        and not lines[n - 1].style
        and not lines[n - 1].ends_sentence
        and n + 1 < len(lines)
        and not lines[n + 1].style
        and lines[n + 1].text[:1].islower()
    )


def _manual_item(line: TextLine) -> str:
    """Return a list item whose bullet was typed."""
    words = re.sub(r"^([0-9]{0,9})\\", r"\1", line.markdown) or escape(line.text)
    return words if line.text[:1].isdigit() else "- " + BULLET.sub("", words)


def _new_paragraph(above: TextLine, line: TextLine, width: int) -> bool:
    """Return whether a line right below another begins a paragraph: its first word would have had
    room above.
    """
    if not above.text:
        return False
    if not width:
        return (
            above.ends_sentence
            or above.length > 110
            or not (line.text[:1].islower() or above.text[-1] in ",،、，")
        )
    first = (
        line.text.split(maxsplit=1)[0] if " " in line.text or line.text.isascii() else line.text[:1]
    )
    room = width - above.length - 1 - wide_length(first)
    return room >= 0 and (
        above.ends_sentence
        or (room > 0.3 * width and not line.text[:1].islower() and above.text[-1] not in ",،、，")
    )


def _numbered(lines: Sequence[TextLine]) -> set[int]:
    """Return which lines are items of a numbered list: one number follows the other, and no month
    follows them.

    "3. Oktober ist der erste Abend" is a date, "1994. Then came …" the end of a sentence.
    """
    numbered = [
        (n, int(found[1]))
        for n, line in enumerate(lines)
        if (found := _NUMBER.match(line.text)) and found[2].strip(".,").lower() not in MONTH
    ]
    follows = [later == earlier + 1 for (_, earlier), (_, later) in pairwise(numbered)]
    return {
        n
        for m, (n, _) in enumerate(numbered)
        if (m and follows[m - 1]) or (m < len(follows) and follows[m])
    }


def _opens_item(lines: Sequence[TextLine], n: int) -> bool:
    """Return whether a line that begins with a bullet is a list item, and not a sentence broken
    before its dash.
    """
    before = lines[n - 1].text if n else ""
    return (
        not before
        or bool(re.search(r"[.;:!?]$", before))
        or bool(BULLET.match(before))
        or lines[n].text[:1] in "•▪●‣*"
    )
