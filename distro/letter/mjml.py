"""Compile MJML to HTML behind our own linter: the compiler is silent on mistakes and can crash on
deep nesting.

`compile_mjml` first parses the source as XML: every component must be known, stand under a right
parent and carry only attributes that it has; nothing may be nested deeper than 200. Only then is
the compiler called. No fonts are loaded from elsewhere (`fonts={}`), and nothing is fetched.
"""

import html.entities
import re
import xml.parsers.expat

from distro.errors import TemplateError

_DEPTH = 200
_BOX = {
    "padding",
    "padding-top",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "css-class",
    "mj-class",
}
_FONT = {
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "line-height",
    "letter-spacing",
    "text-decoration",
    "text-transform",
    "align",
}
_BORDER = {"border", "border-top", "border-bottom", "border-left", "border-right", "border-radius"}
_BACK = {
    "background-color",
    "background-url",
    "background-size",
    "background-repeat",
    "background-position",
}
# component -> (where it may stand, its attributes)
_COMPONENTS: dict[str, tuple[set[str], set[str]]] = {
    "mjml": ({""}, {"lang", "dir", "owa"}),
    "mj-head": ({"mjml"}, set()),
    "mj-body": ({"mjml"}, {"width", "background-color", "css-class"}),
    "mj-title": ({"mj-head"}, set()),
    "mj-preview": ({"mj-head"}, set()),
    "mj-style": ({"mj-head"}, {"inline"}),
    "mj-attributes": ({"mj-head"}, set()),
    "mj-all": ({"mj-attributes"}, _BOX | _FONT | _BORDER | _BACK | {"direction", "width"}),
    "mj-class": (
        {"mj-attributes"},
        _BOX | _FONT | _BORDER | _BACK | {"name", "direction", "width", "height"},
    ),
    "mj-raw": ({"mj-head", "mj-body", "mj-section", "mj-column"}, {"position"}),
    "mj-wrapper": ({"mj-body"}, _BOX | _BORDER | _BACK | {"full-width", "text-align"}),
    "mj-section": (
        {"mj-body", "mj-wrapper", "mj-attributes"},
        _BOX | _BORDER | _BACK | {"full-width", "direction", "text-align"},
    ),
    "mj-group": (
        {"mj-section"},
        {"width", "direction", "vertical-align", "background-color", "css-class"},
    ),
    "mj-column": (
        {"mj-section", "mj-group", "mj-attributes"},
        _BOX
        | _BORDER
        | _BACK
        | {"width", "direction", "vertical-align", "inner-background-color", "inner-border"},
    ),
    "mj-text": (
        {"mj-column", "mj-attributes"},
        _BOX | _FONT | {"height", "container-background-color"},
    ),
    "mj-image": (
        {"mj-column", "mj-attributes"},
        _BOX
        | _BORDER
        | {
            "src",
            "alt",
            "href",
            "width",
            "height",
            "align",
            "title",
            "rel",
            "target",
            "container-background-color",
        },
    ),
    "mj-button": (
        {"mj-column", "mj-attributes"},
        _BOX
        | _FONT
        | _BORDER
        | _BACK
        | {"href", "inner-padding", "rel", "target", "title", "width", "height", "vertical-align"},
    ),
    "mj-divider": (
        {"mj-column", "mj-attributes"},
        _BOX
        | {
            "border-color",
            "border-style",
            "border-width",
            "width",
            "align",
            "container-background-color",
        },
    ),
    "mj-spacer": ({"mj-column", "mj-attributes"}, _BOX | {"height", "container-background-color"}),
    "mj-table": (
        {"mj-column", "mj-attributes"},
        _BOX
        | _FONT
        | {
            "border",
            "cellpadding",
            "cellspacing",
            "container-background-color",
            "table-layout",
            "width",
            "role",
        },
    ),
}
_HTML_INSIDE = {"mj-text", "mj-raw", "mj-title", "mj-preview", "mj-style", "mj-button", "mj-table"}
_BARE_ZERO = re.compile(r"(?:^|\s)0(?:\s|$)")


def compile_mjml(source: str, name: str) -> str:
    """Return the HTML of an MJML source; raise TemplateError with file, line and reason."""
    import mjml

    lint(source, name)
    try:
        return mjml.mjml2html(source, disable_comments=True, fonts={})
    except ValueError as error:
        raise TemplateError(f"{name}: the MJML cannot be compiled: {error}") from None


def lint(source: str, name: str) -> None:
    """Raise TemplateError at the first mistake that the compiler would swallow."""
    checker = _Checker(name)
    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: checker.start(
        tag, attributes, parser.CurrentLineNumber
    )
    parser.EndElementHandler = checker.end
    parser.CharacterDataHandler = lambda text: checker.text(text, parser.CurrentLineNumber)
    try:
        parser.Parse(_numeric_entities(source), True)
    except xml.parsers.expat.ExpatError as error:
        line = (
            source.split("\n")[error.lineno - 1].strip()[:80]
            if error.lineno <= source.count("\n") + 1
            else ""
        )
        raise TemplateError(
            f"{name} line {error.lineno}: {xml.parsers.expat.errors.messages[error.code]}",
            details=[line],
        ) from None


def _numeric_entities(source: str) -> str:
    """Replace HTML's named characters, which XML does not know, by numbers."""
    keep = {"amp", "lt", "gt", "quot", "apos"}

    def number(found: re.Match[str]) -> str:
        point = html.entities.name2codepoint.get(found[1])
        return found[0] if found[1] in keep or point is None else f"&#{point};"

    return re.sub(r"&([A-Za-z][A-Za-z0-9]*);", number, source)


class _Checker:
    def __init__(self, name: str) -> None:
        self.name = name
        self.open: list[str] = []

    def fail(self, line: int, message: str) -> None:
        raise TemplateError(f"{self.name} line {line}: {message}")

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        parent = self.open[-1] if self.open else ""
        self.open.append(tag)
        if len(self.open) > _DEPTH:
            self.fail(line, f"nested deeper than {_DEPTH}")
        if any(t in _HTML_INSIDE for t in self.open[:-1]):
            if tag.startswith("mj-"):
                self.fail(line, f"<{tag}> cannot stand inside <{parent}>")
            return
        if tag not in _COMPONENTS:
            self.fail(line, f"there is no component <{tag}>")
        parents, allowed = _COMPONENTS[tag]
        if parent not in parents:
            self.fail(
                line,
                f"<{tag}> cannot stand in {f'<{parent}>' if parent else 'the top level'} (but in"
                f" {', '.join(sorted(parents))})",
            )
        for attribute, value in attributes.items():
            if attribute not in allowed:
                self.fail(line, f'<{tag}> has no attribute "{attribute}"')
            if attribute.startswith("padding") and _BARE_ZERO.search(value) and " " in value:
                self.fail(
                    line,
                    f'write 0px in {attribute}="{value}": Outlook gets a wrong width from a bare 0',
                )

    def end(self, tag: str) -> None:
        del tag
        self.open.pop()

    def text(self, text: str, line: int) -> None:
        if text.strip() and not any(t in _HTML_INSIDE for t in self.open):
            self.fail(line, f'text outside of a component: "{text.strip()[:40]}"')
