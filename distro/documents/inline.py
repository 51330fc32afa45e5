"""Turn the runs of a paragraph, words with their looks, into lines of Markdown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from distro.lib.commonmark import escape, escape_start, parser

BREAK = "\n"
_SCHEMES = {"http", "https", "mailto", "tel"}
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\ufeff\ufffc]")


@dataclass(frozen=True, slots=True)
class Run:
    """Words that look the same. A line break within a paragraph is a newline."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""
    picture: str = ""  # the name of a file; `text` is what it shows


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a paragraph: its plain words, and the same as Markdown."""

    text: str
    markdown: str
    apart: bool = False  # an empty line stands above


def lines_of(runs: Iterable[Run], *, plain: bool = False) -> list[Line]:
    """Return the lines of a paragraph that hold something.

    `plain`: without bold and italic, for a heading.
    """
    lines: list[Line] = []
    gap = False
    for line in _split(_plain(runs) if plain else runs):
        text = _words(line)
        if not text and not any(run.picture for run in line):
            gap = bool(lines)
            continue
        lines.append(Line(text, _holding(line, " ".join(text.split())), gap))
        gap = False
    return lines


def _holding(line: Sequence[Run], words: str) -> str:
    """Return a line as Markdown that shows its words: where its marks do not hold, without looks,
    else without links.
    """
    for runs in (line, _plain(line)):
        markdown = _markdown(runs)
        if shown(markdown) == words:
            return markdown
    return escape(words, first=True)


def _plain(runs: Iterable[Run]) -> list[Run]:
    return [Run(run.text, link=run.link, picture=run.picture) for run in runs]


def shown(markdown: str) -> str:
    """Return the words that a reader sees of a line of Markdown."""
    words = []
    for token in parser().parseInline(markdown):
        for child in token.children or []:
            if child.type in ("text", "code_inline"):
                words.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                words.append(" ")
    return " ".join("".join(words).split())


def listed(lines: list[Line], marker: str) -> Line:
    """Return the lines of an item as one, after its marker; "" for one that only goes on.

    Markdown knows bullets and numbers; letters stay as words.
    """
    numbered = marker[:-1].isdigit() and marker.endswith(".") and len(marker) < 10
    text = " ".join(line.text for line in lines)
    markdown = "\\\n".join(line.markdown for line in lines)
    if not marker:
        return Line(text, f"  {markdown}")
    if marker == "-":
        return Line(f"• {text}", f"- {markdown}")
    if numbered:
        return Line(f"{marker} {text}", f"{marker} {markdown}")
    return Line(f"• {marker} {text}", f"- {marker} {markdown}")


def _split(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Yield the runs of each line."""
    line: list[Run] = []
    for run in runs:
        first, *rest = run.text.split(BREAK)
        line.append(_with(run, first))
        for piece in rest:
            yield line
            line = [_with(run, piece)]
    yield line


def _with(run: Run, text: str) -> Run:
    return Run(_UNFIT.sub("", text), run.bold, run.italic, run.link, run.picture)


def _words(line: Sequence[Run]) -> str:
    """Return a line's words; columns set by spaces or tabs stay apart."""
    text = "".join(run.text for run in line if not run.picture).strip()
    text = text.replace("\u00a0", " ")
    return text if "   " in text or "\u3000" in text else " ".join(text.split())


def _markdown(line: Sequence[Run]) -> str:
    """Return a line with its marks; neighbours that look the same are one."""
    made = ""
    for (picture, link), linked in groupby(line, key=_thing):
        if picture:
            alt = "".join(run.text for run in linked)
            made += f"![{escape(' '.join(alt.split()))}]({_target(picture)})"
            continue
        inner = "".join(_looks(list(run)) for _, run in groupby(linked, key=_look))
        made += _linked(inner, link) if link else inner
    made = re.sub(r"[ \t\u2028]+", " ", made).strip()
    return escape_start(made)


def _thing(run: Run) -> tuple[str, str]:
    return run.picture, _safe_link(run.link)


def _look(run: Run) -> tuple[bool, bool]:
    return run.bold, run.italic


def _looks(runs: list[Run]) -> str:
    """Return words with the marks of their look, white space outside of them."""
    text = "".join(run.text for run in runs)
    words = text.strip()
    if not words:
        return " " if text else ""
    mark = "***" if runs[0].bold and runs[0].italic else "**" if runs[0].bold else "*"
    marked = f"{mark}{escape(words)}{mark}" if any(_look(runs[0])) else escape(words)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return (" " if before else "") + marked + (" " if after else "")


def _linked(inner: str, link: str) -> str:
    words = inner.strip()
    if not words:
        return inner
    return inner.replace(words, f"[{words}]({_target(link)})", 1)


def _target(link: str) -> str:
    """Return an address as it may stand between the brackets of a link."""
    signs = r"[\s<>\\]" if _balanced(link) else r"[\s()<>\\]"
    return re.sub(signs, lambda sign: f"%{ord(sign[0]):02X}", link)


def _balanced(link: str) -> bool:
    """Return whether each bracket of an address has its other half, in order."""
    depth = 0
    for sign in link:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


def _safe_link(link: str) -> str:
    """Return an address that readers may follow; "" for a script, a file, a place in the text."""
    link = link.strip()
    try:
        scheme = urlsplit(link).scheme.lower()
    except ValueError:
        return ""
    return link[:2000] if scheme in _SCHEMES else ""
