"""Read a Word document (.docx, ECMA-376): every paragraph of every part becomes a block with its
place.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from distro.documents.blocks import Block, Change, Document, Kind, comment, footnote, once, recorded
from distro.documents.inline import Run, lines_of, listed
from distro.documents.leftovers import figure
from distro.documents.tables import Cell, table_blocks
from distro.documents.text_lines import paragraph_blocks
from distro.documents.word_account import paragraphs_with_words
from distro.documents.word_package import Package, Style, W, attribute, is_on, local
from distro.documents.word_runs import Paragraphs, WordLeftovers
from distro.readings import Choices

_HEADING = re.compile(r"^heading ([1-9])$")
_QUOTES = {"quote", "intense quote", "block text", "quotations", "block quotation"}
_GROUPS = frozenset(["sdt", "sdtContent", "customXml", "AlternateContent", "Choice"])
_FETCHED = ("attachedTemplate", "frame", "subDocument")  # when Word opens the file
_CELL_CHANGES = ("cellIns", "cellDel", "cellMerge")
_DEEPEST = 40  # tables in tables


def read(raw: bytes, choices: Choices) -> Document:
    """Return what stands in a Word document."""
    return _Reader(Package(raw), choices).document()


class _Reader:
    def __init__(self, package: Package, choices: Choices) -> None:
        self._package = package
        self._choices = choices
        self._found = WordLeftovers()
        self._count = self._tables = 0
        self._gap = False  # an empty paragraph was the last

    def document(self) -> Document:
        """Walk through all parts."""
        package, found = self._package, self._found
        body = list(self._part(package.main, ""))
        heads = [b for name in package.parts_of("header") for b in self._part(name, "header")]
        feet = [b for name in package.parts_of("footer") for b in self._part(name, "footer")]
        notes = [b for kind in ("footnote", "endnote") for b in self._notes(kind)]
        comments = list(self._comments())
        blocks = (*once(heads), *body, *once(feet), *notes, *comments)
        self._tell_origins()
        return Document(
            format="Word",
            blocks=blocks,
            pieces=paragraphs_with_words(package.archive, package.main),
            changes=tuple(found.changes),
            remarks=tuple(found.remarks),
            pictures={n: package.archive.read(part) for n, part in found.pictures.items()},
            record=recorded(self._choices, found.changes),
        )

    def _part(self, name: str, where: str) -> Iterator[Block]:
        root = self._package.xml(name)
        if root is None:
            return
        paragraphs = Paragraphs(self._package, name, self._choices, self._found)
        kind = {"header": Kind.HEADER, "footer": Kind.FOOTER}.get(where)
        for block in self._blocks(root, paragraphs, where, 0):
            yield replace(block, kind=kind) if kind else block
        paragraphs.end()

    def _blocks(
        self, parent: ET.Element, paragraphs: Paragraphs, where: str, depth: int
    ) -> Iterator[Block]:
        for child in parent:
            name = local(child)
            if name == "p":
                yield from self._paragraph(child, paragraphs, where, depth)
            elif name == "tbl" and depth < _DEEPEST:
                yield from self._table(child, paragraphs, where, depth)
            elif name == "altChunk":
                text = "a piece of another file is embedded and not read: paste it as text"
                self._found.error(text)
            elif name in _GROUPS or name == "body":
                if is_on(child.find(W + "sdtPr"), "showingPlcHdr"):
                    text = f'a field of a form is not filled in: "{_own_words(child)[:60]}"'
                    self._found.error(text)
                yield from self._blocks(child, paragraphs, where, depth)

    def _paragraph(
        self, element: ET.Element, paragraphs: Paragraphs, where: str, depth: int
    ) -> Iterator[Block]:
        self._count += not where
        place = where or f"paragraph {self._count}"
        style = self._style(element)
        runs = paragraphs.runs(element, place, hidden=style.hidden)
        boxes = list(paragraphs.boxes)
        for box in paragraphs.gone:
            yield from _all_gone(box, place)
        for box in boxes:
            for block in self._blocks(box, paragraphs, f"text box at {place}", depth + 1):
                yield replace(block, kind=Kind.TEXT_BOX)
        yield from self._shaped(element, runs, place)

    def _shaped(self, element: ET.Element, runs: list[Run], place: str) -> Iterator[Block]:
        """Yield a paragraph as what it is: one block, or one for each of its lines."""
        own, style = element.find(W + "pPr"), self._style(element)
        kind, level = _kind(style, own)
        words = _own_words(element)
        lines = lines_of(runs, plain=kind in (Kind.TITLE, Kind.HEADING, Kind.SUBTITLE))
        if not lines:
            if words:
                yield _nothing_left(words, place)
            self._gap = True
            return
        if kind is Kind.TEXT and (marker := self._marker(style, own)):
            kind, level = Kind.ITEM, marker[1]
            lines = [listed(lines, marker[0])]
        toc = "table of contents" if style.name.startswith("toc ") else ""
        like = Block(place=place, kind=kind, text="", level=level, dropped=toc)
        sizes = [int(bool(words)), *[0] * (len(lines) - 1)]
        yield from paragraph_blocks(lines, like, sizes, gap=self._gap)
        self._gap = False

    def _style(self, element: ET.Element) -> Style:
        return self._package.styles.get(attribute(element.find(f"{W}pPr/{W}pStyle")), Style())

    def _marker(self, style: Style, own: ET.Element | None) -> tuple[str, int] | None:
        """Return what stands before a list item, and how deep it is; None for a paragraph."""
        listed = own.find(W + "numPr") if own is not None else None
        number = attribute(listed.find(W + "numId")) if listed is not None else style.number
        deep = listed.find(W + "ilvl") if listed is not None else None
        level = figure(attribute(deep), style.level)
        if not number or number == "0" or level > 8:
            return None
        marker = self._package.numbering.marker(number, level)
        return (marker, level) if marker else None

    def _table(
        self, element: ET.Element, paragraphs: Paragraphs, where: str, depth: int
    ) -> Iterator[Block]:
        self._tables += 1
        place = where or f"table {self._tables}"
        rows = []
        for row in _children(element, "tr"):
            if self._row_goes(row, place):
                yield from _all_gone(row, place)
                continue
            left = figure(attribute(row.find(f"{W}trPr/{W}gridBefore")))
            cells = [Cell([], covered=True)] * min(left, 64)
            for cell in _children(row, "tc"):
                blocks = list(self._blocks(cell, paragraphs, place, depth + 1))
                merged = cell.find(f"{W}tcPr/{W}vMerge")
                hidden = merged is not None and attribute(merged) != "restart"
                width = figure(attribute(cell.find(f"{W}tcPr/{W}gridSpan")), 1)
                cells.append(Cell(blocks, width if width < 64 else 1, covered=hidden))
            rows.append(cells)
        yield from table_blocks(rows, place)

    def _row_goes(self, row: ET.Element, place: str) -> bool:
        """Note a table row that is a tracked change; return whether it is taken away."""
        goes = False
        for name, what, by in (("ins", "inserted", "reject"), ("del", "deleted", "accept")):
            mark = row.find(f"{W}trPr/{W}{name}")
            if mark is not None:
                text = f"(a table row) {_own_words(row)}"[:200]
                author, date = attribute(mark, "author"), attribute(mark, "date")
                self._found.changes.append(Change(what, text, place, author, date))
                goes = goes or self._choices.changes == by
        if next((e for e in row.iter() if local(e) in _CELL_CHANGES), None) is not None:
            text = "a cell of a table is a tracked change: decide in the document"
            self._found.error(text, place)
        return goes

    def _notes(self, kind: str) -> Iterator[Block]:
        """Yield footnotes, numbered as the text refers to them."""
        for name in self._package.parts_of(f"{kind}s"):
            root = self._package.xml(name)
            paragraphs = Paragraphs(self._package, name, self._choices, self._found)
            for note in root if root is not None else ():
                key = (kind, attribute(note, "id"))
                known = self._found.notes.index(key) + 1 if key in self._found.notes else 0
                place = f"{kind} {known}" if known else f"{kind} that nothing refers to"
                yield from footnote(list(self._blocks(note, paragraphs, place, 0)), known)

    def _comments(self) -> Iterator[Block]:
        for name in self._package.parts_of("comments"):
            root = self._package.xml(name)
            for n, one in enumerate([] if root is None else list(root), 1):
                words = [text for p in one.iter(W + "p") if (text := _own_words(p))]
                if not words:
                    continue
                found = comment(words, n)
                author, date = attribute(one, "author"), attribute(one, "date")
                self._found.changes.append(Change("comment", found.text, found.place, author, date))
                yield found

    def _tell_origins(self) -> None:
        """Say where the document would fetch something when Word opens it; nothing does here."""
        for part in ("word/settings.xml", self._package.main):
            for relation in self._package.relations(part).values():
                if relation.external and relation.kind in _FETCHED:
                    text = f"it points at a {relation.kind} elsewhere; nothing was fetched"
                    self._found.note(text)


def _kind(style: Style, own: ET.Element | None) -> tuple[Kind, int]:
    """Return what a paragraph is by its style, and the level of a heading."""
    heading = _HEADING.match(style.name)
    outline = own.find(W + "outlineLvl") if own is not None else None
    own_level = figure(attribute(outline), 9) + 1
    if style.name == "title":
        return Kind.TITLE, 0
    if style.name == "subtitle":
        return Kind.SUBTITLE, 0
    if heading:
        return Kind.HEADING, int(heading[1])
    if own_level < 10:
        return Kind.HEADING, own_level
    if 0 < style.outline < 7:
        return Kind.HEADING, style.outline
    return (Kind.QUOTE, 0) if style.name in _QUOTES else (Kind.TEXT, 0)


def _nothing_left(words: str, place: str) -> Block:
    """Account for a paragraph whose words are all taken away."""
    return Block(
        place=place, kind=Kind.TEXT, text=words, dropped="deleted, hidden, or a field's own words"
    )


def _all_gone(element: ET.Element, place: str) -> Iterator[Block]:
    """Account for every paragraph of something that is taken away."""
    words = (_own_words(one) for one in element.iter(W + "p"))
    yield from (_nothing_left(text, place) for text in words if text)


def _own_words(paragraph: ET.Element) -> str:
    """Return the words of a paragraph itself, without those of text boxes in it."""
    words: list[str] = []
    waiting = [paragraph]
    while waiting:
        element = waiting.pop()
        if element.tag in (W + "t", W + "delText"):
            words.append(element.text or "")
        elif local(element) not in ("txbxContent", "Fallback"):
            waiting.extend(reversed(element))
    return " ".join("".join(words).split())


def _children(parent: ET.Element, name: str) -> Iterator[ET.Element]:
    """Yield rows or cells, also those in content controls."""
    for child in parent:
        if local(child) == name:
            yield child
        elif local(child) in ("sdt", "sdtContent", "customXml", "ins", "del"):
            yield from _children(child, name)
