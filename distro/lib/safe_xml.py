"""Parse XML of strangers within bounds: no document type, so no entities; no depth without end."""

from xml.etree import ElementTree as ET

_DEPTH = 400  # of elements; Word writes fewer than a hundred
_ELEMENTS = 1_000_000


class UnfitError(ValueError):
    """XML that is not read, with the reason."""


class _Builder(ET.TreeBuilder):
    """Build a tree of a bounded depth and size, of XML without a document type."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._depth = self._count = 0
        self._most = most

    def doctype(self, *_: object) -> None:
        """Refuse what may define entities that grow, or that fetch."""
        raise UnfitError("it has a document type, which no program writes")

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """Open an element."""
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > _DEPTH or self._count > self._most:
            raise UnfitError("it is nested too deeply, or too large")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)


def parse(raw: bytes, most: int = _ELEMENTS) -> ET.Element:
    """Return the root element; raise UnfitError for what is no XML, or over `most` elements."""
    # no document type, so no entities: the builder refuses it
    parser = ET.XMLParser(target=_Builder(most))  # noqa: S314
    try:
        parser.feed(raw)
        root: ET.Element = parser.close()
    except UnfitError:
        raise
    except (ET.ParseError, ValueError, LookupError, TypeError) as error:
        raise UnfitError(str(error)) from None
    return root
