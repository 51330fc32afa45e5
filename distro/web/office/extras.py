"""Find what pages show besides the API's answers: details, letters, a person's releases."""

from typing import Any

from distro.audience import book
from distro.flow import approval
from distro.flow.alarms import alarms
from distro.mailing.shown import letter_as_shown
from distro.model import language_name
from distro.reports.details import TableRow, details
from distro.reports.locate import locate
from distro.reports.page import MEANING, live_numbers
from distro.store import distributions
from distro.times import rfc3339
from distro.web.api.operation import Call
from distro.web.office.versions import versions

_LOOKED_AT = 50  # distributions, the newest, of which a person's page says where they stand


def today(call: Call) -> dict[str, Any]:
    """Return what somebody should look at."""
    return {"alarms": alarms(call.installation) if call.user.scope.whole else []}


def release(call: Call) -> dict[str, Any]:
    """Return the details of a distribution beside its report."""
    store, number = call.installation.store, call.distribution()
    found = distributions.read(store, number)
    more = details(store, number) if found.frozen else None
    return {
        "meanings": {state.value: text for state, text in MEANING.items()},
        "lead": live_numbers(store, number)["lead"],
        "domains": [_row(row) for row in more.domains] if more else [],
        "refusals": more.refusals if more else (),
        "languages": _languages(found.languages),
        "versions": [
            {
                "distribution": other.label,
                "kind": other.kind,
                "state": other.state.value,
                "submitted": rfc3339(other.submitted_ms, call.zone),
            }
            for other in distributions.all_of(store, found.release)
            if store.scope.has_desk(other.sender)
        ],
        "required": found.required,
        "held": found.held,
        "frozen": found.frozen,
    }


def _row(row: TableRow) -> dict[str, Any]:
    counts = {state.value: n for state, n in row.counts.items()}
    return {
        "name": row.name,
        "people": row.audience,
        "accepted": counts.get("accepted", 0),
        "waiting": row.waiting,
        "failed": counts.get("failed", 0),
        "other": row.other,
    }


def _languages(codes: Any) -> list[tuple[str, str]]:
    return [(code, language_name(code)) for code in codes]


def letters(call: Call) -> dict[str, Any]:
    """Return the languages of a distribution's letters."""
    found = distributions.read(call.installation.store, call.distribution())
    return {"languages": _languages(found.languages)}


def letter(call: Call, language: str) -> str:
    """Return a letter as HTML, each reader's own values by their names; "" for no such edition."""
    found = distributions.read(call.installation.store, call.distribution())
    if language not in found.languages:
        return ""
    return approval.html_of(letter_as_shown(call.installation, found, language))


def person(call: Call) -> dict[str, Any]:
    """Return where a person stands in each of the newest distributions in sight."""
    store = call.installation.store
    who = book.person(store, call.path["address"])
    rows = []
    for number in distributions.newest(store, _LOOKED_AT):
        place = locate(store, number, who.id)
        if place.ordinal >= 0 or place.left_out:
            rows.append(
                {
                    "distribution": number.label,
                    "headline": place.headline,
                    "state": place.state.value if place.state else "left_out",
                    "why": place.said or place.left_out.replace("_", " "),
                }
            )
    return {"stands": rows}


MORE = {
    "today.html": today,
    "release.html": release,
    "letters.html": letters,
    "person.html": person,
    "versions.html": versions,
}
