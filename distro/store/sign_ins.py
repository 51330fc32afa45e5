"""Keep what begins a sign-in at a provider: for five minutes, to be used once."""

from distro.store import edge_keys
from distro.store.client import Store
from distro.store.secret_words import digest

_KEPT = 300  # seconds


def keep(store: Store, state: str, facts: str) -> None:
    """Keep the facts of a sign-in under its state."""
    store.command("SET", edge_keys.sign_in(digest(state)), facts, "EX", _KEPT)


def take(store: Store, state: str) -> str:
    """Return the facts of a sign-in, once; "" where there are none."""
    found = store.command("GETDEL", edge_keys.sign_in(digest(state)))
    return found.decode() if found else ""
