"""Parse the Markdown that releases are written in."""

import re

from markdown_it import MarkdownIt


def parser() -> MarkdownIt:
    """Return a parser of CommonMark without raw HTML, with tables."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def links_of(markdown: str) -> list[str]:
    """Return the addresses of the links of a text, in order."""
    return [
        str(child.attrGet("href") or "")
        for token in parser().parse(markdown)
        for child in token.children or []
        if child.type == "link_open"
    ]


def escape(text: str, *, first: bool = False) -> str:
    """Keep Markdown's marks as the plain characters that they are here.

    `first`: the text begins a block, where more signs are marks.
    """
    text = re.sub(r"([\\`*_\[\]<>&])", r"\\\1", text)
    return escape_start(text) if first else text


def escape_start(text: str) -> str:
    """Keep what would open a heading, a quote, a list or a rule as the words that they are."""
    return re.sub(r"^([#>+~=-]|[0-9]{1,9}(?=[.)]))", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """Return a sign with a backslash before it; after a number, before its full stop or bracket."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"
