"""Keep who did what with a distribution, and when."""

import json
from collections.abc import Mapping
from typing import Any

from distro.store import keys
from distro.store.client import Store


def events(store: Store, distribution: str) -> list[Mapping[str, Any]]:
    """Return who did what with a distribution and when (ms), oldest first."""
    return [json.loads(text) for text in store.elements(keys.events(distribution))]


def event_json(at_ms: int, act: str, actor: str, reason: str) -> str:
    """Return an event as it is kept."""
    return json.dumps({"at": at_ms, "act": act, "actor": actor, "reason": reason})


def add_event(store: Store, distribution: str, event: str) -> None:
    """Append an event (`event_json`)."""
    store.command("RPUSH", keys.events(distribution), event)


def replace_event(store: Store, distribution: str, index: int, event: str) -> None:
    """Write another text in place of an event, counted from the oldest (0)."""
    store.command("LSET", keys.events(distribution), index, event)
