"""Add the people who may do something, and end or renew their tokens."""

import re
from typing import Any

from distro.actors import ROLES
from distro.errors import NotFoundError, RefusedError, UsageError
from distro.installation.context import Installation
from distro.installation.rights import admit, check_whole
from distro.store import users
from distro.store.scope import EVERYTHING, USUAL_DESK, Scope
from distro.times import parse_duration, rfc3339

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def add(
    installation: Installation,
    name: str,
    role: str,
    expires: str,
    *,
    scope: Scope = EVERYTHING,
    actor: str,
) -> str:
    """Add a person and return their token, which is kept nowhere.

    `expires`: how long it is good (90d); "": for ever. `scope`: the desks and lists that they may
    see. Raises UsageError, RefusedError.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f'"{name[:40]}" cannot be a name: small letters, digits, dots and hyphens')
    check_whole(installation, "to manage people")
    if role not in ROLES:
        raise UsageError(f'there is no role "{role[:40]}": {", ".join(ROLES)}')
    admit(installation, actor, "users", about=name, wanted=f"add as {role}")
    _check_scope(installation, scope)
    until = _until(installation, expires)
    token = users.add(installation.store, name, role, expires_ms=until, scope=scope)
    if not token:
        raise RefusedError(f"there is a {name} already", code="user_exists", name=name)
    return token


def user_json(user: users.User, zone: str) -> dict[str, Any]:
    """Return a person as `--json` and the API give them."""
    return {
        "name": user.name,
        "role": user.role,
        "added": rfc3339(user.created_ms, zone),
        "expires": rfc3339(user.expires_ms, zone),
        "disabled": user.disabled,
        "desks": list(user.scope.desks),
        "lists": list(user.scope.lists),
    }


def new_token(installation: Installation, name: str, expires: str, *, actor: str) -> str:
    """Return another token of a person; the one before ends."""
    check_whole(installation, "to manage people")
    admit(installation, actor, "users", about=name, wanted="another token")
    if _known(installation, name).disabled:
        raise RefusedError(f"{name} was ended: add them under another name", code="user_disabled")
    return users.new_token(installation.store, name, expires_ms=_until(installation, expires))


def disable(installation: Installation, name: str, *, actor: str) -> None:
    """End a person's token."""
    check_whole(installation, "to manage people")
    admit(installation, actor, "users", about=name, wanted="end their token")
    _known(installation, name)
    users.disable(installation.store, name)


def _check_scope(installation: Installation, scope: Scope) -> None:
    desks = {USUAL_DESK, *installation.settings.senders}
    unknown = next((desk for desk in scope.desks if desk not in desks), "")
    if unknown:
        raise UsageError(f'there is no desk "{unknown[:40]}": {", ".join(sorted(desks))}')
    lists = installation.segments().lists
    unknown = next((name for name in scope.lists if name not in lists), "")
    if unknown:
        raise UsageError(f'there is no list "{unknown[:40]}"', code="no_such_list")


def _known(installation: Installation, name: str) -> users.User:
    user = users.get(installation.store, name)
    if user is None:
        raise NotFoundError(f"there is no {name}", code="no_such_user")
    return user


def _until(installation: Installation, expires: str) -> int:
    if not expires:
        return 0
    try:
        return installation.store.now_ms() + int(parse_duration(expires) * 1000)
    except ValueError as error:
        raise UsageError(f"how long the token is good: {error}") from None
