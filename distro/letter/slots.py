"""Mark the places of a letter that differ from reader to reader, with marks that survive Jinja and
MJML untouched.

A mark holds a secret that is made anew for every letter, so that no text of a release can pretend
to be one: a mark in a link of the release would send every reader's address to whoever wrote it.
"""

import re
import secrets
from dataclasses import dataclass, field

SLOTS = ("unsubscribe", "preferences", "view", "address", "confirm", "never")


@dataclass(frozen=True, slots=True)
class Slots:
    """The marks of one compiled letter."""

    secret: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)

    def placeholder(self, name: str) -> str:
        """Return what stands in the compiled text where the reader's own value goes."""
        return f"x{self.secret}slot.{name}.{self.secret}x"

    @property
    def pattern(self) -> re.Pattern[str]:
        """Match any of the marks; the group is the slot's name.

        Fields of a reader's own are h0, h1 … in HTML, t0, t1 … in plain text; counted links are
        c0, c1 …
        """
        names = f"{'|'.join(SLOTS)}|[htc][0-9]{{1,2}}"
        return re.compile(f"x{self.secret}slot\\.({names})\\.{self.secret}x")
