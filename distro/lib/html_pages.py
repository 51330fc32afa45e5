"""Render HTML pages of our own: strict, autoescaped. Letters have their sandbox in `letter/`."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

__all__ = ["Template", "environment"]


@cache
def environment(folder: Path) -> Environment:
    """Return the templates of a folder of the package; a name that is not given is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
