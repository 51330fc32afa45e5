"""Keep devices that wait to be allowed in a browser, and the tokens of those that were (RFC 8628).

A device's token is its own: it ends by itself, and with any change of its person's token or
password.
"""

import secrets
from dataclasses import dataclass

from distro.store import edge_keys
from distro.store.client import Store
from distro.store.secret_words import digest

_WAITING = 600  # seconds that a device waits for its person
_GOOD = 90 * 86_400  # seconds that its token is good
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words (RFC 8628 §6.1)
_PREFIX = "distro_d_"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device that asks to be let in."""

    device_code: str  # the device's own
    user_code: str  # BCDF-GHJK: what its person types


def begin(store: Store, host: str) -> Waiting:
    """Have a device wait for its person."""
    code = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    typed = f"{letters[:4]}-{letters[4:]}"
    waiting, short = edge_keys.device(digest(code)), edge_keys.device_code(typed)
    store.pipeline(
        [
            ("HSET", waiting, "host", host),
            ("EXPIRE", waiting, _WAITING),
            ("SET", short, digest(code), "EX", _WAITING),
        ]
    )
    return Waiting(code, typed)


def host_of(store: Store, typed: str) -> str:
    """Return from where a device asks; "" for a code that nobody has."""
    name = store.text(edge_keys.device_code(typed))
    found = store.command("HGET", edge_keys.device(name), "host") if name else None
    return found.decode() if found else ""


def allow(store: Store, typed: str, user: str, epoch: str) -> bool:
    """Let a device act as somebody; False: nobody has this code any more. A code counts once."""
    raw = store.command("GETDEL", edge_keys.device_code(typed))
    if not raw or not store.command("EXISTS", edge_keys.device(raw.decode())):
        return False
    store.command("HSET", edge_keys.device(raw.decode()), "user", user, "epoch", epoch)
    return True


def token_for(store: Store, device_code: str) -> str | None:
    """Return the token of a device that was let in, once; "" while it waits, None for no device."""
    name = edge_keys.device(digest(device_code))
    facts = store.hash(name)
    if not facts:
        return None
    if not facts.get("user"):
        return ""
    if not store.command("DEL", name):  # another asked at the same moment
        return None
    token = _PREFIX + secrets.token_urlsafe(32)
    kept = edge_keys.device_token(digest(token))
    until = store.now_ms() + _GOOD * 1000
    facts = {"user": facts["user"], "epoch": facts["epoch"], "until": str(until)}
    words = [word for pair in facts.items() for word in pair]
    store.pipeline([("HSET", kept, *words), ("EXPIRE", kept, _GOOD)])
    return token


def owner_of(store: Store, token: str) -> tuple[str, str, int, str] | None:
    """Return whose a device's token is, the epoch of its credentials, when it ends (ms), and which
    it is (the first digits of its hash); None for no such token.
    """
    if not token.startswith(_PREFIX):
        return None
    name = digest(token)
    facts = store.hash(edge_keys.device_token(name))
    if not facts:
        return None
    return facts["user"], facts["epoch"], int(facts["until"]), name[:8]
