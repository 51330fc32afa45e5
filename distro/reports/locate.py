"""Why one person did or did not get a release, rule by rule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distro.model import BY_LETTER, State
from distro.store import Store
from distro.store.ledger_scripts import RECORD_SIZE
from distro.store.records import Record, ordinal_of, unpack_record

REASONS = (
    "unsubscribed",
    "suppressed",
    "paused",
    "unconfirmed",
    "erased",
    "wants_digests_only",
    "already_has_it",
    "not_on_the_allow_list",
    "no_edition_in_their_language",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in one distribution."""

    distribution: str
    headline: str
    dist_state: str
    ordinal: int  # -1: not in the audience
    state: State | None  # in the audience
    said: str  # the relay's words, or the reason
    left_out: str  # matched, but excluded for this reason; ""
    frozen_ms: int  # 0: not frozen yet
    edition: str
    record: Record | None  # the last attempt


def locate(store: Store, distribution: str, subscriber: int) -> Standing:
    """Find somebody in a distribution."""
    told = store.hash(f"dist:{distribution}")
    frozen = int(told.get("frozen_at", 0))
    ordinal = ordinal_of(store.raw(f"aud:{distribution}"), subscriber) if frozen else -1
    left_out = (
        ""
        if ordinal >= 0
        else next(
            (r for r in REASONS if store.command("GETBIT", f"out:{distribution}:{r}", subscriber)),
            "",
        )
    )
    state = (
        BY_LETTER[chr(store.span(f"led:{distribution}", ordinal, ordinal + 1)[0])]
        if ordinal >= 0
        else None
    )
    said = store.command("HGET", f"err:{distribution}", ordinal) if ordinal >= 0 else None
    edition = next(
        (
            lang
            for lang in told.get("order", "").split()
            if store.command("GETBIT", f"res:{distribution}:{lang}", subscriber)
        ),
        "",
    )
    record = (
        unpack_record(
            store.span(f"rec:{distribution}", ordinal * RECORD_SIZE, (ordinal + 1) * RECORD_SIZE)
        )
        if ordinal >= 0
        else None
    )
    return Standing(
        distribution,
        told.get("headline", ""),
        told.get("state", ""),
        ordinal,
        state,
        said.decode("utf-8", "replace") if said else "",
        left_out,
        frozen,
        edition,
        record,
    )


def events_of(store: Store, distribution: str) -> list[Mapping[str, Any]]:
    """Who did what with a distribution, oldest first."""
    return [json.loads(text) for text in store.elements(f"ev:{distribution}")]
