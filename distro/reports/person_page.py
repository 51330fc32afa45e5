"""Render one person and one release as a page: what to say on the telephone, why, and what a mail
admin asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from distro.reports.page import STILL, template


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule: yes or no, what it is, and a remark."""

    answer: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PersonPage:
    """The contents of the page."""

    name: str
    distribution: str
    organisation: str
    zone: str
    now: str
    lead: str
    spoken: Sequence[str]
    rules: Sequence[RuleRow]
    facts: Sequence[tuple[str, str]]


def person_page(page: PersonPage) -> str:
    """Return the page, self-contained."""
    return template("person.html").render(
        policy=STILL, **{name: getattr(page, name) for name in page.__slots__}
    )
