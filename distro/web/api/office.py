"""The office: relays, people with tokens, the audit log, health, settings."""

from dataclasses import asdict
from typing import Any

from distro.admin import doctor, relay_standings
from distro.installation import audit_log, people
from distro.installation.people import user_json
from distro.settings.describe import load_explained
from distro.store import audit_log as log
from distro.store import users
from distro.store.scope import Scope
from distro.times import rfc3339
from distro.web.api.operation import Call


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


def relays(call: Call) -> dict[str, Any]:
    """Return how the relays stand, and who is slowed or halted."""
    found = relay_standings.standings(call.installation)
    return {
        "relays": [asdict(one) for one in found.relays],
        "receivers": [
            {
                "name": one.name,
                "rate": one.rate,
                "slowed_to": one.slowed_to,
                "until": rfc3339(one.until_ms, call.zone),
            }
            for one in found.receivers
        ],
        "halted": [
            {
                "domain": one.name,
                "until": rfc3339(one.until_ms, call.zone),
                "reason": one.reason,
                "by": one.by,
            }
            for one in found.halted
        ],
        "sending": [asdict(one) | {"id": one.id.label} for one in found.sending],
        "processes": found.processes,
        "troubles": found.troubles,
    }


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
