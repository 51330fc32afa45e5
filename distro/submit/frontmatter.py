"""Read YAML 1.2 front matter of a Markdown release: texts stay texts, each key keeps its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from distro.readings import Level, Problem

KNOWN = (
    "headline",
    "kind",
    "language",
    "id",
    "subhead",
    "dateline",
    "date",
    "sender",
    "embargo",
    "trusted",
    "required",
    "contacts",
    "attachments",
    "topics",
    "regions",
    "notes_to_editors",
    "boilerplate",
    "personal",
    "note",
    "it_said",
    "it_should_say",
)
_NESTING = 20  # deeper than any front matter; a bomb of brackets must not recurse
_LARGEST = 50_000  # characters
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_UNFIT_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields between the two lines of three hyphens."""

    values: dict[str, Any]  # text, list or mapping of texts
    lines: dict[str, int]  # key -> line in the file
    body_line: int  # where the text begins, from 1
    problems: tuple[Problem, ...]


def split(name: str, text: str) -> tuple[FrontMatter, str]:
    """Take the front matter off a text; without one, it is empty and the text is whole."""
    lines = text.split("\n")
    if not lines or lines[0].rstrip() != "---":
        return FrontMatter({}, {}, 1, ()), text
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)
    if not end:
        problem = Problem(
            name, 1, Level.ERROR, 'the front matter does not end: write a line "---" after it'
        )
        return FrontMatter({}, {}, 1, (problem,)), ""
    values, where, problems = _parse(name, "\n".join(lines[1:end]))
    return FrontMatter(values, where, end + 2, tuple(problems)), "\n".join(lines[end + 1 :])


def _parse(name: str, yaml_text: str) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    """Return the fields, the line of each, and every problem."""
    try:
        node = _composed(yaml_text)
    except _BadYamlError as error:
        return {}, {}, [Problem(name, error.line, Level.ERROR, str(error))]
    if node is None:
        return {}, {}, []
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    where: dict[str, int] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 2
        if key in values:
            message = f'"{key}" stands here a second time (first on line {where[key]})'
            problems.append(Problem(name, line, Level.ERROR, message))
        if key not in KNOWN:
            problems.append(Problem(name, line, Level.ERROR, f'unknown field "{key}"{_near(key)}'))
        values[key], where[key] = _plain(value_node), line
    return values, where, problems


class _BadYamlError(Exception):
    """A front matter that cannot be read, with the line of the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _composed(yaml_text: str) -> Any:
    """Return the mapping node of a front matter, None for an empty one; raise _BadYamlError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    _check_bounds(yaml_text)
    try:
        alias = _alias(yaml_text)
        if alias is not None:
            # A reference to a reference to a reference … grows without end, and one to itself
            # never ends.
            raise _BadYamlError(
                alias + 2,
                "the front matter refers to another place of itself (& or *): write the value out,"
                " or quote it",
            )
        node = YAML(typ="base", pure=True).compose(yaml_text)  # base: every scalar is text
    except MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        problem = error.problem or "cannot be read"
        raise _BadYamlError(
            line, f"the front matter is not YAML: {problem} (quote a value that contains a colon)"
        ) from None
    except (YAMLError, RecursionError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise _BadYamlError(1, f"the front matter is not YAML: {why}") from None
    if node is not None and node.id != "mapping":
        raise _BadYamlError(2, "the front matter must be fields like `headline: …`, one a line")
    return node


def _check_bounds(yaml_text: str) -> None:
    """Raise _BadYamlError for a text that is too long or too deep to be looked at."""
    if len(yaml_text) > _LARGEST:
        raise _BadYamlError(
            1,
            f"the front matter has {len(yaml_text):,} characters; {_LARGEST:,} are the most: is its"
            " closing line of three hyphens missing?",
        )
    if any(text.count("[") + text.count("{") > _NESTING for text in yaml_text.split("\n")):
        raise _BadYamlError(1, "the front matter is nested too deeply")


def _alias(yaml_text: str) -> int | None:
    """Return the line, from 0, of the first alias or anchor; None without one."""
    from ruamel.yaml import YAML

    for event in YAML(typ="base", pure=True).parse(yaml_text):
        if getattr(event, "anchor", None):
            return int(event.start_mark.line)
    return None


def _plain(node: Any) -> Any:
    if node.id == "sequence":
        return [_plain(child) for child in node.value]
    if node.id == "mapping":
        return {str(key.value): _plain(value) for key, value in node.value}
    return "" if node.value in ("~", "null") else str(node.value)


def _near(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, KNOWN, 1)
    return f'; did you mean "{near[0]}"?' if near else f" (known: {', '.join(KNOWN)})"


class Fields:
    """Typed access to the values; what has the wrong shape becomes a problem on its line."""

    def __init__(self, name: str, matter: FrontMatter) -> None:
        self.name = name
        self.matter = matter
        self.problems = list(matter.problems)

    def wrong(self, key: str, message: str, level: Level = Level.ERROR) -> None:
        """Note a problem at a field's line."""
        self.problems.append(Problem(self.name, self.matter.lines.get(key, 0), level, message))

    def text(self, key: str, longest: int = 300, *, lines: bool = False) -> str:
        """Return a text of at most `longest` characters; of one line unless `lines`."""
        value = self.matter.values.get(key, "")
        if isinstance(value, str):
            return self._checked(key, value.strip(), longest, lines=lines)
        self.wrong(key, f'"{key}" must be a text')
        return ""

    def _checked(self, key: str, value: str, longest: int, *, lines: bool = False) -> str:
        """Return the value, or "" and a problem: what readers' mail programs would take for
        something else is no text.
        """
        if len(value) > longest:
            self.wrong(key, f'"{key}" has {len(value):,} characters; {longest:,} are the most')
            return ""
        unfit = (_UNFIT if lines else _UNFIT_LINE).search(value)
        if unfit:
            what = (
                "a line break: it must be one line"
                if unfit[0] in "\r\n\x85\u2028\u2029"
                else "a control character"
            )
            self.wrong(key, f'"{key}" holds {what}')
            return ""
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a field's texts: one, or several as a list."""
        value = self.matter.values.get(key, [])
        if isinstance(value, str):
            value = [v.strip() for v in value.split(",")]
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(filter(None, (self._checked(key, v, 300) for v in value)))
        self.wrong(key, f'"{key}" must be a list of texts like [one, two]')
        return ()

    def mappings(self, key: str, allowed: tuple[str, ...]) -> Iterator[dict[str, str]]:
        """Return a field's list of mappings."""
        value = self.matter.values.get(key) or []
        for entry in value if isinstance(value, list) else [value]:
            if (
                isinstance(entry, dict)
                and all(isinstance(v, str) for v in entry.values())
                and set(entry) <= set(allowed)
            ):
                yield {name: self._checked(key, v.strip(), 300) for name, v in entry.items()}
            else:
                self.wrong(key, f'"{key}" must be a list of {{{", ".join(allowed)}}}')
                return
