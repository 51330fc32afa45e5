"""The styles and lists of an OpenDocument text (ISO/IEC 26300)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from distro.documents.leftovers import figure

_NS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TEXT, TABLE, OFFICE, STYLE = (_NS % name for name in ("text", "table", "office", "style"))
DRAW, FO, SVG = (_NS % name for name in ("drawing", "xsl-fo-compatible", "svg-compatible"))
XLINK, DC = "{http://www.w3.org/1999/xlink}", "{http://purl.org/dc/elements/1.1/}"


@dataclass(frozen=True, slots=True)
class Look:
    """A style: the named one that it is based on, and how its words look."""

    name: str = ""
    bold: bool = False
    italic: bool = False
    hidden: bool = False
    list_style: str = ""

    def within(self, other: "Look") -> "Look":
        """Return how words of this style look in others."""
        return Look(
            "",
            self.bold or other.bold,
            self.italic or other.italic,
            self.hidden or other.hidden,
        )


@dataclass
class Styles:
    """The styles of a document by name, and its lists by name and level."""

    looks: dict[str, Look] = field(default_factory=dict)
    lists: dict[str, dict[int, tuple[str, int]]] = field(default_factory=dict)

    def look(self, name: str) -> Look:
        """Return a style; one that nobody defined has only its name."""
        return self.looks.get(name, Look(name))

    def marker(self, style: str, level: int, count: int) -> str:
        """Return what stands before the item number `count`, from 0, of a list: "-", "3."."""
        levels = self.lists.get(style, {})
        form, start = levels.get(level) or levels.get(1) or ("", 1)
        number = start + count
        if form in ("a", "A"):
            letter = chr(ord(form) + (number - 1) % 26)
            return f"{letter})"
        return f"{number}." if form else "-"


def styles_of(roots: Iterable[ET.Element | None]) -> Styles:
    """Read the styles of content.xml and styles.xml."""
    found = Styles()
    elements = [e for root in roots if root is not None for e in root.iter(STYLE + "style")]
    named = {e.get(STYLE + "name", ""): e for e in elements}
    for name in named:
        _look(name, named, found.looks, 0)
    for root in roots:
        for style in root.iter(TEXT + "list-style") if root is not None else ():
            found.lists[style.get(STYLE + "name", "")] = dict(map(_level, style))
    return found


def _look(name: str, named: dict[str, ET.Element], made: dict[str, Look], depth: int) -> Look:
    if name in made:
        return made[name]
    element = named.get(name)
    if element is None or depth > 30:
        return Look(name)
    parent = element.get(STYLE + "parent-style-name", "")
    under = _look(parent, named, made, depth + 1) if parent else Look()
    found = element.find(STYLE + "text-properties")
    words: dict[str, str] = {} if found is None else found.attrib
    weight, slant = words.get(FO + "font-weight", ""), words.get(FO + "font-style", "")
    # An automatic style (P1) is called what it is based on.
    called = under.name if parent and name[:1] in "PT" and name[1:].isdigit() else name
    made[name] = Look(
        called,
        under.bold if not weight else weight == "bold" or weight > "500",
        under.italic if not slant else slant in ("italic", "oblique"),
        under.hidden or words.get(TEXT + "display") == "none",
        element.get(STYLE + "list-style-name", under.list_style),
    )
    return made[name]


def _level(element: ET.Element) -> tuple[int, tuple[str, int]]:
    form = element.get(STYLE + "num-format", "")
    start = figure(element.get(TEXT + "start-value", ""), 1)
    return figure(element.get(TEXT + "level", ""), 1), (form, start)
