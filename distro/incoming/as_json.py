"""The JSON documents of what staff decide, as `--json` and the API give them."""

from dataclasses import asdict
from typing import Any

from distro.incoming import processing
from distro.incoming.our_name import Standing
from distro.incoming.processing import Changed
from distro.incoming.storms import Storm
from distro.incoming.suggestions import Suggestion
from distro.installation.context import Installation
from distro.store import returns
from distro.times import rfc3339


def suggestion_json(one: Suggestion, zone: str) -> dict[str, Any]:
    """Return what an answer says of a person."""
    return {
        "id": one.name,
        "kind": one.kind,
        "address": one.address,
        "at": rfc3339(one.at, zone),
        "message": one.message,
        "back_on": one.back_on,
        "stand_in": one.stand_in,
        "words": one.words,
    }


def storm_json(one: Storm, zone: str) -> dict[str, Any]:
    """Return a text of one server that struck many."""
    return {
        "id": one.name,
        "server": one.server,
        "said": one.said,
        "people": one.people,
        "since": rfc3339(one.since, zone),
        "decided": one.decided,
    }


def message_json(installation: Installation, name: str) -> dict[str, Any] | None:
    """Return a message that came back to this host with its verdicts; None for none."""
    found = processing.mailroom(installation).read(name)
    if found is None:
        return None
    return {
        "id": found.id,
        "at": rfc3339(found.at, installation.settings.site.timezone),
        "source": found.source,
        "verdicts": returns.verdicts(installation.store, found.id) or [],
        "raw": found.content.decode("utf-8", "replace"),
    }


def standing_json(one: Standing) -> dict[str, Any]:
    """Return a domain of ours as receivers report it."""
    return asdict(one) | {"share": round(one.share, 4)}


def changed_json(one: Changed) -> dict[str, Any]:
    """Return a verdict that the rules of today change."""
    return {"message": one.message, "before": one.before, "now": one.now}
