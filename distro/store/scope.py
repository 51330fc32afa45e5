"""The part that one person may see: a store with a scope answers as if the rest were not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

USUAL_DESK = "usual"  # the desk of releases that name none


@dataclass(frozen=True, slots=True)
class Scope:
    """The desks whose releases, and the lists whose people, somebody may see; (): all of them."""

    desks: Sequence[str] = ()
    lists: Sequence[str] = ()

    @property
    def whole(self) -> bool:
        """Return whether nothing is hidden."""
        return not (self.desks or self.lists)

    def has_desk(self, sender: str) -> bool:
        """Return whether releases of a desk are within it; "": the usual desk."""
        return not self.desks or (sender or USUAL_DESK) in self.desks

    def has_person(self, row: Mapping[str, object]) -> bool:
        """Return whether a row of the book is within it: on one of its lists."""
        if not self.lists:
            return True
        on = row.get("lists", ())
        return isinstance(on, list | tuple) and any(name in self.lists for name in on)


EVERYTHING = Scope()
