"""Keep consent in Redis: who may not be written to and why, facts, pauses."""

from collections.abc import Iterable, Sequence

from distro.store import keys
from distro.store.client import Store

# Why somebody may not be written to, the strongest first; `_shared.lua` has the same list.
REASONS = ("unsubscribed", "suppressed", "paused", "unconfirmed", "erased")


def refused(store: Store, reason: str = "any") -> bytes:
    """Return the ids that may not be written to for a reason ("any": for whatever), as a bitmap."""
    return store.raw(keys.refused(reason))


def is_refused(store: Store, reason: str, subscriber: int) -> bool:
    """Return whether somebody may not be written to for this reason."""
    return bool(store.command("GETBIT", keys.refused(reason), subscriber))


def refusals(store: Store, subscriber: int) -> list[str]:
    """Return why somebody may not be written to; [] where they may."""
    bits = store.pipeline([("GETBIT", keys.refused(reason), subscriber) for reason in REASONS])
    return [reason for reason, bit in zip(REASONS, bits, strict=True) if bit]


def clear_unconfirmed(store: Store, subscriber: int) -> None:
    """Forget that somebody has still to confirm."""
    store.command("SETBIT", keys.refused("unconfirmed"), subscriber, 0)


def facts(store: Store, subscriber: int) -> list[str]:
    """Return the facts about somebody, as JSON, in no order."""
    return list(store.hash(keys.facts(subscriber)).values())


def forget_facts(store: Store, subscriber: int, names: Sequence[str]) -> None:
    """Drop facts about somebody by their ids."""
    if names:
        store.command("HDEL", keys.facts(subscriber), *names)


def any_kept(store: Store) -> bool:
    """Return whether a refusal is kept for an address that is not in the book."""
    return bool(store.command("EXISTS", keys.NOES))


def keep_refusal(store: Store, hashes: Iterable[str], what: str) -> None:
    """Keep a refusal (erased, unsubscribed, suppressed) for whoever comes with such an address."""
    command = [word for address_hash in hashes for word in (address_hash, what)]
    store.command("HSET", keys.NOES, *command)


def drop_refusal(store: Store, hashes: Iterable[str]) -> None:
    """Drop the refusal that is kept for an address."""
    store.command("HDEL", keys.NOES, *hashes)


def kept_refusals(store: Store, hashes: Sequence[str]) -> dict[str, str]:
    """Return address hash -> the refusal that is kept for it; only those that have one."""
    found = store.command("HMGET", keys.NOES, *hashes) if hashes else []
    return {h: what.decode() for h, what in zip(hashes, found, strict=True) if what}


def pauses_over(store: Store, most: int) -> list[int]:
    """Return at most so many subscribers whose pause is over."""
    command = ("ZRANGEBYSCORE", keys.PAUSED, "-inf", store.now_ms(), "LIMIT", 0, most)
    return [int(number) for number in store.command(*command)]


def paused_until(store: Store, subscriber: int) -> int:
    """Return when somebody's pause ends, unix ms; 0 where there is none."""
    return int(float(store.command("ZSCORE", keys.PAUSED, subscriber) or 0))


def forget_pause(store: Store, subscriber: int) -> None:
    """Drop the pause of somebody who is not in the book any more."""
    store.command("ZREM", keys.PAUSED, subscriber)
