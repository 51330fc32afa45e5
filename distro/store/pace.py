"""Read and set the token buckets that limit sending rates."""

from distro.store import keys
from distro.store.client import Store


def relays_are_paced(store: Store) -> bool:
    """Return whether the relays have a rate that letters wait for."""
    return bool(store.command("EXISTS", keys.pace("relays")))


def slow(store: Store, bucket: str, rate: str, until_ms: int) -> None:
    """Let a bucket give so many letters a second until a time (unix ms)."""
    key = keys.pace(bucket)
    store.pipeline(
        [("HSET", key, "slow_until", until_ms, "slow_rate", rate), ("EXPIRE", key, 172_800)]
    )
