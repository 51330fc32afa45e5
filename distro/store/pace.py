"""Read and set the token buckets that limit sending rates."""

from collections.abc import Sequence

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


def slowed(store: Store, buckets: Sequence[str]) -> list[tuple[float, int]]:
    """Return for each bucket the letters a second that it gives while it is slow, and until when
    (unix ms); zeros where it never was.
    """
    found = store.pipeline(
        [("HMGET", keys.pace(bucket), "slow_rate", "slow_until") for bucket in buckets]
    )
    return [(float(rate or 0), int(float(until or 0))) for rate, until in found]
