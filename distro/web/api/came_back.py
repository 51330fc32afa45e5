"""Suggestions and storms, messages that came back, reports of our name, judging again."""

from typing import Any

from distro.errors import NotFoundError
from distro.incoming import address_book, our_name, processing, storms, suggestions
from distro.incoming.as_json import (
    changed_json,
    message_json,
    standing_json,
    storm_json,
    suggestion_json,
)
from distro.installation.rights import admit
from distro.web.api.operation import Call


def open_suggestions(call: Call) -> dict[str, Any]:
    """Return what answers say of people, and nobody decided."""
    found = suggestions.open_suggestions(call.installation)
    rows = [suggestion_json(one, call.zone) for one in found]
    return {"suggestions": rows}


def decide_suggestion(call: Call) -> dict[str, Any]:
    """Carry a suggestion out, or drop it."""
    name = call.path["suggestion"]
    if call.body.decision == "accept":
        done = suggestions.accept(call.installation, name, source=call.actor)
    else:
        suggestions.dismiss(call.installation, name, actor=call.actor)
        done = "dropped"
    return {"id": name, "done": done}


def open_storms(call: Call) -> dict[str, Any]:
    """Return texts of one server that struck many addresses at once."""
    rows = [storm_json(one, call.zone) for one in storms.open_storms(call.installation)]
    return {"storms": rows}


def decide_storm(call: Call) -> dict[str, Any]:
    """Carry out what a storm says, or drop it."""
    name = call.path["storm"]
    if call.body.decision == "accept":
        people_struck = storms.accept(call.installation, name, actor=call.actor)
        return {"id": name, "done": f"{people_struck} suppressed"}
    storms.dismiss(call.installation, name, actor=call.actor)
    return {"id": name, "done": "dropped"}


def message(call: Call) -> dict[str, Any]:
    """Return a message that came back to this host, and how it was judged."""
    found = message_json(call.installation, call.path["message"])
    if found is None:
        raise NotFoundError("nothing that came back to this host has this id")
    return found


def undo(call: Call) -> dict[str, Any]:
    """Take back a suppression that rests on a message of the last weeks."""
    why = call.body.reason or "taken back by staff"
    who = address_book.undo(call.installation, call.path["address"], why=why, actor=call.actor)
    return {"email": who.email, "suppressed": False}


def sender_reports(call: Call) -> dict[str, Any]:
    """Return what receivers report of mail in our name (DMARC, TLS)."""
    found = our_name.standings(call.installation, call.query.days)
    return {"domains": [standing_json(one) for one in found]}


def judge_again(call: Call) -> dict[str, Any]:
    """Judge again what was kept on this host, by the rules of today."""
    asked = call.body
    if not asked.dry_run:
        wanted = f"reprocess since {asked.since}"
        admit(call.installation, call.actor, "feedback", wanted=wanted)
    found = processing.reprocess(call.installation, asked.since, dry_run=asked.dry_run)
    return {"changed": [changed_json(one) for one in found]}
