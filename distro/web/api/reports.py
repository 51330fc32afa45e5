"""Reports: every distribution, one of them, its recipients, one person, its events, a recount."""

from typing import Any

from distro.ledger.audit import audit as recount
from distro.lib import csv_safe
from distro.model import DistributionId
from distro.reports import explain, export, summary
from distro.store import distributions, events
from distro.times import rfc3339
from distro.web.api.operation import Call, Lines


def listing(call: Call) -> dict[str, Any]:
    """Return a part of the distributions in sight, newest first."""
    store, asked = call.installation.store, call.query
    numbers = distributions.newest(store)
    if asked.cursor:
        numbers = [number for number in numbers if int(number) < int(asked.cursor)]
    chosen = numbers[: asked.limit]
    rows = summary.listed(store, chosen, call.zone)
    return {"distributions": rows, "next": _next(chosen, len(numbers) > asked.limit)}


def _next(chosen: list[DistributionId], more: bool) -> str:
    return str(chosen[-1]) if chosen and more else ""


def report(call: Call) -> dict[str, Any]:
    """Return what happened to everyone, counted from the ledger's bytes."""
    return summary.report(call.installation.store, call.distribution(), call.zone).fields


def recipients(call: Call) -> dict[str, Any]:
    """Return a part of the recipients, in the order of the frozen audience."""
    asked = call.query
    after = int(asked.cursor) if asked.cursor else -1
    lines, last, count = export.recipients_page(
        call.installation,
        call.distribution(),
        asked.state.value if asked.state else "",
        after,
        asked.limit,
    )
    return {"recipients": lines, "count": count, "next": str(last) if last >= 0 else ""}


def recipients_as_csv(call: Call) -> Lines:
    """Return one line a recipient, piece by piece."""
    number = call.distribution()
    lines = export.recipient_lines(call.installation, number, actor=call.actor)
    return Lines(csv_safe.marked(lines), name=f"{number.label}.csv")


def explanation(call: Call) -> dict[str, Any]:
    """Return where one person stands in a distribution, and why."""
    number = call.distribution()
    return explain.explain(call.installation, call.query.address, number.label).to_json()


def audit(call: Call) -> dict[str, Any]:
    """Recount a distribution from the ledger's bytes."""
    return recount(call.installation.store, call.distribution()).to_json()


def happened(call: Call) -> dict[str, Any]:
    """Return what was done with a distribution after an event that is known, in order."""
    found = events.events(call.installation.store, call.distribution())
    first = int(call.query.cursor or 0)
    chosen = found[first : first + call.query.limit]
    past = first + len(chosen)
    rows = [
        {
            "sequence": n,
            "at": rfc3339(int(event["at"]), call.zone),
            "act": str(event["act"]),
            "actor": str(event["actor"]),
            "reason": str(event["reason"]),
        }
        for n, event in enumerate(chosen, first + 1)
    ]
    return {"events": rows, "next": str(past) if past < len(found) else ""}
