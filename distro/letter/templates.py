"""Load Jinja templates, sandboxed and autoescaped: the organisation's own folder first, then the
packaged one.

Own templates win file by file, and may take the packaged one block by block: ``{% extends
"packaged/press-release/body.mjml" %}``.
"""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.loaders import split_template_path

from distro.errors import TemplateError
from distro.letter.sandbox import Sandbox, render
from distro.lib.files import require_regular
from distro.lib.resources import packaged

LARGEST = 500_000  # bytes of a template
PARTS = ("subject.txt", "body.mjml", "body.txt")


class _Folder(FileSystemLoader):
    """A folder of templates that are files of some size, and not whatever else may have such a
    name.
    """

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        for folder in self.searchpath:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                require_regular(Path(folder, *split_template_path(template)), LARGEST)
        return super().get_source(environment, template)


# Errors that a mistake in a template raises.
_MISTAKES = (
    ArithmeticError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
    MemoryError,
    SyntaxError,
)


class Templates:
    """The templates of an installation."""

    def __init__(self, own: Path) -> None:
        shipped = _Folder(packaged("templates", "email"))
        loaders = [_Folder(own)] if own.is_dir() else []
        self._env = Sandbox(
            loader=ChoiceLoader([*loaders, shipped, PrefixLoader({"packaged": shipped})]),
            autoescape=lambda name: bool(name and name.endswith(".mjml")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """Render one template; raises TemplateError with file and line."""
        try:
            return render(self._env, name, context)
        except TemplateNotFound as error:
            raise TemplateError(
                f"there is no template {error.name}",
                hint="Every kind has a folder with subject.txt, body.mjml and body.txt.",
            ) from None
        except TemplateSyntaxError as error:
            raise TemplateError(f"{error.name} line {error.lineno}: {error.message}") from None
        except (UndefinedError, SecurityError, JinjaError) as error:
            raise TemplateError(f"{name}: {error}") from None
        except _MISTAKES as error:
            raise TemplateError(f"{name}: {str(error) or type(error).__name__}") from None
        except OSError as error:
            raise TemplateError(f"{name} cannot be read ({error.strerror})") from None
