"""The office: suggestions and storms, people with tokens, the audit log, health, settings."""

from dataclasses import asdict
from typing import Any

from distro.admin import doctor
from distro.incoming import storms, suggestions
from distro.incoming.as_json import storm_json, suggestion_json
from distro.installation import audit_log, people
from distro.installation.people import user_json
from distro.settings.describe import load_explained
from distro.store import audit_log as log
from distro.store import users
from distro.store.scope import Scope
from distro.times import rfc3339
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


def audit_lines(call: Call) -> dict[str, Any]:
    """Return the newest lines of the audit log, the newest last."""
    store = call.installation.store
    rows = [
        asdict(entry) | {"at": rfc3339(entry.at, call.zone)}
        for entry in audit_log.newest(store, call.query.limit)
    ]
    return {"lines": rows, "head": str(log.head(store))}


def me(call: Call) -> dict[str, Any]:
    """Return who asks, and what they see."""
    return user_json(call.user, call.zone)


def everybody(call: Call) -> dict[str, Any]:
    """Return the people who may do something."""
    found = users.everybody(call.installation.store)
    return {"users": [user_json(user, call.zone) for user in found]}


def add(call: Call) -> dict[str, Any]:
    """Add a person, and return their token: it is shown this once."""
    asked = call.body
    token = people.add(
        call.installation,
        asked.name,
        asked.role,
        asked.expires,
        scope=Scope(tuple(asked.desks), tuple(asked.lists)),
        actor=call.actor,
    )
    return {"name": asked.name, "token": token}


def another_token(call: Call) -> dict[str, Any]:
    """Make another token of a person; the one before ends."""
    name = call.path["user"]
    token = people.new_token(call.installation, name, call.body.expires, actor=call.actor)
    return {"name": name, "token": token}


def disable(call: Call) -> dict[str, Any]:
    """End a person's token."""
    name = call.path["user"]
    people.disable(call.installation, name, actor=call.actor)
    user = users.get(call.installation.store, name)
    return user_json(user, call.zone) if user else {}


def health(call: Call) -> dict[str, Any]:
    """Examine the installation, errors first."""
    rows = [
        {"about": f.about, "grade": f.grade.value, "text": f.text, "next": f.next}
        for f in doctor.examine(call.installation)
    ]
    return {"findings": rows}


def settings(call: Call) -> dict[str, Any]:
    """Return every setting with its source; secrets are masked."""
    file = call.installation.settings.file
    rows = [
        {"name": s.name, "value": s.value, "source": s.source, "meaning": s.meaning}
        for s in load_explained(file if file.exists() else None)
    ]
    return {"settings": rows}
