"""The nouns of understanding a file: what was read, what is wrong with it, what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from distro.model import Edition


class Level(StrEnum):
    """The seriousness of a problem of an edition."""

    ERROR = "error"  # it cannot be sent as it is
    WARNING = "warning"  # it can, but someone should look


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found wrong in a file: where, how bad, what."""

    file: str
    line: int  # from 1; 0: the whole file
    level: Level
    message: str

    def __post_init__(self) -> None:
        # A quoted line break would make a line of its own.
        object.__setattr__(self, "message", " ".join(self.message.splitlines()))


@dataclass(frozen=True, slots=True)
class Choices:
    """The decisions of who submits about changes, comments and hidden text left in a document."""

    changes: str = ""  # "accept", "reject"; "": a change that is left is an error
    comments: bool = False  # leave comments out
    hidden: bool = False  # leave hidden text out
    clean: bool = False  # take out of attached files what they tell of their makers


UNDECIDED = Choices()


@dataclass(frozen=True, slots=True)
class Account:
    """The fate of one piece of a document."""

    place: str  # "paragraph 12", "header"
    kind: str  # "heading", "table", "comment"
    text: str
    pieces: int  # paragraphs of the file that it holds
    used: str = ""  # the field of the edition that holds it: "body", "contacts"
    dropped: str = ""  # or why it is in none


@dataclass(frozen=True, slots=True)
class Reading:
    """The understanding of one file."""

    file: str
    source: str  # "Markdown", "plain text"
    edition: Edition | None  # None: not readable at all
    problems: tuple[Problem, ...] = ()
    dropped: tuple[tuple[int, str], ...] = ()  # line number and text of what was left out
    paragraphs: tuple[str, ...] = ()
    trusted: str = ""  # the list that may have it before the embargo is over
    required: tuple[str, ...] = ()  # languages without which nothing of the release goes out
    # Hash and bytes of each file that travels with it, as they were read.
    enclosed: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    sure: str = "yes"  # of the headline: "yes", "probably", "no"
    # Number and text of the line that may be the headline instead.
    otherwise: tuple[int, str] = (
        0,
        "",
    )
    # Of a document: every piece of it, and how many paragraphs another walk through it counted.
    account: tuple[Account, ...] = ()
    pieces: int = 0
    unit: str = "paragraphs"  # or "characters": what `pieces` counts
    published: str = ""  # of a saved page: when, as it says itself
    record: tuple[str, ...] = ()  # what was decided about changes and comments that were left

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return the problems for which it cannot be sent."""
        return tuple(p for p in self.problems if p.level is Level.ERROR)
