"""The documents about people and the office that operations answer with."""

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


class Suggestion(Given):
    """A suggestion that an answer makes about a person."""

    id: str
    kind: str
    address: str
    at: str
    message: str
    back_on: str
    stand_in: str
    words: str


class Suggestions(Given):
    """All that wait for a decision."""

    suggestions: Sequence[Suggestion]


class Storm(Given):
    """A text of one server that struck many addresses."""

    id: str
    server: str
    said: str
    people: int
    since: str
    decided: str


class Storms(Given):
    """All of late."""

    storms: Sequence[Storm]


class Decided(Given):
    """The effect of a decision."""

    id: str
    done: str


class AuditLine(Given):
    """One line of the audit log."""

    at: str
    who: str
    credential: str
    host: str
    act: str
    about: str
    was: str
    wanted: str
    why: str
    refused: str


class AuditLog(Given):
    """The newest lines of the audit log, the newest last, and its end."""

    lines: Sequence[AuditLine]
    head: str


class User(Given):
    """A person who may do something."""

    name: str
    role: str
    added: str
    expires: str
    disabled: bool
    desks: Sequence[str]
    lists: Sequence[str]


class Users(Given):
    """All of them."""

    users: Sequence[User]


class Token(Given):
    """A token, which is shown this once."""

    name: str
    token: str


class Finding(Given):
    """One thing that was examined."""

    about: str
    grade: str
    text: str
    next: str


class Health(Given):
    """The findings of an examination of the installation."""

    findings: Sequence[Finding]


class Setting(Given):
    """One setting, its value where it is no secret, and where that comes from."""

    name: str
    value: str
    source: str
    meaning: str


class Settings(Given):
    """All settings."""

    settings: Sequence[Setting]
