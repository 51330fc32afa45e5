"""Signatures of the book's scripts: upsert, consent."""

import json
from collections.abc import Sequence
from typing import Any

from distro.store.connect import Call


def upsert(number: int, piece: int, rows: list[dict[str, Any]], adds: Sequence[str]) -> Call[tuple[int, int, int, int]]:
    """One piece of an import; gives how many were new, changed, unchanged, and said no before."""
    return Call("upsert_v1", (number, piece, json.dumps(rows, ensure_ascii=False), json.dumps(list(adds))), lambda a: (int(a[0]), int(a[1]), int(a[2]), int(a[3])))


def consent(host: str, offset: int | None, facts: Sequence[tuple[int, str, str, str]]) -> Call[int]:
    """Apply facts (subscriber, fact id, reason, JSON), each once; gives how many were news."""
    args = [word for fact in facts for word in fact]
    return Call("consent_v1", (host, "" if offset is None else offset, *args), int)
