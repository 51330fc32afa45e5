"""Ask the API for a page: as whoever looks at it, with what its address says."""

import hashlib
from pathlib import Path
from typing import Any

from starlette.requests import Request

from distro.installation.context import Installation
from distro.web.api import credentials, problems
from distro.web.api.operation import Call, Operation, Upload
from distro.web.office.view import View
from distro.web.office.visitor import Visitor


def call_of(
    installation: Installation,
    operation: Operation,
    who: Visitor,
    request: Request,
    *,
    query: Any = None,
    body: Any = None,
    key: str = "",
    upload: Upload | None = None,
) -> Call:
    """Return a call of an operation; raise ProblemError where their role or scope is too small."""
    credentials.check_allowed(operation, who.user)
    return Call(
        installation.seen_by(who.user.scope),
        who.user,
        who.actor,
        dict(request.path_params),
        query if query is not None else operation.query.model_construct(),
        body,
        upload or Upload(Path()),
        who.index,
        _key(who, key) if key else "",
    )


def _key(who: Visitor, key: str) -> str:
    """Return what a form's key stands for in the ledger; nobody else can type it."""
    word = hashlib.sha256(f"{who.user.name}\n{key}".encode()).hexdigest()
    return f"page:{word}"


def answers(
    installation: Installation, view: View, who: Visitor, request: Request
) -> dict[str, Any]:
    """Return what a page asks the API, by name; None for what its address does not ask."""
    found: dict[str, Any] = {}
    for name, operation in view.asks.items():
        given = {
            parameter: request.query_params[parameter]
            for parameter in view.takes.get(name, ())
            if request.query_params.get(parameter)
        }
        needed = [n for n, f in operation.query.model_fields.items() if f.is_required()]
        if any(parameter not in given for parameter in needed):
            credentials.check_allowed(operation, who.user)
            found[name] = None
            continue
        query = problems.validated(operation.query, given)
        found[name] = operation.does(call_of(installation, operation, who, request, query=query))
    return found
