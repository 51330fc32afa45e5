"""Entity tags (RFC 9110 §8.8.3): whoever changes something can say which state of it they saw."""

import hashlib
import json

from distro.audience import book
from distro.store import distributions
from distro.store.consents import refusals
from distro.web.api.operation import Call, Operation
from distro.web.api.problems import ProblemError


def check(operation: Operation, call: Call, match: str) -> None:
    """Raise ProblemError where what the path names is not what the caller saw (RFC 9110 §13.1.1).

    `match`: the If-Match of the request; "": they do not say.
    """
    if match and match != "*" and operation.changes:
        now = tag_of(call)
        if now not in [tag.strip() for tag in match.split(",")]:
            raise ProblemError("changed_meanwhile", headers={"ETag": now})


def tag_of(call: Call) -> str:
    """Return the tag of what the path names; raises NotFoundError where it is not in sight.

    A distribution's is of what people decided about it, not of how far its letters are.
    """
    if "distribution" in call.path:
        found = distributions.read(call.installation.store, call.distribution())
        parts: list[object] = [
            found.state.value,
            dict(found.versions),
            [(yes.by, yes.digest) for yes in found.approvals],
            found.start_ms,
            found.lift_ms,
            found.held,
            found.superseded_by,
            found.reason,
        ]
    else:
        who = book.person(call.installation.store, call.path["address"])
        refused = list(refusals(call.installation.store, who.id))
        parts = [who.email, {k: list(v) for k, v in who.columns.items()}, refused]
    raw = json.dumps(parts, sort_keys=True).encode()
    return f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
