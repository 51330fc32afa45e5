"""Parse the Markdown that releases are written in."""

from markdown_it import MarkdownIt


def parser() -> MarkdownIt:
    """Return a parser of CommonMark without raw HTML, with tables."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")
