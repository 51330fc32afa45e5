"""Open the installation for a command, as whoever types it may see it."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from distro.cli.options import actor
from distro.installation import context
from distro.installation.rights import as_seen_by
from distro.settings.load import Settings

if TYPE_CHECKING:
    from distro.installation.context import Installation


@contextlib.contextmanager
def open_installation(settings: Settings) -> "Iterator[Installation]":
    """Open an installation; a token that is shown narrows it to the desks and lists of its owner.

    Raises RefusedError for a token that is not valid.
    """
    with context.open_installation(settings) as installation:
        yield as_seen_by(installation, actor())
