"""The commands that may be typed on another machine, with the least role for each.

An act has its own check besides; here stands who may look. What keeps the installation itself
(`up`, `backup`, `init` …) is typed where it runs.
"""

from pathlib import Path
from typing import Any

from distro.errors import UsageError

_EVERYBODY = {
    "viewer": (
        *("check", "preview", "report", "watch", "explain", "audit"),
        *("subscribers list", "subscribers show", "subscribers history"),
        *("segments list", "segments count", "segments sample", "segments explain"),
        *("segments audit", "feedback suggestions", "feedback reports"),
    ),
    "editor": (
        *("plan", "submit", "test", "halt", "resume", "cancel", "reschedule", "resend"),
        *("subscribers import", "subscribers export", "subscribers add", "subscribers edit"),
        *("subscribers unsubscribe", "subscribers suppress", "subscribers erase"),
        *("segments close", "feedback storms", "feedback undo", "feedback show"),
    ),
    "approver": ("approve", "reject", "correct", "update", "hold", "clear", "kill", "lift"),
    "admin": ("users add", "users list", "users disable", "users token", "config show"),
}
LEAST_ROLE = {command: role for role, commands in _EVERYBODY.items() for command in commands}
# About all desks and lists: not for who has some.
WHOLE = frozenset(
    (
        *("subscribers import", "feedback storms", "feedback reports", "feedback show"),
        *("users add", "users list", "users disable", "users token", "config show"),
        *("segments audit", "audit log"),
    )
)
_OUTPUTS = {
    ("report", "csv_file"),
    ("report", "embargo_file"),
    ("report", "html_file"),
    ("explain", "html_file"),
    ("subscribers export", "file"),
    ("preview", "out"),
}


def command_of(tree: Any, args: list[str]) -> tuple[str, Any, list[str]]:
    """Return the name of the command that is typed ("" for none), itself, and its arguments."""
    names: list[str] = []
    found, rest = tree, list(args)
    while hasattr(found, "commands") and rest and rest[0] in found.commands:
        names.append(rest[0])
        found, rest = found.commands[rest[0]], rest[1:]
    return ("" if hasattr(found, "commands") else " ".join(names)), found, rest


def values_of(name: str, command: Any, rest: list[str]) -> dict[str, Any]:
    """Return the values of a command's parameters, as it would get them; raises what it raises."""
    context: Any = command.make_context(
        f"distro {name}", list(rest), help_option_names=["-h", "--help"], max_content_width=100
    )
    values: dict[str, Any] = context.params
    return values


def paths_of(name: str, values: dict[str, Any]) -> tuple[list[Path], list[Path]]:
    """Return the paths that a command reads, and those that it writes."""
    reads: list[Path] = []
    writes: list[Path] = []
    for parameter, value in values.items():
        given = value if isinstance(value, list | tuple) else [value]
        into = writes if (name, parameter) in _OUTPUTS else reads
        into += [path for path in given if isinstance(path, Path)]
    return reads, writes


def refused(name: str) -> UsageError:
    """Return why a command cannot be typed from afar."""
    return UsageError(
        f"{name or 'this'} is typed on the machine where distro runs",
        code="not_from_afar",
        hint="Log in there, or ask its admin.",
    )
