"""Answer what cannot be done as a problem (RFC 9457): a stable type, a status, what is wrong where.

The type is the address of a page that says what it means; `errors` has one entry for each thing
that is wrong, with a JSON pointer (RFC 6901) to it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse

from distro.errors import (
    DistroError,
    ExpressionError,
    InputFileError,
    NotFoundError,
    RefusedError,
    StoreGoneError,
    TemplateError,
    UsageError,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status, and what it is called."""

    status: int
    title: str


T = TypeVar("T", bound=BaseModel)


class ProblemError(Exception):
    """A request that cannot be answered as it is."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.facts = facts

    @property
    def kind(self) -> Kind:
        """Return its kind; a refusal of the ledger's own is a 409."""
        return KINDS.get(self.code, KINDS["refused"])

    @property
    def sentence(self) -> str:
        """Return what is wrong, and with which value, for somebody who reads it."""
        if not self.errors:
            return self.detail or self.kind.title
        return "; ".join(
            f"{error.get('pointer', '/')[1:]}: {error['detail']}" for error in self.errors
        )


# The kinds that are the API's own; a refusal of the ledger's brings its own code and is a 409.
KINDS = {
    "not_signed_in": Kind(401, "The request has no valid token."),
    "token_expired": Kind(401, "The token has expired."),
    "role_too_low": Kind(403, "Your role does not allow this."),
    "scope_too_small": Kind(403, "This is about all desks and lists, and you have some of them."),
    "not_found": Kind(404, "There is nothing at this address for you."),
    "method_not_allowed": Kind(405, "This address does not take this method."),
    "bad_request": Kind(400, "The request cannot be understood."),
    "bad_values": Kind(422, "Some values are missing or wrong."),
    "file_not_taken": Kind(422, "A file cannot be taken."),
    "template": Kind(422, "A template would make a broken letter."),
    "too_large": Kind(413, "The request is too large."),
    "media_type": Kind(415, "The request has another media type than this address takes."),
    "key_missing": Kind(400, "This needs an Idempotency-Key."),
    "key_in_use": Kind(409, "A request with this Idempotency-Key is under way."),
    "key_used": Kind(422, "This Idempotency-Key stands for another request."),
    "changed_meanwhile": Kind(412, "It is not what you saw any more."),
    "refused": Kind(409, "A rule forbids it now."),
    "too_many": Kind(429, "Too many requests."),
    "store_away": Kind(503, "The ledger cannot be reached. Nothing was changed."),
    "our_fault": Kind(500, "Something is wrong here; it is in our log."),
}
_BY_ERROR: tuple[tuple[type[DistroError], str], ...] = (
    (StoreGoneError, "store_away"),
    (NotFoundError, "not_found"),
    (ExpressionError, "bad_values"),
    (UsageError, "bad_values"),
    (InputFileError, "file_not_taken"),
    (TemplateError, "template"),
    (RefusedError, "refused"),
)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,40}")


def answer(site: str, problem: ProblemError) -> JSONResponse:
    """Return a problem as a response; `site`: the address of this installation's pages."""
    kind = problem.kind
    body: dict[str, Any] = {
        "type": f"{site}/problems/{problem.code}",
        "title": kind.title,
        "status": kind.status,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = list(problem.errors)
    body |= {name: fact for name, fact in problem.facts.items() if _plain(fact)}
    return JSONResponse(
        body,
        kind.status,
        media_type="application/problem+json",
        headers={**_asked_again(kind.status), **problem.headers},
    )


def _asked_again(status: int) -> dict[str, str]:
    if status == 401:  # RFC 6750 §3
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": "10"} if status in (429, 503) else {}


def _plain(fact: object) -> bool:
    return isinstance(fact, str | int | float | list | dict)


def of_error(error: DistroError | ProblemError) -> ProblemError:
    """Return an error of ours as a problem: its code is the type where it has one of its own."""
    if isinstance(error, ProblemError):
        return error
    general = next((code for kind, code in _BY_ERROR if isinstance(error, kind)), "our_fault")
    if general == "our_fault":  # settings: not the caller's business
        return ProblemError(general)
    own = error.code if _CODE.fullmatch(error.code) else ""
    # Whatever is not in sight reads the same, whether or not it is there.
    if general == "not_found":
        return ProblemError("not_found", error.message if own == "unknown_term" else "")
    named = own if general == "refused" or own in KINDS else ""
    errors = [{"detail": line} for line in error.details]
    if isinstance(error, ExpressionError):
        errors = [{"detail": error.message, "pointer": "/to", "column": str(error.column + 1)}]
    return ProblemError(named or general, error.message, errors=errors)


def validated(model: type[T], values: Mapping[str, Any]) -> T:
    """Return values as a model; raise ProblemError with all that is wrong with them."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise of_validation(error) from None


def of_validation(error: ValidationError, *, prefix: str = "") -> ProblemError:
    """Return all that is wrong with the values of a request, each with its pointer."""
    errors = [
        {
            "detail": found["msg"],
            "pointer": prefix + "".join(f"/{_escaped(str(part))}" for part in found["loc"]),
        }
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return ProblemError("bad_values", errors=errors[:_MOST_ERRORS])


_MOST_ERRORS = 50


def _escaped(part: str) -> str:
    """Return a part of a JSON pointer (RFC 6901 §3)."""
    return part.replace("~", "~0").replace("/", "~1")[:200]
