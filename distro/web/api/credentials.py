"""Find out who asks, before anything else of a request is read."""

from dataclasses import dataclass

from distro.actors import ROLES, Actor
from distro.installation.context import Installation
from distro.store import sessions, users
from distro.subscribers.rate_limits import within
from distro.web.api.operation import Operation, Sees
from distro.web.api.problems import ProblemError
from distro.web.guard import client_of

_GUESSES = (20, 60)  # wrong tokens of one place, within seconds
_REQUESTS = (600, 60)  # of one person, within seconds


@dataclass(frozen=True, slots=True)
class Caller:
    """The person who asks, and where from."""

    user: users.User
    actor: Actor


def caller(installation: Installation, authorization: str, host: str) -> Caller:
    """Return who shows a bearer token (RFC 6750 §2.1); raise ProblemError for nobody."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    user = None
    # A session is for pages, where somebody can be asked again.
    if scheme.lower() == "bearer" and token and not token.startswith(sessions.PREFIX):
        user = users.by_token(installation.store, token)
    if user is None or user.disabled:
        place = client_of(host)
        if token and not within(installation, f"token:{place}", *_GUESSES):
            raise ProblemError("too_many")
        raise ProblemError("not_signed_in")
    if user.expires_ms and installation.store.now_ms() > user.expires_ms:
        raise ProblemError("token_expired")
    if not within(installation, f"api:{user.name}", *_REQUESTS):
        raise ProblemError("too_many")
    return Caller(user, Actor.of("api", token, host))


def check_allowed(operation: Operation, user: users.User) -> None:
    """Raise ProblemError where a person's role or scope is too small for an operation."""
    if ROLES.index(user.role) < ROLES.index(operation.role):
        raise ProblemError(
            "role_too_low", f"You are {user.role}; this needs {operation.role}.", role=user.role
        )
    if operation.sees is Sees.WHOLE and not user.scope.whole:
        raise ProblemError("scope_too_small")
