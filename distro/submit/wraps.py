"""Undo hard wraps: lines become Markdown paragraphs and list items again."""

import re
from collections.abc import Sequence
from itertools import pairwise

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
    return [title if n == 0 else _escape(title, first=True) for n, title in enumerate(found)]


def unwrap(lines: Sequence[TextLine]) -> str:
    """Return hard-wrapped lines as Markdown paragraphs, bullets as list items."""
    width = wrap_width(lines)
    numbered = _numbered(lines)
    blocks: list[str] = []
    current = ""
    for n, line in enumerate(lines):
        if not line.text:
            # A blank line ends a paragraph, unless the text is double-spaced: then the sentence
            # goes on.
            goes_on = (
                width
                and lines[n - 1].text
                and not lines[n - 1].ends_sentence
                and n + 1 < len(lines)
                and lines[n + 1].text[:1].islower()
            )
            if current and not goes_on:
                blocks.append(current)
                current = ""
            continue
        text = line.text
        if (
            BULLET.match(text)
            and _opens_item(lines, n)
            and (n in numbered or not text[:1].isdigit())
        ):
            if current:
                blocks.append(current)
            current = (
                "- " + _escape(BULLET.sub("", text)) if not text[:1].isdigit() else _escape(text)
            )
            continue
        if matches(LABEL, text) and current:
            blocks.append(current)
            current = ""
        if current and n and _new_paragraph(lines[n - 1], line, width):
            blocks.append(current)
            current = ""
        current = join(current, _escape(text)) if current else _escape(text, first=True)
    if current:
        blocks.append(current)
    return "\n\n".join(blocks)


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


def _escape(text: str, *, first: bool = False) -> str:
    """Keep Markdown's marks as the plain characters that they are here."""
    text = re.sub(r"([\\`*_\[\]<>&])", r"\\\1", text)
    return re.sub(r"^([#>+~=-]|[0-9]{1,9}(?=[.)]))", _escaped, text) if first else text


def _escaped(found: re.Match[str]) -> str:
    """Return a sign with a backslash before it; after a number, before its full stop or bracket."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def unescape(text: str) -> str:
    """Return the plain characters again."""
    return re.sub(r"\\([\\`*_\[\]<>&#+~=.)-])", r"\1", text)
