"""Keep who has a release before its embargo is over, and what they opened of it."""

import json
from collections.abc import Mapping
from typing import Any

from distro.store import keys
from distro.store.client import Store

_OPENED = 10_000  # openings of attachments that are kept, of one distribution


def trusted_readers(store: Store, distribution: str) -> bytes:
    """Return who of a reserved audience has it before the embargo is over, a bitmap of ids."""
    return store.raw(keys.trusted(distribution))


def note_opened(store: Store, distribution: str, ordinal: int, file: str) -> None:
    """Keep that a recipient opened an attachment before the embargo was over."""
    opening = json.dumps({"at": store.now_ms(), "ordinal": ordinal, "file": file})
    key = keys.opened(distribution)
    store.pipeline([("RPUSH", key, opening), ("LTRIM", key, 0, _OPENED - 1)])


def openings(store: Store, distribution: str) -> list[Mapping[str, Any]]:
    """Return who opened which attachment when (ms) before the embargo was over, oldest first."""
    return [json.loads(text) for text in store.elements(keys.opened(distribution))]
