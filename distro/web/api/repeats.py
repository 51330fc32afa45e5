"""Do what sends letters once for a key, and give the same answer again."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from distro.errors import DistroError
from distro.model import DistributionId
from distro.store import api_answers
from distro.web.api import tags
from distro.web.api.operation import Call, Operation
from distro.web.api.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request; `again`: it was given before."""

    status: int
    body: Any
    again: bool = False


def plain(found: Any) -> Any:
    """Return an answer as JSON has it."""
    return found.model_dump(mode="json") if isinstance(found, BaseModel) else found


def once(operation: Operation, call: Call, content: str, match: str = "") -> Answer:
    """Carry out a request that has a key (`call.key`); `content`: a hash of what it asks, `match`:
    the entity tags that its caller saw.

    Raises ProblemError where the key stands for another request, or for one that is under way.
    """
    store = call.installation.store
    kept, mine = api_answers.begin(store, call.key, content)
    if kept.content != content:
        raise ProblemError("key_used")
    if kept.status:
        return Answer(kept.status, json.loads(kept.body), again=True)
    if not mine:
        raise ProblemError("key_in_use", headers={"Retry-After": "5"})
    first, _ = api_answers.made(store, call.key)
    try:
        # Whoever began it died after the act: the letters are on their way, the answer is not.
        if first and operation.recover:
            body = plain(operation.recover(call, DistributionId(first)))
        else:
            tags.check(operation, call, match)
            body = plain(operation.does(call))
    except (DistroError, ProblemError):
        api_answers.give_up(store, call.key)
        raise
    api_answers.finish(store, call.key, content, operation.status, body)
    return Answer(operation.status, body)
