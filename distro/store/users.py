"""Keep the people who may do something: role, and the hash of their token."""

import secrets
from dataclasses import dataclass, replace

from distro.store import devices, keys, sessions
from distro.store.client import Store
from distro.store.scope import EVERYTHING, Scope
from distro.store.secret_words import digest

_PREFIX = "distro_"


@dataclass(frozen=True, slots=True)
class User:
    """A person with a role."""

    name: str
    role: str
    created_ms: int
    disabled: bool = False
    expires_ms: int = 0  # when the token ends; 0: never
    token_id: str = ""  # the first digits of its hash: which token it was
    scope: Scope = EVERYTHING  # what they may see
    epoch: str = ""  # another one with each change of token or password
    credential: str = ""  # by which they were recognised: "token 1a2b3c4d"


def add(
    store: Store, name: str, role: str, *, expires_ms: int = 0, scope: Scope = EVERYTHING
) -> str:
    """Keep a person and return their token, which is nowhere kept; "" where the name is taken."""
    if not store.command("SADD", keys.USERS, name):
        return ""
    facts = ("role", role, "created", store.now_ms())
    seen = ("desks", "\n".join(scope.desks), "lists", "\n".join(scope.lists))
    store.command("HSET", keys.user(name), *facts, *seen)
    return new_token(store, name, expires_ms=expires_ms)


def new_token(store: Store, name: str, *, expires_ms: int = 0) -> str:
    """Return another token of a person; the one before ends."""
    token = _PREFIX + secrets.token_urlsafe(32)
    before = store.command("HGET", keys.user(name), "token")
    if before:
        store.command("HDEL", keys.TOKENS, before)
    store.command("HSET", keys.user(name), "token", digest(token), "expires", expires_ms)
    store.command("HINCRBY", keys.user(name), "epoch", 1)
    store.command("HSET", keys.TOKENS, digest(token), name)
    return token


def disable(store: Store, name: str) -> None:
    """End a person's token; their name stays in what they did."""
    store.command("HSET", keys.user(name), "disabled", "1")


def get(store: Store, name: str) -> User | None:
    """Return a person; None where there is none of that name."""
    fields = store.hash(keys.user(name))
    if not fields:
        return None
    return User(
        name,
        fields["role"],
        int(fields.get("created", 0)),
        fields.get("disabled") == "1",
        int(fields.get("expires", 0)),
        fields.get("token", "")[:8],
        Scope(
            tuple(fields.get("desks", "").splitlines()), tuple(fields.get("lists", "").splitlines())
        ),
        fields.get("epoch", ""),
    )


def by_token(store: Store, token: str) -> User | None:
    """Return whose token, or session on the pages, this is; None where it was not made here, or
    another one took its place.
    """
    session = sessions.find(store, token)
    if session:
        user = get(store, session.user)
        if user is None or user.epoch != session.epoch:
            return None
        return replace(user, credential=f"session {session.id}", expires_ms=0)
    owner = devices.owner_of(store, token)
    if owner:
        name, epoch, until_ms, which = owner
        user = get(store, name)
        if user is None or user.epoch != epoch:
            return None
        return replace(user, credential=f"device {which}", expires_ms=until_ms)
    name = store.command("HGET", keys.TOKENS, digest(token))
    user = get(store, name.decode()) if name else None
    return user and replace(user, credential=f"token {user.token_id}")


def set_password_hash(store: Store, name: str, text: str) -> None:
    """Keep the hash of a person's password."""
    store.command("HSET", keys.user(name), "password", text)
    store.command("HINCRBY", keys.user(name), "epoch", 1)


def password_hash(store: Store, name: str) -> str:
    """Return the hash of a person's password; "" where they have none."""
    found = store.command("HGET", keys.user(name), "password")
    return found.decode() if found else ""


def everybody(store: Store) -> list[User]:
    """Return all people, by name."""
    found = (get(store, name) for name in sorted(store.members(keys.USERS)))
    return [user for user in found if user]
