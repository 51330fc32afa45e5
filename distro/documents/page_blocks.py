"""Walk through a page and make blocks of what a reader sees of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from lxml import html

from distro.documents.blocks import Block, Kind, Remark
from distro.documents.inline import BREAK, Run, lines_of, listed
from distro.documents.leftovers import PICTURES, figure
from distro.documents.tables import Cell, table_blocks
from distro.documents.text_lines import paragraph_blocks

_NEVER = {
    *("script", "style", "noscript", "template", "svg", "iframe", "head", "select", "object"),
    *("textarea", "audio", "video", "canvas", "math", "input", "title"),
}
_MARGINS = {"nav": "navigation", "button": "a button", "form": "a form", "dialog": "a dialog"}
_ROLES = {"navigation": "navigation", "search": "a form", "banner": "", "dialog": "a dialog"}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "header", "hr", "legend", "li", "main", "nav", "ol", "p", "pre"),
    *("section", "summary", "table", "ul", "caption", "tbody", "thead", "tfoot", "tr", "td", "th"),
}
# Crossed out, or under a correction: not what the page says now.
_GONE = {"del": "crossed out", "s": "crossed out", "strike": "crossed out"}
_BOLD, _ITALIC = {"b", "strong"}, {"i", "em", "cite"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DEEPEST = 300


@dataclass(frozen=True, slots=True)
class _Around:
    """The surroundings of an element."""

    kind: Kind = Kind.TEXT
    level: int = 0
    marker: str = ""
    margin: str = ""  # why its words are not the article's
    depth: int = 0
    bold: bool = False
    italic: bool = False
    link: str = ""
    keep_lines: bool = False  # in <pre>


@dataclass
class PageWalk:
    """One walk: blocks in order, and what it finds beside."""

    address: str
    given: Mapping[str, bytes]  # pictures that came with the page, by address
    pictures: dict[str, bytes] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _count: int = 0
    _gap: bool = False  # an empty paragraph was the last

    def blocks(self, body: html.HtmlElement) -> Iterator[Block]:
        """Yield every block of a page."""
        yield from self._inside(body, _Around())
        yield from self._flush(_Around())

    def _inside(self, element: html.HtmlElement, around: _Around) -> Iterator[Block]:
        self._say(element.text, around)
        for child in element:
            if isinstance(child.tag, str):
                yield from self._child(child, around)
            self._say(child.tail, around)

    def _child(self, child: html.HtmlElement, around: _Around) -> Iterator[Block]:
        tag = child.tag.lower()
        if tag in _NEVER or around.depth > _DEEPEST:
            return
        if tag == "br":
            self._runs.append(Run(BREAK))
        elif tag == "img":
            self._picture(child)
        elif tag == "table":
            yield from self._flush(around)
            margin = around.margin or _margin(child, tag)
            yield from self._table(child, replace(around, margin=margin))
        elif tag in _BLOCKS or tag in _MARGINS:
            yield from self._flush(around)
            inner, before = self._around(child, tag, around), self._count
            yield from self._inside(child, inner)
            yield from self._flush(inner)
            self._gap = self._gap or (tag == "p" and self._count == before)
        else:
            yield from self._inside(child, self._looks(child, tag, around))

    def _looks(self, child: html.HtmlElement, tag: str, around: _Around) -> _Around:
        link = urljoin(self.address, child.get("href") or "") if tag == "a" else around.link
        return replace(
            around,
            depth=around.depth + 1,
            bold=around.bold or tag in _BOLD,
            italic=around.italic or tag in _ITALIC,
            link=link,
            margin=around.margin or _margin(child, tag),
        )

    def _around(self, child: html.HtmlElement, tag: str, around: _Around) -> _Around:
        """Return what stands around the words of a block element."""
        inner = replace(around, depth=around.depth + 1, margin=around.margin or _margin(child, tag))
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            return replace(inner, kind=Kind.HEADING, level=int(tag[1]))
        if tag == "blockquote":
            return replace(inner, kind=Kind.QUOTE)
        if tag == "li":
            level = sum(1 for a in child.iterancestors("ul", "ol")) - 1
            return replace(inner, kind=Kind.ITEM, level=max(level, 0), marker=_marker(child))
        return replace(inner, keep_lines=inner.keep_lines or tag == "pre")

    def _say(self, text: str | None, around: _Around) -> None:
        if not text:
            return
        words = text if around.keep_lines else re.sub(r"[ \t\r\n\f]+", " ", text)
        if words:
            self._runs.append(Run(words, around.bold, around.italic, around.link))

    def _flush(self, around: _Around) -> Iterator[Block]:
        """Yield what was said since the last block."""
        runs, self._runs = self._runs, []
        lines = lines_of(runs, plain=around.kind is Kind.HEADING)
        if not lines:
            return
        self._count += 1
        gap, self._gap = self._gap, False
        size = [len("".join(line.text.split())) for line in lines]
        if around.kind is Kind.ITEM:
            lines, size = [listed(lines, around.marker)], [sum(size)]
        like = Block(
            place=f"block {self._count}",
            kind=around.kind,
            text="",
            level=around.level,
            dropped=around.margin,
        )
        yield from paragraph_blocks(lines, like, size, gap=gap)

    def _table(self, element: html.HtmlElement, around: _Around) -> Iterator[Block]:
        if element.find(".//table") is not None or element.get("role") == "presentation":
            yield from self._inside(element, replace(around, depth=around.depth + 1))
            yield from self._flush(around)
            return
        self._count += 1
        place = f"table at block {self._count}"
        caption = element.find("caption")
        if caption is not None:
            yield from self._inside(caption, around)
            yield from self._flush(around)
        reach: dict[int, int] = {}  # column -> rows that a cell above still covers
        rows = [self._row(row, reach, around) for row in element.iter("tr")]
        for block in table_blocks(rows, place):
            yield replace(block, dropped=block.dropped or around.margin)

    def _row(self, row: html.HtmlElement, reach: dict[int, int], around: _Around) -> list[Cell]:
        cells: list[Cell] = []
        hidden = _margin(row, "tr")
        for child in row:
            if child.tag not in ("td", "th"):
                continue
            _reached(cells, reach)
            margin = hidden or _margin(child, "td")
            inner = replace(around, kind=Kind.TEXT, depth=around.depth + 1, margin=margin)
            blocks = [*self._inside(child, inner), *self._flush(inner)]
            width, height = _span(child, "colspan"), _span(child, "rowspan")
            column = sum(cell.width for cell in cells)
            cells.append(Cell(blocks, width))
            for n in range(column, column + width):
                reach[n] = height - 1
        _reached(cells, reach)
        return cells

    def _picture(self, element: html.HtmlElement) -> None:
        source = element.get("src") or ""
        alt = element.get("alt") or ""
        raw = self.given.get(source) or self.given.get(urljoin(self.address, source))
        name = urlsplit(source).path.rpartition("/")[2]
        if not name.lower().endswith(PICTURES):
            return
        if raw:
            self.pictures[name] = raw
            self._runs.append(Run(alt, picture=name))
        elif not urlsplit(source).scheme and not source.startswith(("/", ".")):
            self._runs.append(Run(alt, picture=source))  # beside the page, where it was saved
        elif alt:
            self.remarks.append(
                Remark(
                    f'the picture "{alt[:60]}" is on the web and was not fetched: save it beside'
                )
            )


def _reached(cells: list[Cell], reach: dict[int, int]) -> None:
    """Add the cells here over which one of a row above reaches."""
    column = sum(cell.width for cell in cells)
    while reach.get(column, 0) > 0:
        reach[column] -= 1
        cells.append(Cell([], covered=True))
        column += 1


def visible_characters(body: html.HtmlElement) -> int:
    """Count what a reader may see, by another walk than the one that makes blocks."""
    count = 0
    waiting = [body]
    while waiting:
        element = waiting.pop()
        if isinstance(element.tag, str) and element.tag.lower() not in _NEVER:
            count += len("".join((element.text or "").split()))
            waiting += element
        if element is not body:
            count += len("".join((element.tail or "").split()))
    return count


def _margin(element: html.HtmlElement, tag: str) -> str:
    """Return why an element is no part of an article; "" where it may be."""
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style") or ""):
        return "hidden"
    if element.get("aria-hidden") == "true":
        return "hidden"
    return _GONE.get(tag) or _MARGINS.get(tag) or _ROLES.get(element.get("role") or "", "")


def _marker(item: html.HtmlElement) -> str:
    """Return what stands before an item: "-", or its number."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "-"
    first = figure(parent.get("start") or "", 1)
    return f"{first + sum(1 for e in item.itersiblings('li', preceding=True))}."


def _span(cell: html.HtmlElement, name: str) -> int:
    return max(1, min(figure(cell.get(name) or "", 1), 100))
