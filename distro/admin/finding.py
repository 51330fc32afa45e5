"""One finding of `distro doctor`: what was looked at, and what to type next if it is not as it
should be.
"""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """The seriousness of a finding."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what is so, and what to type next if it should not be."""

    about: str
    grade: Grade
    text: str
    next: str = ""
