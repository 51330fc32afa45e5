"""The documents about releases that operations answer with; their keys are those of `--json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field

from distro.web.api.operation import Given


class Open(Given):
    """A document of which only the fixed part is described; `--json` may say more."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Problem(Given):
    """One thing that the linter found."""

    file: str
    line: int = Field(description="from 1; 0: the whole file")
    level: str
    message: str


class Checked(Given):
    """The understanding of each file, and every problem."""

    editions: Sequence[Mapping[str, Any]]
    problems: Sequence[Problem]
    ok: bool = Field(description="no problem is an error")


class Planned(Open):
    """The people who would get a release, and those who would not and why."""

    release: str
    audience: int
    matched: int
    editions: Mapping[str, int]
    left_out: Mapping[str, int]
    problems: Sequence[Problem]


class Accepted(Open):
    """The result of a submit."""

    release: str
    distribution: str
    state: str
    audience: int
    again: bool


class Told(Given):
    """The distribution that tells the holders, and the one to those who had nothing yet."""

    release: str
    distribution: str
    state: str
    audience: int
    rest: str = ""


class Ordered(Given):
    """A distribution and its state after an order."""

    distribution: str
    state: str


class Rescheduled(Ordered):
    """The same, and its new time."""

    at: str


class Lifted(Ordered):
    """The same, and all distributions whose embargo ended."""

    lifted: Sequence[str]


class Cancelled(Ordered):
    """The same, and the state of everyone."""

    counts: Mapping[str, int]


class Resent(Given):
    """The people who are written to again, by which distribution."""

    distribution: str
    audience: int


class Listed(Given):
    """One distribution in short."""

    distribution: str
    release: str
    headline: str
    kind: str
    state: str
    audience: int
    submitted_at: str
    due_at: str


class Distributions(Given):
    """A part of the distributions, newest first, and where the next part begins ("": nowhere)."""

    distributions: Sequence[Listed]
    next: str


class Report(Open):
    """The state of everyone: the states sum to the audience."""

    release: str
    distribution: str
    kind: str
    headline: str
    state: str
    reason: str
    audience: int
    counts: Mapping[str, int]
    balanced: bool


class Recipients(Given):
    """A part of the recipients; `count`: of all in that state."""

    recipients: Sequence[Mapping[str, str]]
    count: int
    next: str


class Explanation(Open):
    """Everything about one person and one distribution."""

    address: str
    distribution: str
    in_audience: bool
    state: str
    reason: str


class Audit(Given):
    """A recount from the ledger's bytes."""

    distribution: str
    audience: int
    counts: Mapping[str, int]
    balanced: bool
    findings: Sequence[str]


class Draft(Given):
    """A draft as an approver looks at it; `digest` stands for all of it."""

    distribution: str
    release: str
    headline: str
    digest: str
    audience: int
    editions: Mapping[str, int]
    expression: str
    starts_at: str
    approvals: int
    required: int
    some: Sequence[str]
    changes: Sequence[str]
    letters: Mapping[str, str] = Field(description="the text of each language's letter")


class Approved(Ordered):
    """The same, and how many approved it."""

    approvals: int
    required: int


class Event(Given):
    """One thing that was done with a distribution."""

    sequence: int
    at: str
    act: str
    actor: str
    reason: str


class Events(Given):
    """A part of the events of a distribution, oldest first."""

    events: Sequence[Event]
    next: str


class HaltedDomain(Given):
    """A domain that nothing is sent to."""

    domain: str
    until: str
