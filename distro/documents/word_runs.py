"""The runs of a Word paragraph: words with their looks, links, pictures, notes, and what is left of
its making: tracked changes, comments, hidden text, fields.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from distro.documents.blocks import Change
from distro.documents.inline import BREAK, Run
from distro.documents.leftovers import Leftovers
from distro.documents.word_package import Package, R, Relation, W, attribute, is_on, local
from distro.readings import Choices

# Field codes (ECMA-376 part 1, 17.16.5) that fetch or run something.
_FETCHES = re.compile(
    r"^\s*(DDE(?:AUTO)?|INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|LINK|DATABASE|MACROBUTTON)\b",
    re.IGNORECASE,
)
_MERGES = re.compile(r"^\s*(MERGEFIELD|ASK|FILLIN|NEXT|NEXTIF|SKIPIF)\b", re.IGNORECASE)
_LINKS = re.compile(r'^\s*HYPERLINK\s+(?:\\[a-z]\s+)*"([^"]{1,2000})"', re.IGNORECASE)
_ADDED = {"ins": "inserted", "moveTo": "moved here"}
_TAKEN = {"del": "deleted", "moveFrom": "moved away"}
_BOTH = "inserted and deleted"
_CONTAINERS = frozenset(
    ["smartTag", "sdt", "sdtContent", "customXml", "dir", "bdo", "ruby", "rubyBase", "Choice"]
)
_MATHS = ("oMath", "oMathPara")


@dataclass
class WordLeftovers(Leftovers):
    """The finds of a walk through a Word document."""

    notes: list[tuple[str, str]] = field(default_factory=list)  # kind and id, as referred to


@dataclass(frozen=True, slots=True)
class _Around:
    """The surroundings of a run."""

    link: str = ""
    change: str = ""  # "inserted", "deleted", …
    author: str = ""
    date: str = ""


@dataclass
class _OpenField:
    code: str = ""
    shows: bool = False  # its result has begun


class Paragraphs:
    """Read paragraphs of one part of a document."""

    def __init__(self, package: Package, part: str, choices: Choices, found: WordLeftovers) -> None:
        self._package = package
        self._relations: dict[str, Relation] = package.relations(part)
        self._choices = choices
        self._found = found
        self._place = ""
        self._hidden = False
        self._fields: list[_OpenField] = []  # a field may last over several paragraphs
        self.boxes: list[ET.Element] = []  # text boxes anchored here
        self.gone: list[ET.Element] = []  # those that are not for readers

    def runs(self, paragraph: ET.Element, place: str, *, hidden: bool = False) -> list[Run]:
        """Return a paragraph's runs; text boxes that it brings are kept aside.

        `hidden`: its style hides it.
        """
        self._place, self._hidden, self.boxes, self.gone = place, hidden, [], []
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        runs = list(self._inside(paragraph, _Around()))
        for name, what in (("ins", "inserted"), ("del", "deleted")):
            changed = None if mark is None else mark.find(W + name)
            if changed is not None:
                self._change(_around(changed, what), "(the end of a paragraph)")
                # Two paragraphs would become one, or one two: that is Word's to do.
                joins = self._choices.changes == ("accept" if what == "deleted" else "reject")
                if joins and _has_words(paragraph):
                    self._error(f"the end of this paragraph is {what}: decide in the document")
        return runs

    def end(self) -> None:
        """Say what the part left open."""
        if self._fields:
            self._error("a field begins and does not end: words after it may be missing")

    def _inside(self, element: ET.Element, around: _Around) -> Iterator[Run]:
        for child in element:
            name = local(child)
            if name == "r":
                yield from self._run(child, around)
            elif name == "hyperlink":
                target = self._relations.get(child.get(R + "id", ""))
                link = target.target if target and target.external else ""
                yield from self._inside(child, replace(around, link=link or around.link))
            elif name in _ADDED or name in _TAKEN:
                what = (_ADDED | _TAKEN)[name] if not around.change else _BOTH
                yield from self._inside(child, replace(_around(child, what), link=around.link))
            elif name == "fldSimple":
                yield from self._simple_field(child, around)
            elif name == "sdt" and is_on(child.find(W + "sdtPr"), "showingPlcHdr"):
                words = "".join(t.text or "" for t in child.iter(W + "t"))
                self._error(f'a field of a form is not filled in: "{words[:60]}"')
                yield from self._inside(child, around)
            elif name in _MATHS:
                words = "".join(t.text or "" for t in child.iter() if local(t) == "t")
                yield Run(words)
                self._note(f'a formula is taken as plain words: "{words[:60]}"')
            elif name == "AlternateContent":
                yield from self._inside(_choice(child), around)
            elif name in _CONTAINERS:
                yield from self._inside(child, around)

    def _simple_field(self, element: ET.Element, around: _Around) -> Iterator[Run]:
        code = attribute(element, "instr")
        self._judge(code)
        link = _LINKS.match(code)
        yield from self._inside(element, replace(around, link=link[1] if link else around.link))

    def _run(self, element: ET.Element, around: _Around) -> Iterator[Run]:
        look = element.find(W + "rPr")
        text = ""
        for child in element:
            name = local(child)
            if name in ("t", "delText"):
                text += child.text or ""
            elif name in _SIGNS:
                text += _SIGNS[name]
            elif name == "br":
                text += BREAK if attribute(child, "type") not in ("page", "column") else " "
            elif name == "sym":
                text += _symbol(child)
            elif name == "instrText" and self._fields:
                self._fields[-1].code += child.text or ""
            elif name == "fldChar":
                yield from self._flush(text, look, around)
                text = ""
                self._field(attribute(child, "fldCharType"))
            elif name in ("footnoteReference", "endnoteReference"):
                if self._stays("[a footnote]", look, around):
                    text += self._noted(name, child)
            elif name == "ruby":
                text += "".join(t.text or "" for t in child.iterfind(f"{W}rubyBase//{W}t"))
            elif name in ("drawing", "pict", "object", "AlternateContent"):
                yield from self._flush(text, look, around)
                text = ""
                if self._stays("[a picture or a text box]", look, around):
                    yield from self._object(child, name, look, around)
                else:
                    shown = _choice(child) if name == "AlternateContent" else child
                    self.gone += shown.iter(W + "txbxContent")
        yield from self._flush(text, look, around)

    def _flush(self, text: str, look: ET.Element | None, around: _Around) -> Iterator[Run]:
        """Yield the words of a run so far, unless they are not for readers."""
        if not text or not all(field.shows for field in self._fields):
            return
        if not self._stays(text, look, around):
            return
        if text.strip() and (is_on(look, "strike") or is_on(look, "dstrike")):
            self._error(f'words are struck through: "{text.strip()[:60]}": delete them, or do not')
        text = _raised(text, attribute(_of(look, "vertAlign")))
        link = around.link or next(
            (found[1] for f in self._fields if (found := _LINKS.match(f.code))), ""
        )
        yield Run(text, is_on(look, "b"), is_on(look, "i"), link)

    def _stays(self, text: str, look: ET.Element | None, around: _Around) -> bool:
        """Note what is hidden or changed; return whether it is for readers."""
        style = self._package.styles.get(attribute(_of(look, "rStyle")))
        styled = self._hidden or (style is not None and style.hidden)
        if is_on(look, "vanish") or (styled and _of(look, "vanish") is None):
            if text.strip():
                self._found.changes.append(Change("hidden", text.strip(), self._place))
            if self._choices.hidden:
                return False
        return not around.change or self._kept(text, around)

    def _kept(self, text: str, around: _Around) -> bool:
        """Note a tracked change; return whether its words stay."""
        if text.strip():
            self._change(around, text)
        if around.change == _BOTH:
            return False
        return (around.change in _ADDED.values()) is (self._choices.changes != "reject")

    def _change(self, around: _Around, text: str) -> None:
        made = self._found.changes
        new = Change(around.change, text, self._place, around.author, around.date)
        last = made[-1] if made else None
        if last and replace(last, text=text) == new:  # several runs of one change
            made[-1] = replace(new, text=last.text + text)
        else:
            made.append(new)

    def _field(self, event: str) -> None:
        if event == "begin" and len(self._fields) < 50:
            self._fields.append(_OpenField())
        elif event == "separate" and self._fields:
            self._fields[-1].shows = True
            self._judge(self._fields[-1].code)
        elif event == "end" and self._fields:
            ended = self._fields.pop()
            if not ended.shows:
                self._judge(ended.code)

    def _judge(self, code: str) -> None:
        """Refuse a field that fetches something, or waits for a value."""
        if found := _FETCHES.match(code):
            self._error(f"a field {found[1].upper()} brings something from elsewhere")
        elif _MERGES.match(code):
            self._error(f'a field of a mail merge is left: "{code.strip()[:60]}"')

    def _noted(self, name: str, child: ET.Element) -> str:
        """Return the mark of a footnote: readers find it in the notes under the same number."""
        self._found.notes.append((name.removesuffix("Reference"), attribute(child, "id")))
        return f"[{len(self._found.notes)}]"

    def _object(
        self, child: ET.Element, name: str, look: ET.Element | None, around: _Around
    ) -> Iterator[Run]:
        """Yield a picture; keep text boxes aside; say what is lost."""
        if name == "AlternateContent":
            for one in _choice(child):
                yield from self._object(one, local(one), look, around)
            return
        if name == "t":  # an emoji, where the choice of a newer program is empty
            yield from self._flush(child.text or "", look, around)
        if name not in ("drawing", "pict", "object"):
            return
        boxes = list(child.iter(W + "txbxContent"))
        self.boxes += boxes
        if name == "object":
            program = next(
                (e.get("ProgID", "") for e in child.iter() if local(e) == "OLEObject"), ""
            )
            self._error(
                f"an embedded object ({program[:40] or 'OLE'}) is not read: paste it as a table or"
                " as a picture"
            )
            return
        for shape in child.iter():
            if local(shape) == "textpath" and shape.get("string"):
                words = shape.get("string", "")[:60]
                tell = self._error if "embargo" in words.lower() else self._note
                tell(f'a watermark says "{words}"')
        about = next((e for e in child.iter() if local(e) == "docPr"), None)
        alt = (about.get("descr") or "") if about is not None else ""
        boxed = {id(e) for box in boxes for e in box.iter()}
        shown = (e for e in child.iter() if id(e) not in boxed)
        pictures = [e for e in shown if local(e) in ("blip", "imagedata")]
        for picture in pictures:
            yield from self._picture(picture, alt or picture.get("title", ""))
        if not boxes and not pictures and name == "drawing":
            self._note("a drawing, a chart or a diagram is left out: paste it as a picture")

    def _picture(self, element: ET.Element, alt: str) -> Iterator[Run]:
        key = element.get(R + "embed") or element.get(R + "id") or element.get(R + "link") or ""
        target = self._relations.get(key)
        if target is None:
            return
        if target.external:
            self._error("a picture is only linked, and nothing is fetched: insert it")
            return
        if name := self._found.picture(target.target, self._place):
            yield Run(alt, picture=name)

    def _error(self, text: str) -> None:
        self._found.error(text, self._place)

    def _note(self, text: str) -> None:
        self._found.note(text, self._place)


_SIGNS = {"tab": "   ", "ptab": "   ", "cr": BREAK, "noBreakHyphen": "\u2011", "softHyphen": ""}


def _symbol(element: ET.Element) -> str:
    """Return a sign of a symbol font where it is one of Unicode's; Word moves others to F000."""
    code = attribute(element, "char")
    try:
        sign = int(code, 16)
    except ValueError:
        return ""
    return "•" if 0xF000 <= sign <= 0xF0FF else chr(sign) if 0x20 <= sign <= 0xFFFD else ""


_HIGH = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOW = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")


def _raised(text: str, how: str) -> str:
    """Return superscript and subscript figures as such: 10⁶ is not 106."""
    table = {"superscript": _HIGH, "subscript": _LOW}.get(how)
    return text.translate(table) if table and not text.strip().isalpha() else text


def _around(element: ET.Element | None, what: str) -> _Around:
    author, date = attribute(element, "author"), attribute(element, "date")
    return _Around(change=what, author=author, date=date)


def _of(look: ET.Element | None, name: str) -> ET.Element | None:
    return None if look is None else look.find(W + name)


def _choice(alternate: ET.Element) -> ET.Element:
    """Return the first of several forms of the same that holds something; the others say it
    again.
    """
    return next((form for form in alternate if len(form)), alternate)


def _has_words(paragraph: ET.Element) -> bool:
    return any((t.text or "").strip() for t in paragraph.iter(W + "t"))
