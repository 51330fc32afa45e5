"""Turn Markdown into the blocks of a letter: styled inline, and nothing that is not allowed.

Release text never becomes a template: it enters Jinja as values that are already safe HTML
(`Markup`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from distro.letter.brand import SEA
from distro.lib.commonmark import parser

_TAGS = {"a", "em", "strong", "code", "br", "b", "i"}
_ATTRIBUTES = {"a": {"href", "style", "dir"}}
_SCHEMES = {"http", "https", "mailto", "tel"}


_NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `kind` is paragraph, heading, list, ordered, quote, table, rule or picture."""

    kind: str
    html: Markup = _NOTHING
    items: tuple[Markup, ...] = ()  # of a list, or the paragraphs of a quote
    rows: tuple[tuple[Markup, ...], ...] = ()  # of a table, the first is its head
    source: str = ""  # of a picture: what the Markdown calls it, until `compile` knows its address
    alt: str = ""
    width: int = 0  # pixels
    start: int = 1  # the number of an ordered list's first item


@cache
def _options() -> OptionsDict:
    return parser().options


def blocks(markdown: str, accent: str = SEA) -> tuple[Block, ...]:
    """Return the blocks of a text, in order; `accent` is the colour of its links."""
    link = f"color:{accent};text-decoration:underline"
    tokens = parser().parse(markdown)
    found: list[Block] = []
    n = 0
    while n < len(tokens):
        end = _end(tokens, n)
        found += _block(link, tokens, n, end)
        n = end + 1
    return tuple(found)


def _end(tokens: Sequence[Token], n: int) -> int:
    """Return the index of the token that closes the one at `n`."""
    depth = 0
    for m in range(n, len(tokens)):
        depth += tokens[m].nesting
        if depth == 0:
            return m
    return len(tokens) - 1


def _block(link: str, tokens: Sequence[Token], n: int, end: int) -> list[Block]:
    inside = tokens[n + 1 : end]
    match tokens[n].type:
        case "paragraph_open":
            return [_picture(inside[0]) or Block("paragraph", _inline(link, inside[0]))]
        case "heading_open":
            return [Block("heading", _inline(link, inside[0]))]
        case "bullet_list_open" | "ordered_list_open":
            kind = "list" if tokens[n].type.startswith("bullet") else "ordered"
            return [
                Block(
                    kind,
                    items=tuple(_items(link, inside)),
                    start=int(tokens[n].attrGet("start") or 1),
                )
            ]
        case "blockquote_open":
            return [
                Block("quote", items=tuple(_inline(link, t) for t in inside if t.type == "inline"))
            ]
        case "table_open":
            return [Block("table", rows=tuple(_rows(link, inside)))]
        case "fence" | "code_block":
            return [
                Block("paragraph", Markup("<br />").join(tokens[n].content.rstrip().split("\n")))
            ]
        case "hr":
            return [Block("rule")]
        case _:
            return []


def _picture(token: Token) -> Block | None:
    """Return a paragraph that is nothing but a picture; its title is the caption."""
    children = [child for child in token.children or [] if child.type != "softbreak"]
    if len(children) != 1 or children[0].type != "image":
        return None
    return Block(
        "picture",
        Markup.escape(str(children[0].attrGet("title") or "")),
        source=str(children[0].attrGet("src") or ""),
        alt=children[0].content,
    )


def _items(link: str, tokens: Sequence[Token]) -> list[Markup]:
    """Return the items of a list; what is nested in an item follows it after a break."""
    items: list[list[Markup]] = []
    depth = 0
    for token in tokens:
        if token.type == "list_item_open":
            depth += 1
            if depth == 1:
                items.append([])
        elif token.type == "list_item_close":
            depth -= 1
        elif token.type == "inline" and items:
            items[-1].append((Markup("– ") if depth > 1 else Markup("")) + _inline(link, token))
    return [Markup("<br />").join(parts) for parts in items]


def _rows(link: str, tokens: Sequence[Token]) -> list[tuple[Markup, ...]]:
    rows: list[list[Markup]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(_inline(link, token))
    return [tuple(row) for row in rows]


def _inline(link: str, token: Token) -> Markup:
    for child in token.children or []:
        if child.type == "link_open":
            child.attrSet("style", link)
        # Within a line: its words; nothing is ever fetched from elsewhere.
        elif child.type == "image":
            child.type, child.tag, child.content = "text", "", f"[{child.content}]"
    html = RendererHTML().renderInline(token.children or [], _options(), {})
    clean = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)
    return Markup(clean.replace("<br>", "<br />"))  # noqa: S704 - cleaned on the line above
