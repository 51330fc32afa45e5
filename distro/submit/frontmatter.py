"""The YAML 1.2 front matter of a Markdown release: texts stay texts, every key keeps its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from distro.model import Level, Problem

KNOWN = ("headline", "kind", "language", "id", "subhead", "dateline", "date", "sender", "embargo", "trusted", "contacts",
         "attachments", "topics", "regions", "notes_to_editors", "boilerplate", "note", "it_said", "it_should_say")
_NESTING = 20  # deeper than any front matter; a bomb of brackets must not recurse


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands between the two lines of three hyphens."""

    values: dict[str, Any]     # text, list or mapping of texts
    lines: dict[str, int]      # key -> line in the file
    body_line: int             # where the text begins, from 1
    problems: tuple[Problem, ...]


def split(name: str, text: str) -> tuple[FrontMatter, str]:
    """Take the front matter off a text; without one, it is empty and the text is whole."""
    lines = text.split("\n")
    if not lines or lines[0].rstrip() != "---":
        return FrontMatter({}, {}, 1, ()), text
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)
    if not end:
        problem = Problem(name, 1, Level.ERROR, 'the front matter does not end: write a line "---" after it')
        return FrontMatter({}, {}, 1, (problem,)), ""
    values, where, problems = _parse(name, "\n".join(lines[1:end]))
    return FrontMatter(values, where, end + 2, tuple(problems)), "\n".join(lines[end + 1:])


def _parse(name: str, yaml_text: str) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    problems: list[Problem] = []
    if any(text.count("[") + text.count("{") > _NESTING for text in yaml_text.split("\n")):
        return {}, {}, [Problem(name, 1, Level.ERROR, "the front matter is nested too deeply")]
    try:
        node = YAML(typ="base", pure=True).compose(yaml_text)  # base: every scalar is text
    except MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        return {}, {}, [Problem(name, line, Level.ERROR, f"the front matter is not YAML: {error.problem or 'cannot be read'} (quote a value that contains a colon)")]
    except (YAMLError, RecursionError, ValueError) as error:
        return {}, {}, [Problem(name, 1, Level.ERROR, f"the front matter is not YAML: {str(error).splitlines()[0]}")]
    if node is None:
        return {}, {}, []
    if node.id != "mapping":
        return {}, {}, [Problem(name, 2, Level.ERROR, "the front matter must be fields like `headline: …`, one a line")]
    values: dict[str, Any] = {}
    where: dict[str, int] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 2
        if key in values:
            problems.append(Problem(name, line, Level.ERROR, f'"{key}" stands here a second time (first on line {where[key]})'))
        if key not in KNOWN:
            problems.append(Problem(name, line, Level.ERROR, f'unknown field "{key}"{_near(key)}'))
        values[key], where[key] = _plain(value_node), line
    return values, where, problems


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
        self.problems.append(Problem(self.name, self.matter.lines.get(key, 0), level, message))

    def text(self, key: str) -> str:
        value = self.matter.values.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self.wrong(key, f'"{key}" must be a text')
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.matter.values.get(key, [])
        if isinstance(value, str):
            return tuple(v.strip() for v in value.split(",") if v.strip())
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
        self.wrong(key, f'"{key}" must be a list of texts like [one, two]')
        return ()

    def mappings(self, key: str, allowed: tuple[str, ...]) -> Iterator[dict[str, str]]:
        value = self.matter.values.get(key) or []
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict) and all(isinstance(v, str) for v in entry.values()) and set(entry) <= set(allowed):
                yield entry
            else:
                self.wrong(key, f'"{key}" must be a list of {{{", ".join(allowed)}}}')
                return
