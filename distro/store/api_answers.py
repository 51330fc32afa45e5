"""Keep the answers of requests that may be repeated, by their idempotency key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distro.store import edge_keys, keys
from distro.store.client import Store

_KEPT = 30 * 86_400  # seconds
_UNDER_WAY = 30  # seconds for which a request counts as under way; then whoever asks does it again


@dataclass(frozen=True, slots=True)
class Kept:
    """The record of one key."""

    content: str  # hash of the request
    status: int = 0  # of the answer; 0: there is none yet
    body: str = ""  # of the answer, JSON


def begin(store: Store, key: str, content: str) -> tuple[Kept, bool]:
    """Return what a key stands for, and whether this request is to be carried out now.

    It is where the key is new, or where whoever began it died before there was an answer.
    """
    name = edge_keys.api_answer(key)
    record = json.dumps({"content": content})
    store.command("SET", name, record, "NX", "EX", _KEPT)
    found = _read(store.text(name)) or Kept(content)
    if found.status or found.content != content:
        return found, False
    mine = store.command("SET", edge_keys.api_lease(key), "1", "NX", "EX", _UNDER_WAY)
    # Whoever had it under way may have answered before it was let go.
    found = _read(store.text(name)) or found
    return found, bool(mine) and not found.status


def finish(store: Store, key: str, content: str, status: int, body: Mapping[str, Any]) -> None:
    """Keep the answer of a key."""
    record = {"content": content, "status": status, "body": json.dumps(body)}
    store.command("SET", edge_keys.api_answer(key), json.dumps(record), "EX", _KEPT)
    store.command("DEL", edge_keys.api_lease(key))


def give_up(store: Store, key: str) -> None:
    """Forget a key whose request was refused: nothing came of it, and it may be mended."""
    store.command("DEL", edge_keys.api_answer(key), edge_keys.api_lease(key), keys.idempotency(key))


def note_act(store: Store, key: str, distribution: str) -> None:
    """Note that an act about a distribution is about to be done under this key."""
    name = keys.idempotency(key)
    store.pipeline([("HSET", name, "distribution", distribution), ("EXPIRE", name, _KEPT)])


def made(store: Store, key: str) -> tuple[str, str]:
    """Return the first and the last distribution that an act under this key made; "" for none."""
    found = store.hash(keys.idempotency(key))
    first = found.get("distribution", "")
    return first, found.get("last", first)


def _read(text: str) -> Kept | None:
    if not text:
        return None
    fields = json.loads(text)
    return Kept(fields["content"], fields.get("status", 0), fields.get("body", ""))
