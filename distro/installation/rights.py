"""Decide whether somebody may do something, once for every edge."""

from distro.actors import LEAST_ROLE, NEED_A_PERSON, ONLY_A_PERSON, Actor, may
from distro.errors import RefusedError
from distro.installation.context import Installation
from distro.store import users


def admit(installation: Installation, actor: str, act: str) -> str:
    """Return the name under which an act is recorded; raise RefusedError where it may not be done.

    A person is who holds a token; the account that owns the data is `machine:NAME`. An actor that
    is no `Actor` comes from within and is trusted.
    """
    if not isinstance(actor, Actor):
        return actor
    if actor.token:
        return _person(installation, actor, act)
    needs = installation.settings.approval.required > 0 and act in NEED_A_PERSON
    if needs or act in ONLY_A_PERSON:
        raise RefusedError(f"{act} needs to know who you are", code="token_needed")
    return f"machine:{actor}"


def _person(installation: Installation, actor: Actor, act: str) -> str:
    store = installation.store
    user = users.by_token(store, actor.token)
    if user is None or user.disabled:
        raise RefusedError("this token is not valid", code="token_invalid")
    if user.expires_ms and store.now_ms() > user.expires_ms:
        raise RefusedError(f"the token of {user.name} has expired", code="token_expired")
    if not may(user.role, act):
        raise RefusedError(
            f"{user.name} is {_article(user.role)}, and {act} needs {_article(LEAST_ROLE[act])}",
            code="role_too_low",
        )
    users.note_act(store, user, act, actor.host)
    return user.name


def _article(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
