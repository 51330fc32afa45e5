"""Documents made of a few lines, for the tests."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)


def paragraph(text: str, style: str = "") -> str:
    """Return a Word paragraph."""
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}{run(text)}</w:p>"


def run(text: str, look: str = "") -> str:
    """Return a run of words with its properties."""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def word(
    body: str,
    parts: Mapping[str, str | bytes] | None = None,
    relations: Sequence[tuple[str, str, str, bool]] = (),
    styles: Sequence[str] = ("Title", "Subtitle", "Heading 1", "Heading 2", "Quote"),
) -> bytes:
    """Return a Word document.

    `parts`: others by name below word/; `relations`: id, kind, target, whether it is elsewhere.
    """
    named = "".join(
        f'<w:style w:type="paragraph" w:styleId="{s.replace(" ", "")}">'
        f'<w:name w:val="{s}"/></w:style>'
        for s in styles
    )
    mine = (("s", "styles", "styles.xml", False), *relations)
    files: dict[str, str | bytes] = {
        "_rels/.rels": _relations([("d", "officeDocument", "word/document.xml", False)]),
        "word/document.xml": part("document", f"<w:body>{body}</w:body>"),
        "word/styles.xml": part("styles", named),
        "word/_rels/document.xml.rels": _relations(mine),
    }
    files |= {f"word/{name}": raw for name, raw in (parts or {}).items()}
    return zipped(files)


def part(root: str, inner: str) -> str:
    """Return a part of a Word document."""
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{root} {_NAMESPACES}>{inner}</w:{root}>'


def _relations(given: Sequence[tuple[str, str, str, bool]]) -> str:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_R}/{kind}" Target="{escape(target)}"'
        f"{chr(32) + 'TargetMode=' + chr(34) + 'External' + chr(34) if outside else ''}/>"
        for key, kind, target, outside in given
    )
    return f'<Relationships xmlns="{_RELATIONS}">{inner}</Relationships>'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP of these files."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return raw.getvalue()


_ODF = "".join(
    f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"),
        ("svg", "svg-compatible"),
    )
)
_ODF += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'


def opendocument(body: str, header: str = "") -> bytes:
    """Return an OpenDocument text with one bold style (T1) and one numbered list (L1)."""
    content = (
        f"<office:document-content{_ODF}><office:automatic-styles>"
        '<style:style style:name="T1"><style:text-properties fo:font-weight="bold"/></style:style>'
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"'
        ' style:num-format="1"/><text:list-level-style-bullet text:level="2"/></text:list-style>'
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    top = f"<style:header><text:p>{escape(header)}</text:p></style:header>" if header else ""
    styles = (
        f"<office:document-styles{_ODF}><office:master-styles><style:master-page>{top}"
        "</style:master-page></office:master-styles></office:document-styles>"
    )
    return zipped({"content.xml": content, "styles.xml": styles})
