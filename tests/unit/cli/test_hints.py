"""Errors carry a code and facts; only the edges speak of commands and options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import distro
from distro.cli import hints
from distro.errors import DistroError, RefusedError

PACKAGE = Path(distro.__file__).parent
EDGES = {"cli", "admin", "demo", "queue"}  # admin: doctor's findings are read on a terminal
COMMAND = re.compile(
    r"(?<![\w-])--[a-z]{2}|`?\bdistro (?:report|submit|halt|resume|segments|sub\w+)"
)


def raised() -> Iterator[tuple[Path, ast.Call]]:
    """Every `raise SomethingError(…)` of the package."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield path.relative_to(PACKAGE), node.exc


def texts_in(call: ast.Call) -> str:
    return " ".join(
        node.value
        for node in ast.walk(call)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def codes() -> set[str]:
    """Every code that the package gives an error, whether it raises or returns it."""
    return {
        str(value.value)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "code"
        for value in ast.walk(node.value)
        if isinstance(value, ast.Constant)
    }


def test_only_the_edges_name_commands_and_options() -> None:
    found = [
        f"{path}:{call.lineno}: {said[0]}"
        for path, call in raised()
        if path.parts[0] not in EDGES and (said := COMMAND.search(texts_in(call)))
    ]

    assert found == []


def test_every_hint_belongs_to_an_error() -> None:
    assert hints.CODES - codes() == set()


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (DistroError("no", hint="Do this."), "Do this."),
        (DistroError("no"), ""),
        (DistroError("no", code="nobody_knows_it"), ""),
        (RefusedError("no", code="in_the_book", address="a@b.c"), "subscribers edit a@b.c"),
        (RefusedError("no", code="column_not_set", column="email"), "--move-to NEW"),
        (RefusedError("no", code="column_not_set", column="domain"), ""),
    ],
)
def test_a_hint_is_worded_from_the_facts(error: DistroError, hint: str) -> None:
    assert hint in hints.hint_for(error)
    assert bool(hints.hint_for(error)) is bool(hint)
