"""Jinja templates, sandboxed and autoescaped: the organisation's own folder first, then the packaged one.

Own templates win file by file, and may take the packaged one block by block: ``{% extends "packaged/press-release/body.mjml" %}``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from distro.data import packaged
from distro.errors import TemplateError

PARTS = ("subject.txt", "body.mjml", "body.txt")


class Templates:
    """The templates of an installation."""

    def __init__(self, own: Path) -> None:
        shipped = FileSystemLoader(packaged("templates", "email"))
        loaders = [FileSystemLoader(own)] if own.is_dir() else []
        self._env = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([*loaders, shipped, PrefixLoader({"packaged": shipped})]),
            autoescape=lambda name: bool(name and name.endswith(".mjml")),
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False,
        )

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """Render one template; raises TemplateError with file and line."""
        try:
            return self._env.get_template(name).render(context)
        except TemplateNotFound as error:
            raise TemplateError(f"there is no template {error.name}", hint="Every kind has a folder with subject.txt, body.mjml and body.txt.") from None
        except TemplateSyntaxError as error:
            raise TemplateError(f"{error.name} line {error.lineno}: {error.message}") from None
        except (UndefinedError, SecurityError, JinjaError, TypeError) as error:
            raise TemplateError(f"{name}: {error}") from None
