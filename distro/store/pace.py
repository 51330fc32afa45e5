"""Read and set the token buckets that limit sending rates."""

from distro.store import keys
from distro.store.client import Store


def relays_are_paced(store: Store) -> bool:
    """Return whether the relays have a rate that letters wait for."""
    return bool(store.command("EXISTS", keys.pace("relays")))
