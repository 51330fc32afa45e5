"""The JSON documents of what staff decide, as `--json` and the API give them."""

from typing import Any

from distro.incoming.storms import Storm
from distro.incoming.suggestions import Suggestion
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
