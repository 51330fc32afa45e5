"""The runs of an OpenDocument paragraph, and what is left of its making: changes, comments, hidden
text, placeholders.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from distro.documents.blocks import Change
from distro.documents.inline import BREAK, Run
from distro.documents.leftovers import Leftovers, figure
from distro.documents.odt_styles import DC, DRAW, OFFICE, SVG, TEXT, XLINK, Look, Styles
from distro.readings import Choices

_XML_SPACE = re.compile("[ \t\r\n]+")
_FETCHES = ("dde-connection", "database-display", "execute-macro", "script")


@dataclass
class TextLeftovers(Leftovers):
    """The finds of a walk through an OpenDocument text."""

    notes: list[ET.Element] = field(default_factory=list)  # footnotes, as referred to
    comments: list[ET.Element] = field(default_factory=list)


@dataclass
class Tracked:
    """The tracked changes of a document by id, and those of which the text is being read."""

    regions: dict[str, tuple[str, str, str, ET.Element]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


class Paragraphs:
    """Read paragraphs of one document."""

    def __init__(
        self, styles: Styles, tracked: Tracked, choices: Choices, found: TextLeftovers
    ) -> None:
        self._styles = styles
        self._tracked = tracked
        self._choices = choices
        self._found = found
        self._place = ""
        self.boxes: list[ET.Element] = []
        self.gone: list[ET.Element] = []  # what is not for readers: footnotes, text boxes

    def runs(self, paragraph: ET.Element, place: str) -> list[Run]:
        """Return a paragraph's runs; text boxes that it brings are kept aside."""
        self._place, self.boxes, self.gone = place, [], []
        look = self._styles.look(paragraph.get(TEXT + "style-name", ""))
        plain = Look(look.name, hidden=look.hidden)  # the look of a whole paragraph is its style's
        return list(self._inside(paragraph, plain, ""))

    def change_at(self, element: ET.Element) -> None:
        """Begin or end a tracked change between two paragraphs."""
        name = element.tag.rpartition("}")[2]
        for _ in self._changing(element, name):
            pass

    def _inside(self, element: ET.Element, look: Look, link: str) -> Iterator[Run]:
        yield from self._words(element.text, look, link)
        for child in element:
            yield from self._child(child, look, link)
            yield from self._words(child.tail, look, link)

    def _child(self, child: ET.Element, look: Look, link: str) -> Iterator[Run]:
        space, _, name = child.tag[1:].partition("}")
        if child.tag == TEXT + "span":
            own = self._styles.look(child.get(TEXT + "style-name", ""))
            yield from self._inside(child, own.within(look), link)
        elif child.tag == TEXT + "a":
            yield from self._inside(child, look, child.get(XLINK + "href", "") or link)
        elif child.tag in (TEXT + "s", TEXT + "tab", TEXT + "line-break"):
            spaces = " " * min(figure(child.get(TEXT + "c", ""), 1), 100)
            signs = {"s": spaces, "tab": "   ", "line-break": BREAK}
            yield from self._said(signs[name], look, link)
        elif child.tag == TEXT + "note":
            if self._stays("[a footnote]"):
                self._found.notes.append(child)
                yield Run(f"[{len(self._found.notes)}]")
            else:
                self.gone.append(child)
        elif child.tag == OFFICE + "annotation":
            self._found.comments.append(child)
            self._comment(child)
        elif space == TEXT[1:-1] and name.startswith("change"):
            yield from self._changing(child, name)
        elif child.tag in (DRAW + "frame", DRAW + "g", DRAW + "custom-shape", DRAW + "a"):
            if self._stays("[a picture or a text box]"):
                yield from self._drawing(child)
            else:
                self.gone.append(child)
        elif child.tag == TEXT + "placeholder":
            self._error(f'a placeholder is not filled in: "{_text(child)[:60]}"')
            yield Run(_text(child))
        elif name in ("hidden-text", "hidden-paragraph"):
            words = child.get(TEXT + "string-value", "") or _text(child)
            yield from self._said(words, Look(hidden=True), link)
        elif name in _FETCHES:
            self._error(f"a field ({name}) brings something from elsewhere, or runs something")
        elif child.tag == TEXT + "ruby":
            yield Run(child.findtext(TEXT + "ruby-base") or "", look.bold, look.italic, link)
        elif space == TEXT[1:-1]:
            yield from self._inside(child, look, link)

    def _words(self, text: str | None, look: Look, link: str) -> Iterator[Run]:
        """Yield text as XML has it: white space is one space."""
        if text:
            yield from self._said(_XML_SPACE.sub(" ", text), look, link)

    def _said(self, words: str, look: Look, link: str) -> Iterator[Run]:
        """Yield words, unless they are not for readers."""
        if look.hidden:
            if words.strip():
                self._found.changes.append(Change("hidden", words.strip(), self._place))
            if self._choices.hidden:
                return
        if not self._stays(words):
            return
        yield Run(words, look.bold, look.italic, link)

    def _stays(self, words: str) -> bool:
        """Note what was inserted; return whether it is for readers."""
        for key in self._tracked.open:
            self._note(key, words)
        return not self._tracked.open or self._choices.changes != "reject"

    def _changing(self, child: ET.Element, name: str) -> Iterator[Run]:
        key = child.get(TEXT + "change-id", "")
        what, _, _, region = self._tracked.regions.get(key, ("", "", "", child))
        if name == "change-start" and what == "inserted":
            self._tracked.open.append(key)
        elif name == "change-end" and key in self._tracked.open:
            self._tracked.open.remove(key)
        elif name == "change" and what == "deleted":
            words = BREAK.join(_text(p) for p in region.iter() if p.tag in (TEXT + "p", TEXT + "h"))
            self._note(key, words.strip())
            if self._choices.changes == "reject":
                yield Run(words)

    def _note(self, key: str, words: str) -> None:
        """Note a tracked change; its pieces are one."""
        what, author, date, _ = self._tracked.regions[key]
        made, last = self._found.changes, self._found.changes[-1:]
        same = last and (last[0].what, last[0].author, last[0].date) == (what, author, date)
        if not words.strip():
            return
        if same and last[0].place == self._place:
            words = f"{made.pop().text}{words}"
        made.append(Change(what, words, self._place, author, date))

    def _comment(self, element: ET.Element) -> None:
        author = (element.findtext(DC + "creator") or "").strip()
        date = (element.findtext(DC + "date") or "").strip()
        words = " ".join(_text(p) for p in element.iter(TEXT + "p"))
        if words.strip():
            self._found.changes.append(Change("comment", words, self._place, author, date))

    def _drawing(self, element: ET.Element) -> Iterator[Run]:
        self.boxes += element.iter(DRAW + "text-box")
        if element.find(f".//{DRAW}object") is not None and element.find(DRAW + "image") is None:
            self._error("an embedded object is not read: paste it as a table or as a picture")
        alt = element.findtext(SVG + "desc") or element.findtext(SVG + "title") or ""
        image = element.find(f".//{DRAW}image")
        if image is None:
            return
        part = image.get(XLINK + "href", "").removeprefix("./")
        if not part.startswith("Pictures/"):
            self._error("a picture is only linked, and nothing is fetched: insert it")
        elif name := self._found.picture(part, self._place):
            yield Run(alt, picture=name)

    def _error(self, text: str) -> None:
        self._found.error(text, self._place)


def _text(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())
