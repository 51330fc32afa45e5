"""Write the record of an embargo: who had the release when, who opened what, how the time moved.

A document to keep, and to show when somebody asks who knew.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from distro.errors import RefusedError
from distro.model import BY_LETTER, DistributionId, State
from distro.store import Store, distributions, embargoes, events, records, subscriber_rows
from distro.store.distribution import Distribution
from distro.store.records import shown_address
from distro.times import rfc3339

_ACTS = ("submitted", "approved", "embargo moved", "embargo lifted", "sent", "cancelled")
_PIECE = 1000  # people read at once


def write(store: Store, distribution: DistributionId, zone: str, path: Path) -> int:
    """Write the record as Markdown; return its bytes. Raises RefusedError where there was none."""
    found = distributions.read(store, distribution)
    if not found.lift_ms:
        raise RefusedError(f"{found.label} had no embargo", code="no_embargo")
    raw = "\n".join(_lines(store, found, zone)).encode() + b"\n"
    path.write_bytes(raw)
    return len(raw)


def _lines(store: Store, found: Distribution, zone: str) -> Iterator[str]:
    yield f"# Embargo record of {found.label}"
    yield ""
    yield f"**{found.headline}** ({found.release}), all times in {zone}."
    yield ""
    yield f"- Embargo until {rfc3339(found.lift_ms, zone)}"
    yield (
        f"- Trusted with it: the list `{found.trusted}`"
        if found.trusted
        else "- Nobody was trusted with it"
    )
    for language, version in sorted(found.versions.items()):
        yield f"- Text ({language}): {version}"
    yield ""
    yield "## How its time came"
    yield ""
    for event in events.events(store, found.id):
        if event["act"] in _ACTS:
            why = f": {event['reason']}" if event["reason"] else ""
            at = rfc3339(int(event["at"]), zone)
            yield f"- {at} {event['act']} by {event['actor'] or 'distro'}{why}"
    yield ""
    yield "## Who had it before"
    yield ""
    yield "| when | who | outlet | state |"
    yield "|---|---|---|---|"
    yield from _people(store, found, zone)
    yield ""
    yield "## Who opened an attachment before"
    yield ""
    openings = embargoes.openings(store, found.id)
    for opening in openings:
        who = records.address_at(store, found.id, int(opening["ordinal"]))
        yield f"- {rfc3339(int(opening['at']), zone)} {who}: {opening['file']}"
    if not openings:
        yield "Nobody."


def _people(store: Store, found: Distribution, zone: str) -> Iterator[str]:
    """Yield a row for everybody of the trusted tier."""
    for batch in records.batches_of(store, found.id):
        if not batch.trusted:
            continue
        for first in range(batch.first, batch.past, _PIECE):
            past = min(first + _PIECE, batch.past)
            numbers = records.audience_of(store, found.id, first, past)
            states = records.states_of(store, found.id, first, past)
            rows = subscriber_rows.rows(store, numbers)
            attempts = records.records_of(store, found.id, first, past)
            for who, letter, raw, attempt in zip(numbers, states, rows, attempts, strict=True):
                state = BY_LETTER[chr(letter)]
                early = attempt.at and attempt.at * 1000 < found.lift_ms
                if state is State.ACCEPTED and not early:
                    continue  # after the lift, without the notice
                row = json.loads(raw or b"{}")
                outlet = (row.get("outlet") or [""])[0]
                at = rfc3339(attempt.at * 1000, zone)
                name = shown_address(row, who)
                yield f"| {at} | {_cell(name)} | {_cell(outlet)} | {state.value} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
