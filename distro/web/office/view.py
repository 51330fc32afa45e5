"""One page as a value: its address, who may see it, and which operations of the API it shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distro.web.api.operation import Call, Operation
from distro.web.api.table import OPERATIONS

PREFIX = "/office"
_BY_NAME = {operation.name: operation for operation in OPERATIONS}


def named(name: str) -> Operation:
    """Return an operation by its name in the description of the API."""
    return _BY_NAME[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page that shows something. Its role and scope are the largest of what it asks."""

    path: str  # under PREFIX
    template: str
    title: str
    asks: Mapping[str, Operation] = field(default_factory=dict)  # name in the template -> what
    # Parameters of the page that go to an operation, where the page has them all.
    takes: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form."""

    name: str
    label: str
    kind: str = "text"  # text, long, check, choice, fixed, words (several, with commas)
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A page that asks once more before something is done, and then does it."""

    path: str
    operation: Operation
    title: str
    button: str
    says: str  # what will happen, in a sentence
    inputs: Sequence[Input] = ()
    final: bool = False  # cannot be taken back: who presses is asked who they are
    fresh: bool = False  # can, and who presses is asked all the same
    people: Callable[[Call], int] | None = None  # it tells of: of over a thousand, they are asked
    result: str = ""  # the template of its answer; "": it goes back to a page
    saves: str = ""  # its answer is a file of this name
    then: str = ""  # where to go afterwards; "": the page above
    states: Sequence[str] = ()  # of a distribution, in which it makes sense

    @property
    def name(self) -> str:
        """Return the last word of its address."""
        return self.path.rpartition("/")[2]


def values_of(inputs: Sequence[Input], given: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as an operation takes it; what was left empty is not said."""
    values: dict[str, Any] = {}
    for one in inputs:
        text = given.get(one.name, "").strip()
        if one.kind == "check":
            values[one.name] = bool(text)
        elif text and one.kind == "words":
            values[one.name] = [word.strip() for word in text.split(",") if word.strip()]
        elif text:
            values[one.name] = text
    return values
