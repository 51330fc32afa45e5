"""The parts of a Word file: relationships, styles, numbering (ECMA-376 part 1)."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from xml.etree import ElementTree as ET

from distro.documents.archive import Archive, parse_xml
from distro.documents.blocks import UnreadableError
from distro.documents.leftovers import figure

_TRANSITIONAL = b"http://schemas.openxmlformats.org/"
# Word's "Strict Open XML": the same elements under other names.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": _TRANSITIONAL
    + b"wordprocessingml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": _TRANSITIONAL
    + b"officeDocument/2006/relationships",
    b"http://purl.oclc.org/ooxml/drawingml/main": _TRANSITIONAL + b"drawingml/2006/main",
    b"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": _TRANSITIONAL
    + b"drawingml/2006/wordprocessingDrawing",
}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MACROS = ("vbaProject.bin", "vbaData.xml")


def local(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def attribute(element: ET.Element | None, name: str = "val") -> str:
    """Return an attribute of Word's namespace, "" without it."""
    return "" if element is None else element.get(W + name, "")


def is_on(parent: ET.Element | None, name: str) -> bool:
    """Return whether a switch such as `<w:vanish/>` is set among the properties `parent`."""
    found = None if parent is None else parent.find(W + name)
    return found is not None and attribute(found) not in ("0", "false", "off", "none")


@dataclass(frozen=True, slots=True)
class Relation:
    """A pointer of a part: to another part, or to an address elsewhere."""

    kind: str  # "hyperlink", "image", "header"
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class Style:
    """A paragraph style, with what it has from the one it is based on."""

    name: str = ""  # lower case; Word keeps the English name of its own styles
    number: str = ""  # of the list that it belongs to
    level: int = 0
    outline: int = 0  # heading level from 1; 0: none
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a list: how it counts, from where, and how it shows that."""

    form: str  # "bullet", "decimal", "lowerLetter"
    start: int
    pattern: str  # "%1."


@dataclass
class Numbering:
    """The lists of a document, and how far each has counted."""

    levels: dict[str, dict[int, Level]] = field(default_factory=dict)  # by abstract list
    lists: dict[str, str] = field(default_factory=dict)  # number -> abstract list
    restarts: dict[str, dict[int, int]] = field(default_factory=dict)
    own: dict[str, dict[int, Level]] = field(default_factory=dict)  # a list's levels of its own
    _at: dict[str, list[int]] = field(default_factory=dict)
    _met: set[str] = field(default_factory=set)

    def marker(self, number: str, level: int) -> str:
        """Return what stands before the next item: "-", "3.", "b)"; "" where it is no list."""
        abstract = self.lists.get(number, "")
        shared = self.levels.get(abstract, {}).get(level)
        how = self.own.get(number, {}).get(level, shared)
        if how is None or how.form == "none":
            return ""
        if how.form == "bullet":
            del self._at.setdefault(abstract, [])[level + 1 :]  # what is deeper begins anew
            return "-"
        return self._counted(number, abstract, level, how)

    def _counted(self, number: str, abstract: str, level: int, how: Level) -> str:
        at = self._at.setdefault(abstract, [])
        if number not in self._met:
            self._met.add(number)
            for start_level, start in self.restarts.get(number, {}).items():
                del at[start_level:]
                while len(at) < start_level:
                    at.append(1)
                at.append(start - 1)
        del at[level + 1 :]
        while len(at) <= level:
            begins = self.levels[abstract].get(len(at))
            at.append((begins.start if begins else 1) - 1)
        at[level] += 1
        if how.form == "decimal" and how.pattern.strip() in (f"%{level + 1}.", f"%{level + 1})"):
            return f"{at[level]}."
        label = how.pattern.strip()
        for n in range(level + 1):
            form = (self.levels[abstract].get(n) or how).form if n < level else how.form
            label = label.replace(f"%{n + 1}", _spelled(at[n], form))
        return label


def _spelled(number: int, form: str) -> str:
    """Return a number as letters or Roman numerals."""
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman") and 0 < number < 100:
        ones = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
        tens = ("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc")
        roman = tens[number // 10] + ones[number % 10]
        return roman.upper() if form == "upperRoman" else roman
    return str(number)


class Package:
    """A Word file, opened."""

    def __init__(self, raw: bytes) -> None:
        self.archive = Archive(raw)
        if any(name.endswith(_MACROS) for name in self.archive.names):
            raise UnreadableError("it holds macros", "Save it as .docx, without them.")
        self.main = next(
            (r.target for r in self.relations("").values() if r.kind == "officeDocument"),
            "word/document.xml",
        )
        if self.main not in self.archive.names:
            raise UnreadableError("it is an archive, and no Word document")

    def xml(self, name: str) -> ET.Element | None:
        """Return the root of a part; None without it."""
        raw = self.archive.read(name)
        if b"purl.oclc.org/ooxml" in raw:
            for strict, transitional in _STRICT.items():
                raw = raw.replace(strict, transitional)
        return parse_xml(raw, name) if raw else None

    def relations(self, part: str) -> dict[str, Relation]:
        """Return where a part points at, by id; `part` "" is the file itself."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for one in root if root is not None else ():
            external = one.get("TargetMode", "") == "External"
            target = one.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = one.get("Type", "").rpartition("/")[2]
            found[one.get("Id", "")] = Relation(kind, target, external)
        return found

    def parts_of(self, kind: str) -> list[str]:
        """Return the parts of the main document of one kind, in the order of their names."""
        mine = (r.target for r in self.relations(self.main).values() if r.kind == kind)
        return sorted({target for target in mine if target in self.archive.names})

    def part_of(self, kind: str) -> ET.Element | None:
        """Return the root of the only part of a kind; None without it."""
        names = self.parts_of(kind)
        return self.xml(names[0]) if names else None

    @cached_property
    def styles(self) -> dict[str, Style]:
        """Return the paragraph and character styles by id."""
        root = self.part_of("styles")
        raw = {
            s.get(W + "styleId", ""): s for s in ([] if root is None else root.iter(W + "style"))
        }
        made: dict[str, Style] = {}
        for name in raw:
            _style(name, raw, made, 0)
        return made

    @cached_property
    def numbering(self) -> Numbering:
        """Return the lists, none counted yet."""
        root = self.part_of("numbering")
        found = Numbering()
        if root is None:
            return found
        for abstract in root.iter(W + "abstractNum"):
            levels = dict(_levels(abstract))
            found.levels[attribute(abstract, "abstractNumId")] = levels
        for one in root.iter(W + "num"):
            number = attribute(one, "numId")
            found.lists[number] = attribute(one.find(W + "abstractNumId"))
            found.own[number] = dict(_levels(one))
            found.restarts[number] = {
                figure(attribute(o, "ilvl")): figure(attribute(o.find(W + "startOverride")), 1)
                for o in one.iter(W + "lvlOverride")
                if o.find(W + "startOverride") is not None
            }
        return found


def _style(name: str, raw: dict[str, ET.Element], made: dict[str, Style], depth: int) -> Style:
    """Return a style with what it inherits; a circle of styles ends."""
    if name in made:
        return made[name]
    element = raw.get(name)
    if element is None or depth > 30:
        return Style()
    base = attribute(element.find(W + "basedOn"))
    under = _style(base, raw, made, depth + 1) if base else Style()
    own = element.find(W + "pPr")
    number, level, outline = under.number, under.level, under.outline
    if own is not None:
        listed = own.find(W + "numPr")
        if listed is not None:
            number = attribute(listed.find(W + "numId")) or number
            level = figure(attribute(listed.find(W + "ilvl")), level)
        if (depth_of := own.find(W + "outlineLvl")) is not None:
            outline = (figure(attribute(depth_of), 9) + 1) % 10
    hidden = is_on(element.find(W + "rPr"), "vanish") or under.hidden
    called = attribute(element.find(W + "name")).lower() or name.lower()
    made[name] = Style(called, number, level, outline, hidden)
    return made[name]


def _levels(abstract: ET.Element) -> Iterator[tuple[int, Level]]:
    for one in abstract.iter(W + "lvl"):
        level = figure(attribute(one, "ilvl"))
        yield (
            level,
            Level(
                attribute(one.find(W + "numFmt")) or "decimal",
                figure(attribute(one.find(W + "start")), 1),
                attribute(one.find(W + "lvlText")) or f"%{level + 1}.",
            ),
        )
