"""Keep what begins a sign-in at a provider: for five minutes, to be used once."""

import hashlib

from distro.store import edge_keys
from distro.store.client import Store

_KEPT = 300  # seconds


def keep(store: Store, state: str, facts: str) -> None:
    """Keep the facts of a sign-in under its state."""
    store.command("SET", edge_keys.sign_in(_digest(state)), facts, "EX", _KEPT)


def take(store: Store, state: str) -> str:
    """Return the facts of a sign-in, once; "" where there are none."""
    found = store.command("GETDEL", edge_keys.sign_in(_digest(state)))
    return found.decode() if found else ""


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
