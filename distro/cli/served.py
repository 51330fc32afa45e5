"""Run one command for somebody on another machine: the child process of the API's /commands.

What is asked stands on stdin, as one JSON document; what happens is written to stdout, a JSON
document a line: {"out": text}, {"err": text}, {"ask": question}, {"file": path, "part": base64},
and at last {"exit": code}. It runs in an empty folder that holds the files that were sent.
"""

import base64
import hashlib
import io
import json
import os
import re
import resource
import sys
from pathlib import Path
from typing import Any

import typer

from distro.actors import ROLES
from distro.cli import options, remote_table
from distro.cli.main import USAGE, app, report_error, run, told_usage
from distro.errors import DistroError, RefusedError, UsageError
from distro.installation.context import open_installation
from distro.settings.load import load
from distro.store import users

_PIECE = 30_000  # bytes of a file in one line
_CPU_SECONDS = 600
_LARGEST = 500_000_000  # bytes of all files that a command may write


class _Stream(io.TextIOBase):
    """Writes what a command prints as lines of JSON, with the names that its user typed."""

    def __init__(self, kind: str, names: dict[str, str], *, terminal: bool) -> None:
        super().__init__()
        self.kind, self.names, self.terminal = kind, names, terminal

    def write(self, text: str) -> int:
        """Pass a text on."""
        if self.names:
            ours = "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))
            text = re.sub(ours, lambda found: self.names[found[0]], text)
        _told.update(text.encode("utf-8", "replace"))
        for first in range(0, len(text), _PIECE):
            _say({self.kind: text[first : first + _PIECE]})
        return len(text)

    def isatty(self) -> bool:
        """Return whether the one who reads it sits at a terminal."""
        return self.terminal

    def fileno(self) -> int:
        """Return nothing: it is no file."""
        raise OSError


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), file=sys.__stdout__, flush=True)


_told = hashlib.sha256()  # of all that was printed: an answer is to that, and to nothing else


class _Asked(BaseException):
    """A question without an answer: it is asked at the other end, and all begins again."""


def main() -> None:
    """Run what stdin asks for, and say how it ended."""
    asked = json.loads(sys.stdin.readline())
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    names = {str(k): str(v) for k, v in asked["names"].items()}
    _make_folders(names)
    before = set(_files())
    terminal = bool(asked["terminal"])
    sys.stdout = _Stream("out", names, terminal=terminal)
    sys.stderr = _Stream("err", names, terminal=terminal)
    sys.stdin = io.StringIO()
    sys.stdin.isatty = lambda: terminal  # type: ignore[method-assign]
    os.environ["COLUMNS"] = str(asked["columns"])
    options.called_from(str(asked["host"]))
    _answer_with([str(answer) for answer in asked["answers"]])
    try:
        code, writes = _run([str(arg) for arg in asked["args"]])
    except _Asked:
        return
    for path in sorted(set(_files()) - before):
        if any(path == into or into in path.parents for into in writes):
            _send(path)
    _say({"exit": code})


def _make_folders(names: dict[str, str]) -> None:
    """Make the folders of what a command writes; of a name that leads elsewhere, nothing."""
    for name in names:
        path = Path(name)
        if not path.is_absolute() and ".." not in path.parts:
            path.parent.mkdir(parents=True, exist_ok=True)


def _answer_with(answers: list[str]) -> None:
    """Have questions answered by these, in order; the first without one ends the command.

    An answer names a hash of all that was printed before it: to anything else it is none.
    """
    left = iter(answers)

    def confirm(text: str, *, default: bool | None = False, **more: Any) -> bool:
        del more
        _told.update(text.encode("utf-8", "replace"))
        answer, _, about = next(left, "").partition(":")
        if not answer:
            _say({"ask": text, "default": bool(default), "about": _told.hexdigest()})
            raise _Asked
        if about != _told.hexdigest():
            _say({"changed": True})
            raise _Asked
        return answer == "y"

    typer.confirm = confirm  # type: ignore[assignment]


def _run(args: list[str]) -> tuple[int, list[Path]]:
    """Run a command; return its exit code, and what it may have written."""
    as_json = "--json" in args
    try:
        writes = _check(args)
    except typer.Exit as error:  # --help, which is printed
        return error.exit_code, []
    except USAGE as error:
        return report_error(told_usage(error), 2, as_json=as_json), []
    except DistroError as error:
        return report_error(error, error.exit_code, as_json=as_json), []
    return run(args), writes


def _check(args: list[str]) -> list[Path]:
    """Return what a command may write; raise what is wrong where it, or one of its files, is not
    for who asks.
    """
    name, command, rest = remote_table.command_of(typer.main.get_command(app), args)
    if name not in remote_table.LEAST_ROLE:
        raise remote_table.refused(name)
    values = remote_table.values_of(name, command, rest)
    if values.get("config") or values.get("online"):
        raise UsageError("--config and --online are for the machine where distro runs")
    reads, writes = remote_table.paths_of(name, values)
    for path in (*reads, *writes):
        if path.is_absolute() or ".." in path.parts:
            raise UsageError(f"{path.name}: this file was not sent")
    _check_rights(name, values)
    return writes


def _check_rights(name: str, values: dict[str, Any]) -> None:
    role, whole = remote_table.LEAST_ROLE[name], name in remote_table.WHOLE
    if name == "audit" and values.get("distribution") == "log":
        role, whole = "admin", True
    with open_installation(load(None)) as installation:
        user = users.by_token(installation.store, options.saved_token())
    if user is None or user.disabled:
        raise RefusedError("this token is not valid", code="token_invalid")
    if ROLES.index(user.role) < ROLES.index(role):
        raise RefusedError(
            f"{user.name} is {user.role}, and {name} needs {role}", code="role_too_low"
        )
    if whole and not user.scope.whole:
        raise RefusedError(
            f"{name} is about all lists and desks, and you have some of them",
            code="scope_too_small",
        )


def _files() -> list[Path]:
    return [path for path in Path().rglob("*") if path.is_file() and not path.is_symlink()]


def _send(path: Path) -> None:
    if path.stat().st_size > _LARGEST:
        raise UsageError(f"{path.name} is too large to be sent")
    with path.open("rb") as file:
        first = True
        while (piece := file.read(_PIECE)) or first:
            part = base64.b64encode(piece).decode()
            _say({"file": str(path), "part": part, "begin": first})
            first = False


if __name__ == "__main__":
    main()
