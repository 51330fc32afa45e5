"""Check who somebody is by their password: for when nothing better is at hand.

Kept are Argon2id hashes (RFC 9106) with the library's own parameters. A wrong name costs the time
of a wrong password.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from distro.errors import NotFoundError, UsageError
from distro.installation.context import Installation
from distro.installation.rights import admit, check_whole
from distro.store import users

LEAST, MOST = 12, 200  # characters


def set_password(installation: Installation, name: str, password: str, *, actor: str) -> None:
    """Give a person a password; raises UsageError for one that is too short or too long."""
    if not LEAST <= len(password) <= MOST:
        raise UsageError(f"a password has {LEAST} to {MOST} characters")
    check_whole(installation, "to manage people")
    admit(installation, actor, "users", about=name, wanted="a password")
    if users.get(installation.store, name) is None:
        raise NotFoundError(f"there is no {name}", code="no_such_user")
    users.set_password_hash(installation.store, name, _hasher().hash(password))


def whose(installation: Installation, name: str, password: str) -> users.User | None:
    """Return the person of this name and password; None where they do not fit."""
    user = users.get(installation.store, name)
    kept = users.password_hash(installation.store, name) if user else ""
    try:
        good = _hasher().verify(kept or _nobody(), password[:MOST])
    except (VerificationError, InvalidHashError):
        return None
    return user if good and kept and user and not user.disabled else None


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")
