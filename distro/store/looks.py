"""Keep the texts that each approver last looked at, so that they see what changed since."""

import json
from collections.abc import Mapping

from distro.store import keys
from distro.store.client import Store


def keep(store: Store, slug: str, person: str, texts: Mapping[str, str]) -> None:
    """Keep what somebody looked at: language -> text."""
    store.command("HSET", keys.looked(slug), person, json.dumps(texts, ensure_ascii=False))


def last(store: Store, slug: str, person: str) -> dict[str, str]:
    """Return what somebody looked at last; {} where they have not."""
    raw = store.command("HGET", keys.looked(slug), person)
    found: dict[str, str] = json.loads(raw) if raw else {}
    return found
