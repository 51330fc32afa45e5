"""Collect everything on record about one person: their consent, and what is held on them."""

import json
from dataclasses import dataclass

from distro.audience import consent
from distro.audience.book import person
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.model import Subscriber
from distro.store import consents, distributions, imports, subscriber_rows

_LETTERS = 500  # distributions, the newest, of which personal data names the letters


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a person's history."""

    at: int  # unix ms; 0: not known
    act: str
    source: str
    detail: str = ""
    till: int = 0


def history(installation: Installation, who: Subscriber) -> list[Happened]:
    """Return everything on record about a person's consent, oldest first: how they came, what they
    wished, what was done.
    """
    found = [
        Happened(f.at, f.act, f.source, f.detail, f.till)
        for f in consent.history(installation.store, who.id)
    ]
    for number in who.columns.get("_in", ()):
        made = imports.description(installation.store, number)
        if made:
            source = (
                f"{made.get('file', '')} into {made.get('list', '')}, by {made.get('actor', '')}"
            )
            found.append(
                Happened(int(made.get("at", 0)), "imported", source, made.get("basis", ""))
            )
    closed = subscriber_rows.closed_lists(installation.store)
    for name in who.columns.get("_was", ()):
        facts = json.loads(closed.get(name, "{}"))
        source = f"{name}, by {facts.get('actor', '')}, told by {facts.get('told', '')}"
        found.append(
            Happened(int(facts.get("at", 0)), "list closed", source, facts.get("reason", ""))
        )
    return sorted(found, key=lambda h: h.at)


def personal_data(installation: Installation, who: Subscriber) -> dict[str, object]:
    """Return everything that is held on a person, for themselves to read (GDPR article 15)."""
    letters = []
    for number in reversed(distributions.newest(installation.store, _LETTERS)):
        sent = distributions.get(installation.store, number)
        if sent and distributions.reserved_edition(installation.store, sent, who.id):
            letters.append(
                {"distribution": sent.label, "release": sent.release, "at": sent.submitted_ms}
            )
    return {
        "email": who.email,
        "former_addresses": list(who.columns.get("_former", ())),
        "columns": {c: list(v) for c, v in sorted(who.columns.items()) if not c.startswith("_")},
        "may_be_written_to": not consents.refusals(installation.store, who.id),
        "history": [
            {"at": h.at, "act": h.act, "source": h.source, "detail": h.detail}
            for h in history(installation, who)
        ],
        "letters": letters,
    }


def export(installation: Installation, address: str, *, actor: str) -> dict[str, object]:
    """Return the same for whoever asks for it in a person's name: on record."""
    who = person(installation.store, address)
    admit(installation, actor, "export", about=f"#{who.id}", wanted="all that is held on them")
    return personal_data(installation, who)
