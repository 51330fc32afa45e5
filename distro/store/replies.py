"""Keep what answers brought: suggestions for staff, and people's words that are to be handed on."""

import json
from typing import Any

from distro.store import keys
from distro.store.client import Store

# -- suggestions


def suggest(store: Store, name: str, facts: dict[str, Any]) -> None:
    """Keep a suggestion; the same one once."""
    store.command("HSETNX", keys.SUGGESTIONS, name, json.dumps(facts, ensure_ascii=False))


def suggestions(store: Store) -> dict[str, dict[str, Any]]:
    """Return id -> suggestion, oldest first."""
    found = {name: json.loads(text) for name, text in store.hash(keys.SUGGESTIONS).items()}
    return dict(sorted(found.items(), key=lambda pair: (pair[1]["at"], pair[0])))


def drop_suggestion(store: Store, name: str) -> bool:
    """Take a suggestion away; return whether it was there."""
    return bool(store.command("HDEL", keys.SUGGESTIONS, name))


# -- answers to be handed on


def note_unsent(store: Store, message: str, why: str) -> None:
    """Keep that an answer was not handed on, and why: the newest hundred."""
    line = json.dumps({"at": store.now_ms(), "message": message, "why": why}, ensure_ascii=False)
    store.pipeline([("LPUSH", keys.UNSENT_ANSWERS, line), ("LTRIM", keys.UNSENT_ANSWERS, 0, 99)])


def unsent(store: Store, since_ms: int) -> list[dict[str, Any]]:
    """Return the answers that were not handed on since a time, newest first."""
    found = [json.loads(text) for text in store.elements(keys.UNSENT_ANSWERS)]
    return [one for one in found if one["at"] >= since_ms]


def queue(store: Store, host: str, message: str, desk: str) -> None:
    """Have an answer handed on by the host that keeps it."""
    store.command("ZADD", keys.answers(host), "NX", store.now_ms(), f"{message} {desk}")


def waiting(store: Store, host: str, most: int) -> list[tuple[str, str]]:
    """Return at most so many answers whose time has come: message and desk."""
    words = ("ZRANGEBYSCORE", keys.answers(host), "-inf", store.now_ms(), "LIMIT", 0, most)
    pairs = (raw.decode().partition(" ") for raw in store.command(*words))
    return [(message, desk) for message, _, desk in pairs]


def count_waiting(store: Store, host: str) -> int:
    """Return how many answers wait to be handed on."""
    return int(store.command("ZCARD", keys.answers(host)))


def put_off(store: Store, host: str, message: str, desk: str, ms: int) -> None:
    """Try an answer again after so many milliseconds."""
    store.command("ZADD", keys.answers(host), store.now_ms() + ms, f"{message} {desk}")


def drop(store: Store, host: str, message: str, desk: str) -> None:
    """Take an answer out of those that wait."""
    store.command("ZREM", keys.answers(host), f"{message} {desk}")
