"""Render the text part from the Markdown tokens: 72 columns, links numbered and listed, addresses
bare.
"""

import textwrap

from markdown_it.token import Token

from distro.lib.commonmark import parser

_WIDTH = 72


class Plain:
    """Collects the text of several Markdown pieces with one numbering of links."""

    def __init__(self) -> None:
        self.links: dict[str, int] = {}

    def render(self, markdown: str, *, opening: str = "") -> str:
        """Return a Markdown piece as text; `opening` (a dateline) stands before its first
        paragraph.
        """
        out: list[str] = []
        stack: list[str] = []  # what indents: "  * ", "  1. ", "    " (quote)
        numbers: list[int] = []
        begin_item = False
        table: list[list[str]] = []
        for token in parser().parse(markdown):
            if token.type == "tr_open":
                table.append([])
            elif token.type == "table_close":
                out += [*_columns(table), ""]
                table = []
            elif token.type == "inline" and table:
                table[-1].append(self._inline(token))
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                stack.append("*" if token.type.startswith("bullet") else "1")
                numbers.append(int(token.attrGet("start") or 1) - 1)
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                stack.pop()
                numbers.pop()
                if not stack:
                    out.append("")
            elif token.type == "list_item_open":
                numbers[-1] += 1
                begin_item = True
            elif token.type == "blockquote_open":
                stack.append(">")
                numbers.append(0)
            elif token.type == "blockquote_close":
                stack.pop()
                numbers.pop()
            elif token.type == "hr":
                out += ["-" * 24, ""]
            elif token.type in ("fence", "code_block"):
                out += [*("    " + line for line in token.content.rstrip().split("\n")), ""]
            elif token.type == "inline":
                words = self._inline(token)
                if opening:
                    words, opening = f"{opening} – {words}", ""
                out += _wrapped(words, stack, numbers, begin_item=begin_item)
                begin_item = False
        return "\n".join(out).strip("\n")

    def _inline(self, token: Token) -> str:
        words: list[str] = []
        targets: list[str] = []
        for child in token.children or []:
            if child.type in ("text", "code_inline"):
                words.append(child.content)
            elif child.type == "softbreak":
                words.append(" ")
            elif child.type == "hardbreak":
                words.append("\n")
            elif child.type == "image":
                words.append(f"[{child.content}]")
            elif child.type == "link_open":
                targets.append(str(child.attrGet("href") or ""))
                words.append("\0")
            elif child.type == "link_close":
                words.append(self._reference(targets.pop(), "".join(words).rpartition("\0")[2]))
        return "".join(words).replace("\0", "")

    def _reference(self, target: str, shown: str) -> str:
        """Return the number of a link; none where its text says where it goes."""
        bare = target.removeprefix("mailto:").removeprefix("tel:")
        if shown.strip() in (target, bare):
            return ""
        return f"\u00a0[{self.links.setdefault(target, len(self.links) + 1)}]"

    def listed(self) -> str:
        """Return the links with their numbers, one a line, never wrapped."""
        return "\n".join(f"[{n}] {link}" for link, n in self.links.items())


def _wrapped(words: str, stack: list[str], numbers: list[int], *, begin_item: bool) -> list[str]:
    indent = "".join("    " if s == ">" else "  " + " " * (2 if s == "*" else 3) for s in stack)
    first = indent
    if begin_item and stack and stack[-1] != ">":
        sign = "* " if stack[-1] == "*" else f"{numbers[-1]}. "
        first = indent[: -len(sign)] + sign if len(indent) >= len(sign) else sign
    lines = [line for part in words.split("\n") for line in wrap(part, first, indent)]
    return lines if begin_item or (stack and stack[-1] in "*1") else [*lines, ""]


def _columns(rows: list[list[str]]) -> list[str]:
    """Return a table in columns; one too wide for the page as a line for each cell, named by its
    head.
    """
    widths = [
        max(len(row[n]) if n < len(row) else 0 for row in rows) for n in range(max(map(len, rows)))
    ]
    if sum(widths) + 3 * (len(widths) - 1) <= _WIDTH:
        lines = [
            "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
            for row in rows
        ]
        return [lines[0], "   ".join("-" * width for width in widths), *lines[1:]]
    return [
        line
        for row in rows[1:]
        for line in (*(f"{head}: {cell}" for head, cell in zip(rows[0], row, strict=False)), "")
    ]


def wrap(text: str, first: str = "", indent: str = "") -> list[str]:
    """Return lines of at most 72 columns; what has no space is not broken, and a no-break space
    holds until the end.
    """
    lines = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\u00a0", " ") for line in lines] or [first.rstrip()]
