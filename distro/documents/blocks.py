"""The nouns of this package: a document is a sequence of blocks, each with its place."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from distro.readings import Choices


class Kind(StrEnum):
    """The part that a block plays in its document."""

    TITLE = "title"
    SUBTITLE = "subtitle"
    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    QUOTE = "quote"
    TABLE = "table"
    PICTURE = "picture"
    HEADER = "header"
    FOOTER = "footer"
    TEXT_BOX = "text box"
    FOOTNOTE = "footnote"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of a document, and why it is not for readers where it is not."""

    place: str  # "paragraph 12", "header", "table 1": where a person finds it
    kind: Kind
    text: str  # its words in one line; of a picture, what it shows
    markdown: str = ""  # the same as a block of Markdown, or as one line of it
    level: int = 0  # of a heading from 1, of an item's nesting from 0
    pieces: int = 1  # how much of the file it holds, in `Document.unit`
    dropped: str = ""  # why it is not for readers: "page header", "the same once more"
    goes_on: bool = False  # a line of the same paragraph as the block before
    apart: bool = False  # an empty paragraph stands above
    likely: float = 0.0  # what a library says for it as part of the article; 1 is a hint


@dataclass(frozen=True, slots=True)
class Change:
    """A tracked change that nobody accepted or rejected, or a comment that is still there."""

    what: str  # "inserted", "deleted", "moved here", "moved away", "comment", "hidden"
    text: str
    place: str
    author: str = ""
    date: str = ""  # as the file says it

    def worded(self) -> str:
        """Return it as a person reads it."""
        by = f" by {self.author}" if self.author else ""
        on = f" on {self.date[:10]}" if self.date else ""
        return f'{self.what}{by}{on} at {self.place}: "{self.text[:80]}"'


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a person should know of a document."""

    text: str
    place: str = ""
    error: bool = False  # it cannot be sent like this


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything that stands in a file."""

    format: str  # "Word", "OpenDocument"
    blocks: tuple[Block, ...] = ()
    pieces: int = 0  # what another walk through the file counts, in `unit`
    unit: str = "paragraphs"  # those with words; of a page "characters", without white space
    changes: tuple[Change, ...] = ()
    remarks: tuple[Remark, ...] = ()
    pictures: dict[str, bytes] = field(default_factory=dict)  # by name, as the Markdown says it
    fields: dict[str, str] = field(default_factory=dict)  # headline, date, language, embargo
    record: tuple[str, ...] = ()  # what the choices did

    @property
    def unaccounted(self) -> int:
        """Return by how much the two walks differ."""
        return self.pieces - sum(block.pieces for block in self.blocks)


def once(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield headers or footers; those of first, even and other pages often say the same."""
    met: set[str] = set()
    for block in blocks:
        yield replace(block, dropped="the same once more") if block.text in met else block
        met.add(block.text)


def footnote(blocks: Sequence[Block], number: int) -> Iterator[Block]:
    """Yield the blocks of a footnote under its number; 0: nothing refers to it."""
    for n, block in enumerate(blocks):
        made = replace(block, kind=Kind.FOOTNOTE)
        if not number:
            made = replace(made, dropped="nothing refers to it")
        elif n == 0:
            text, markdown = f"[{number}] {block.text}", f"\\[{number}\\] {block.markdown}"
            made = replace(made, text=text, markdown=markdown)
        yield made


def comment(words: Sequence[str], number: int) -> Block:
    """Return a comment of so many paragraphs."""
    return Block(
        place=f"comment {number}",
        kind=Kind.COMMENT,
        text=" ".join(words),
        pieces=len(words),
        dropped="a comment",
    )


def recorded(choices: Choices, changes: Sequence[Change]) -> tuple[str, ...]:
    """Return what a person's choices did, for the record."""
    said = []
    made = sum(c.what not in ("comment", "hidden") for c in changes)
    if made and choices.changes:
        said.append(f"{choices.changes}ed {made} tracked changes")
    if choices.comments and (count := sum(c.what == "comment" for c in changes)):
        said.append(f"left out {count} comments")
    if choices.hidden and (count := sum(c.what == "hidden" for c in changes)):
        said.append(f"left out {count} hidden texts")
    return tuple(said)


class UnreadableError(Exception):
    """A document that cannot be read, with what to do instead."""

    def __init__(self, why: str, instead: str = "") -> None:
        super().__init__(why)
        self.instead = instead
