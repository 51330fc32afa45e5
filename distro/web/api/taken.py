"""The bodies and parameters that operations take; bounded in size, and nothing unknown in them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from distro.model import State
from distro.web.api.operation import Taken

Words = Annotated[str, StringConstraints(max_length=2_000)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
Address = Annotated[str, StringConstraints(min_length=3, max_length=320)]
Time = Annotated[str, StringConstraints(max_length=100)]
Cursor = Annotated[str, StringConstraints(max_length=20, pattern=r"^[0-9]*$")]


class Page(Taken):
    """Which part of a list: the next so many after a cursor, which the part before gave."""

    cursor: Cursor = ""
    limit: int = Field(100, ge=1, le=500)


class RecipientsPage(Page):
    """The same of recipients, of one state or of any."""

    state: State | None = None


class PeoplePage(Page):
    """The same of people, of an expression, or whose name, address or outlet holds a text."""

    segment: Annotated[str, StringConstraints(max_length=5_000)] = ""
    search: Annotated[str, StringConstraints(max_length=200)] = ""


class Segment(Taken):
    """A list, a named segment or an expression; "": everybody."""

    segment: Annotated[str, StringConstraints(max_length=5_000)] = ""


class OnePerson(Taken):
    """A person by their address."""

    address: Address


class OneExpression(Taken):
    """A list, a named segment or an expression."""

    expression: Expression


class Sample(OneExpression):
    """The same, and how many of its people."""

    count: int = Field(10, ge=1, le=200)


class Explained(OneExpression):
    """The same, and a person."""

    address: Address


class EventsPage(Page):
    """A part of the events of a distribution, after one that is known."""


class Days(Taken):
    """So many days up to today."""

    days: int = Field(30, ge=1, le=400)


class Decisions(Taken):
    """The decisions about what is left in a document: changes, comments, hidden text, makers."""

    accept_changes: bool = False
    reject_changes: bool = False
    drop_comments: bool = False
    drop_hidden: bool = False
    clean_files: bool = False


class Plan(Decisions):
    """The people who are to get a release, and the time."""

    to: Expression
    at: Time = ""
    as_new: bool = False
    no_fallback: bool = False


class Submit(Plan):
    """The same; without `at` it goes out now."""


class Correct(Decisions):
    """A correction, in words that readers see."""

    note: Note
    change: Literal["corrected", "refile"] = "corrected"
    it_said: Words = ""
    it_should_say: Words = ""
    only: Sequence[str] = ()
    include_new: bool = False
    tell: bool = False
    break_glass: Words = ""


class Update(Decisions):
    """The people who get the newer text besides those who have the earlier one."""

    to: Expression
    note: Note = "This text is newer than the one you have."


class Reason(Taken):
    """A reason, for the record."""

    reason: Words = ""


class Rejection(Taken):
    """A reason that must be given."""

    reason: Note


class Approval(Taken):
    """The digest of what was looked at; another one is refused."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NewTime(Taken):
    """A time, RFC 3339 or as people write it."""

    at: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Lift(Taken):
    """The end of an embargo; `broken`: somebody did not keep it, and everyone is told."""

    reason: Words = ""
    broken: bool = False


class Resend(Taken):
    """A second try: for all in doubt, all who failed, or one reader."""

    only: Literal["in_doubt", "failed"] | None = None
    to: Address | None = None


class Hold(Taken):
    """The words for those who have it, and when they hear again."""

    note: Note
    until: Time = ""
    break_glass: Words = ""


class Clear(Taken):
    """The words for those who were asked to wait."""

    note: Note


class Kill(Taken):
    """The reason for taking a release back."""

    note: Note
    break_glass: Words = ""


class DomainHalt(Taken):
    """A domain or provider that nothing is sent to, and for how long; 0s: again."""

    domain: Name
    during: Annotated[str, StringConstraints(min_length=1, max_length=20)] = "2h"
    reason: Words = ""


class NewPerson(Taken):
    """One person for the book."""

    address: Address
    lists: Annotated[Sequence[Name], Field(min_length=1, max_length=50)]
    columns: Mapping[Name, Words] = Field({}, max_length=50)
    basis: Words = ""


class Changes(Taken):
    """The changes of a person: columns ("" takes one away), lists, the address."""

    columns: Mapping[Name, Words] = Field({}, max_length=50)
    join: Annotated[Sequence[Name], Field(max_length=50)] = ()
    leave: Annotated[Sequence[Name], Field(max_length=50)] = ()
    address: Address | None = None


class Import(Taken):
    """The list that the people of a spreadsheet join."""

    list_name: Annotated[str, Field(alias="list"), StringConstraints(min_length=1, max_length=60)]
    sync: bool = False
    basis: Words = ""
    skip_bad_rows: bool = False
    encoding: Annotated[str, StringConstraints(max_length=40)] = ""
    dry_run: bool = False


class Closure(Taken):
    """The distribution that told everybody on a list that it ends, and why it does."""

    told: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: Note


class JudgeAgain(Taken):
    """The day from which on; `dry_run` only says what would change."""

    since: date
    dry_run: bool = False


class Decision(Taken):
    """Carry it out, or drop it."""

    decision: Literal["accept", "dismiss"]


class NewUser(Taken):
    """A person who may do something, and what they see."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
    role: Literal["viewer", "editor", "approver", "admin"]
    expires: Annotated[str, StringConstraints(max_length=20)] = "90d"
    desks: Annotated[Sequence[Name], Field(max_length=50)] = ()
    lists: Annotated[Sequence[Name], Field(max_length=50)] = ()


class NewToken(Taken):
    """The time for which another token is good."""

    expires: Annotated[str, StringConstraints(max_length=20)] = "90d"


class CommandForm(Taken):
    """A command as JSON, beside its files: see `Command`."""

    command: Annotated[str, StringConstraints(min_length=2, max_length=100_000)]


Answer = Annotated[str, StringConstraints(pattern=r"^[yn]:[0-9a-f]{64}$")]


class Command(Taken):
    """A command as it was typed on another machine, its files beside it.

    The files are parts named 0, 1 …; `places` says where each belongs, `typed` how its user calls
    what the arguments name.
    """

    args: Annotated[Sequence[str], Field(min_length=1, max_length=200)]
    answers: Annotated[Sequence[Answer], Field(max_length=10)] = ()
    places: Annotated[Sequence[str], Field(max_length=60)] = ()
    typed: Mapping[str, str] = Field({}, max_length=120)
    terminal: bool = False
    columns: int = Field(80, ge=20, le=500)
