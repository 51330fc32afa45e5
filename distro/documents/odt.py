"""Read an OpenDocument text (.odt, ISO/IEC 26300): every paragraph becomes a block with its
place.
"""

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from distro.documents.archive import Archive
from distro.documents.blocks import (
    Block,
    Change,
    Document,
    Kind,
    UnreadableError,
    comment,
    footnote,
    once,
    recorded,
)
from distro.documents.inline import Line, Run, lines_of, listed
from distro.documents.leftovers import figure
from distro.documents.odt_runs import Paragraphs, TextLeftovers, Tracked
from distro.documents.odt_styles import DC, DRAW, OFFICE, STYLE, TABLE, TEXT, styles_of
from distro.documents.tables import Cell, table_blocks
from distro.documents.text_lines import paragraph_blocks
from distro.readings import Choices

_QUOTES = ("Quotations", "Quote", "Intense_20_Quote", "Block_20_Text", "Block_20_Quotation")
_WHATS = {"insertion": "inserted", "deletion": "deleted"}
_DEEPEST = 40


def read(raw: bytes, choices: Choices) -> Document:
    """Return what stands in an OpenDocument text."""
    archive = Archive(raw)
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnreadableError("it is protected by a password", "Save it without one.")
    if any(name.startswith(("Basic/", "Scripts/")) for name in archive.names):
        raise UnreadableError("it holds macros", "Copy its text into a new document.")
    content = archive.xml("content.xml")
    body = content.find(f"{OFFICE}body/{OFFICE}text") if content is not None else None
    if content is None or body is None:
        raise UnreadableError("it is no OpenDocument text", "Save it as .odt or .docx.")
    return _Reader(archive, content, choices).document(body)


class _Reader:
    def __init__(self, archive: Archive, content: ET.Element, choices: Choices) -> None:
        self._archive = archive
        self._master = archive.xml("styles.xml")
        self._styles = styles_of([content, self._master])
        self._choices = choices
        self._found = TextLeftovers()
        self._tracked = Tracked()
        self._paragraphs = Paragraphs(self._styles, self._tracked, choices, self._found)
        self._count = self._tables = 0
        self._gap = False

    def document(self, body: ET.Element) -> Document:
        """Walk through all parts."""
        deleted = list(self._regions(body))
        blocks = list(self._blocks(body, "", 0))
        notes = [b for n, note in enumerate(self._found.notes, 1) for b in self._note(note, n)]
        spoken = (list(_paragraphs_of(one)) for one in self._found.comments)
        comments = [comment(words, n) for n, words in enumerate(spoken, 1) if words]
        heads, feet = list(once(self._margin("header"))), list(once(self._margin("footer")))
        found = self._found
        return Document(
            format="OpenDocument",
            blocks=(*heads, *blocks, *feet, *notes, *comments, *deleted),
            pieces=_count_paragraphs(body) + _count_margins(self._master),
            changes=tuple(found.changes),
            remarks=tuple(found.remarks),
            pictures={n: self._archive.read(part) for n, part in found.pictures.items()},
            record=recorded(self._choices, found.changes),
        )

    def _regions(self, body: ET.Element) -> Iterator[Block]:
        """Learn the tracked changes; yield the paragraphs that deletions keep aside."""
        for region in body.iter(TEXT + "changed-region"):
            for one in region:
                what = _WHATS.get(one.tag.rpartition("}")[2], "")
                author = (one.findtext(f".//{DC}creator") or "").strip()
                date = (one.findtext(f".//{DC}date") or "").strip()
                self._tracked.regions[region.get(TEXT + "id", "")] = (what, author, date, one)
                if what != "deleted":
                    continue
                for words in _paragraphs_of(one):
                    yield Block(
                        place="deleted text",
                        kind=Kind.TEXT,
                        text=words,
                        dropped="a deletion; where it was rejected, it stands in its paragraph",
                    )

    def _blocks(
        self, parent: ET.Element, where: str, depth: int, items: tuple[str, int, int] | None = None
    ) -> Iterator[Block]:
        """Yield blocks; `items` is the list around them: its style, level, and place in it."""
        for child in parent:
            if child.tag in (TEXT + "p", TEXT + "h"):
                yield from self._paragraph(child, where, depth, items)
                items = None if items is None else (items[0], items[1], -1)
            elif child.tag == TEXT + "list":
                yield from self._list(child, where, depth, items)
            elif child.tag == TABLE + "table" and depth < _DEEPEST:
                yield from self._table(child, where, depth)
            elif child.tag == TEXT + "table-of-content":
                for block in self._blocks(child, where, depth):
                    yield replace(block, dropped="table of contents")
            elif child.tag == TEXT + "section" and child.get(TEXT + "display") == "none":
                for block in self._blocks(child, "hidden section", depth + 1):
                    self._found.changes.append(Change("hidden", block.text, block.place))
                    gone = "hidden" if self._choices.hidden else ""
                    yield replace(block, dropped=gone or block.dropped)
            elif child.tag.startswith(TEXT + "change-"):
                self._paragraphs.change_at(child)
            elif child.tag.startswith((TEXT, DRAW)) and child.tag != TEXT + "tracked-changes":
                if child.tag == DRAW + "frame":  # anchored to the page
                    holder = ET.Element(TEXT + "p")
                    holder.append(child)
                    yield from self._paragraph(holder, where, depth, None)
                else:
                    yield from self._blocks(child, where, depth)

    def _list(
        self, element: ET.Element, where: str, depth: int, items: tuple[str, int, int] | None
    ) -> Iterator[Block]:
        if depth > _DEEPEST:
            return
        style = element.get(TEXT + "style-name", "") or (items[0] if items else "")
        level = items[1] + 1 if items else 1
        number = 0
        for item in element:
            number = figure(item.get(TEXT + "start-value", ""), number + 1) - 1
            header = item.tag == TEXT + "list-header"
            yield from self._blocks(
                item, where, depth + 1, (style, level, -1 if header else number)
            )
            number += not header

    def _paragraph(
        self, element: ET.Element, where: str, depth: int, items: tuple[str, int, int] | None
    ) -> Iterator[Block]:
        self._count += not where
        place = where or f"paragraph {self._count}"
        runs = self._paragraphs.runs(element, place)
        for one in list(self._paragraphs.gone):
            for words in _paragraphs_of(one):
                yield Block(place=place, kind=Kind.TEXT, text=words, dropped="deleted or hidden")
        for box in list(self._paragraphs.boxes):
            if depth < _DEEPEST:
                for block in self._blocks(box, f"text box at {place}", depth + 1):
                    yield replace(block, kind=Kind.TEXT_BOX)
        yield from self._shaped(element, runs, place, items)

    def _shaped(
        self,
        element: ET.Element,
        runs: list[Run],
        place: str,
        items: tuple[str, int, int] | None,
    ) -> Iterator[Block]:
        kind, level = self._kind(element)
        lines = lines_of(runs, plain=kind in (Kind.TITLE, Kind.HEADING, Kind.SUBTITLE))
        words = _own_words(element)
        if not lines:
            self._gap = True
            if words:
                yield Block(place=place, kind=Kind.TEXT, text=words, dropped="deleted or hidden")
            return
        if items and kind is Kind.TEXT:
            kind, level = Kind.ITEM, items[1] - 1
            lines = [self._item(lines, items)]
        like = Block(place=place, kind=kind, text="", level=level)
        sizes = [int(bool(words)), *[0] * (len(lines) - 1)]
        yield from paragraph_blocks(lines, like, sizes, gap=self._gap)
        self._gap = False

    def _item(self, lines: list[Line], items: tuple[str, int, int]) -> Line:
        style, level, number = items
        return listed(lines, self._styles.marker(style, level, number) if number >= 0 else "")

    def _kind(self, element: ET.Element) -> tuple[Kind, int]:
        """Return what a paragraph is, and the level of a heading."""
        name = self._styles.look(element.get(TEXT + "style-name", "")).name
        if name in ("Title", "Subtitle"):
            return Kind(name.lower()), 0
        if element.tag == TEXT + "h":
            level = figure(element.get(TEXT + "outline-level", ""), 1)
            return Kind.HEADING, level if 0 < level < 10 else 1
        return (Kind.QUOTE, 0) if name in _QUOTES else (Kind.TEXT, 0)

    def _table(self, element: ET.Element, where: str, depth: int) -> Iterator[Block]:
        self._tables += 1
        place = where or f"table {self._tables}"
        rows = []
        for row in _rows(element):
            cells = []
            for cell in row:
                covered = cell.tag == TABLE + "covered-table-cell"
                if cell.tag != TABLE + "table-cell" and not covered:
                    continue
                blocks = list(self._blocks(cell, place, depth + 1))
                times = figure(cell.get(TABLE + "number-columns-repeated", ""), 1)
                more = times - 1 if times < 64 else 0
                cells += [Cell(blocks, covered=covered), *[Cell([])] * more]
            rows.append(cells)
        yield from table_blocks(rows, place)

    def _note(self, note: ET.Element, number: int) -> Iterator[Block]:
        body = note.find(TEXT + "note-body")
        blocks = [] if body is None else list(self._blocks(body, f"footnote {number}", 1))
        yield from footnote(blocks, number)

    def _margin(self, name: str) -> Iterator[Block]:
        """Yield the headers or the footers of all kinds of pages."""
        for element in _margins(self._master, name):
            for block in self._blocks(element, name, 0):
                yield replace(block, kind=Kind(name))


def _rows(table: ET.Element) -> Iterator[ET.Element]:
    """Yield a table's own rows, in groups or not; not those of tables in its cells."""
    for child in table:
        if child.tag == TABLE + "table-row":
            yield child
        elif child.tag.startswith(TABLE + "table-") and child.tag.endswith(("rows", "group")):
            yield from _rows(child)


def _margins(master: ET.Element | None, name: str) -> Iterator[ET.Element]:
    for page in master.iter(STYLE + "master-page") if master is not None else ():
        for child in page:
            if child.tag.startswith(STYLE + name):
                yield child


def _count_margins(master: ET.Element | None) -> int:
    found = (e for name in ("header", "footer") for e in _margins(master, name))
    return sum(_count_paragraphs(element) for element in found)


def _count_paragraphs(root: ET.Element) -> int:
    """Count paragraphs with words by another walk than the reader's."""
    return sum(1 for _ in _paragraphs_of(root))


def _paragraphs_of(root: ET.Element) -> Iterator[str]:
    """Yield the words of each paragraph that has some, those of others in it apart."""
    for element in root.iter():
        if element.tag in (TEXT + "p", TEXT + "h"):
            words = _own_words(element)
            if words:
                yield words


def _own_words(paragraph: ET.Element) -> str:
    """Return a paragraph's own words, without those of notes, comments and boxes in it."""
    words = [paragraph.text or ""]
    for child in paragraph:
        if child.tag.startswith(TEXT) and child.tag != TEXT + "note":
            words.append(_own_words(child))
        words.append(child.tail or "")
    return " ".join("".join(words).split())
