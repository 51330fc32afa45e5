"""One operation of the API as a value: who may, what it takes, what it answers, what does it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from distro.actors import Actor
from distro.audience.search_index import SearchIndex
from distro.installation.context import Installation
from distro.model import DistributionId
from distro.store import distributions
from distro.store.users import User

PREFIX = "/api/v1"


class Sees(StrEnum):
    """The part of an installation that an operation is about, and a scope can hide."""

    DESKS = "desks"  # releases of the caller's desks
    LISTS = "lists"  # people of the caller's lists
    WHOLE = "whole"  # all of it: only for who has every desk and list
    NOTHING = "nothing"  # nothing that is kept


class Taken(BaseModel):
    """The content of a request; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=100_000)


class Given(BaseModel):
    """The content of an answer."""

    model_config = ConfigDict(frozen=True)


class NoQuery(Taken):
    """An operation without parameters."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of a request, in a folder that lives as long as it."""

    folder: Path
    files: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: who asks, for what, with what."""

    installation: Installation  # as the caller may see it
    user: User
    actor: Actor
    path: Mapping[str, str]
    query: Any  # of the operation's model
    body: Any  # of the operation's model; None without one
    upload: Upload
    index: SearchIndex  # of this process
    key: str = ""  # what an idempotency key stands for in the ledger; "": none was given

    @property
    def zone(self) -> str:
        """Return the time zone of the installation."""
        return self.installation.settings.site.timezone

    def distribution(self) -> DistributionId:
        """Return the distribution of the path; raise NotFoundError where it is not in sight."""
        return distributions.find(self.installation.store, self.path["distribution"])


@dataclass(frozen=True, slots=True)
class Lines:
    """An answer that is written piece by piece: CSV."""

    pieces: Any  # an iterator of text
    media_type: str = "text/csv; charset=utf-8"
    name: str = "list.csv"

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that have a browser save it."""
        return {"content-disposition": f'attachment; filename="{self.name}"'}


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row of the table."""

    method: str
    path: str  # under PREFIX: "/distributions/{distribution}"
    does: Handler
    role: str  # the least
    sees: Sees
    summary: str
    answer: type[BaseModel] | str  # a model, or a media type
    tag: str
    query: type[BaseModel] = NoQuery
    body: type[BaseModel] | None = None
    files: bool = False  # multipart/form-data: `files`, and the body's fields
    least_files: int = 1  # of them
    sends: bool = False  # needs an Idempotency-Key: letters follow from it
    tagged: bool = False  # answers with the entity tag of what the path names
    changes: bool = False  # obeys If-Match, that tag
    status: int = 200
    recover: Callable[[Call, DistributionId], Any] | None = field(default=None)

    @property
    def name(self) -> str:
        """Return its name in the description of the API: post_distributions_halt."""
        words = [part.strip("{}") for part in self.path.split("/") if part]
        return "_".join([self.method.lower(), *words]).replace("-", "_").replace(".", "_")
