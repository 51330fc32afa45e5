"""The documents about people and segments that operations answer with."""

from collections.abc import Mapping, Sequence
from typing import Any

from distro.web.api.given import Open
from distro.web.api.operation import Given


class Segment(Given):
    """A list or a named segment with its size; null where it cannot be counted."""

    name: str
    count: int | None
    meaning: str


class Segments(Given):
    """All lists and named segments."""

    segments: Sequence[Segment]


class Count(Given):
    """The number of those who match."""

    count: int


class Person(Given):
    """One person in short."""

    email: str
    name: str
    outlet: str
    language: str
    lists: Sequence[str]
    may_be_written_to: bool
    refused: Sequence[str]


class People(Given):
    """A part of those found; `found`: of all."""

    people: Sequence[Person]
    found: int
    next: str


class Term(Given):
    """One part of an expression, and whether somebody satisfies it."""

    depth: int
    term: str
    holds: bool
    has: str


class Terms(Given):
    """The reasons why somebody is in a segment, or not."""

    within: bool
    terms: Sequence[Term]


class WholePerson(Given):
    """All that the book says about a person."""

    email: str
    columns: Mapping[str, Sequence[str]]
    may_be_written_to: bool
    refused: Sequence[str]
    consent: Sequence[Mapping[str, Any]]


class Erased(Given):
    """Somebody who is forgotten."""

    email: str
    erased: bool


class Suppressed(Given):
    """The answer of a suppression."""

    email: str
    suppressed: bool


class Unsubscribed(Given):
    """Somebody who is not written to again."""

    email: str
    unsubscribed: bool


class Imported(Open):
    """The content of a spreadsheet, and what was made of it."""

    list: str
    read: int
    good: int
    bad: Sequence[Mapping[str, Any]]
    written: bool


class PersonalData(Given):
    """All that is held on a person."""

    email: str
    former_addresses: Sequence[str]
    columns: Mapping[str, Sequence[str]]
    may_be_written_to: bool
    history: Sequence[Mapping[str, Any]]
    letters: Sequence[Mapping[str, Any]]


class AuditedSegment(Given):
    """A list or segment: its people now and at the last audit, and what is wrong with it."""

    name: str
    now: int
    before: int | None
    alarm: str


class AuditedSegments(Given):
    """All of them."""

    segments: Sequence[AuditedSegment]


class Closed(Given):
    """A list that is no more, and how many were taken off it."""

    list: str
    off: int
