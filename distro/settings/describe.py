"""List every setting with its value, where that comes from, its default and its meaning; secrets
are masked.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from distro.lib.files import read_toml
from distro.settings.fields import SecretUrl, Section
from distro.settings.load import Settings, load


@dataclass(frozen=True, slots=True)
class Explained:
    """One setting as `distro config show` tells it; secrets are masked."""

    name: str
    value: str
    source: str  # the file, a DISTRO_* variable, or "default"
    default: str
    meaning: str


def load_explained(path: Path | None = None) -> list[Explained]:
    """Return every setting with its value, where that comes from, its default and its meaning."""
    where = path or Path("distro.toml")
    settings = load(path, needed=path is not None)
    try:
        written = read_toml(where)
    except OSError:
        written = {}
    return [
        row
        for name, field in Settings.model_fields.items()
        for row in _explained(name, getattr(settings, name), field, written.get(name), where.name)
    ]


def _explained(name: str, value: Any, field: Any, written: Any, file: str) -> Iterator[Explained]:
    """Yield a plain setting, or those of a section; of several relays each."""
    if isinstance(value, Section):
        for inner, inner_field in type(value).model_fields.items():
            yield from _explained(
                f"{name}.{inner}",
                getattr(value, inner),
                inner_field,
                (written or {}).get(inner) if isinstance(written, dict) else None,
                file,
            )
        return
    if isinstance(value, list) and value and isinstance(value[0], Section):
        for n, section in enumerate(value):
            for inner, inner_field in type(section).model_fields.items():
                given = (
                    written[n].get(inner)
                    if isinstance(written, list) and n < len(written)
                    else None
                )
                yield from _explained(
                    f"{name}[{n}].{inner}", getattr(section, inner), inner_field, given, file
                )
        return
    variable = "DISTRO_" + name.replace(".", "__").upper()
    source = "default" if written is None else file
    if variable in os.environ:
        source = variable
    yield Explained(
        name,
        _written(value),
        source,
        _written(field.get_default(call_default_factory=True)),
        field.description or "",
    )


def _written(value: Any) -> str:
    """Return a value as the file would say it; a secret shows only that it is there."""
    if isinstance(value, SecretUrl):
        return value.shown
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, list):
        return "[" + ", ".join(_written(v) for v in value) + "]"
    return str(value) if not isinstance(value, bool) else str(value).lower()
