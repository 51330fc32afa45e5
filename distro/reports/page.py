"""Render the report as one self-contained page: no script, nothing remote, readable in print, in
the dark and without colour.
"""

import base64
import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from distro.lib import html_pages
from distro.model import LANGUAGE_NAMES, DistributionId, State
from distro.reports import charts
from distro.reports.came_back import CameBack
from distro.reports.details import Details, TableRow, details
from distro.reports.named_people import FEW, NAMED_GROUPS
from distro.reports.summary import Report, report
from distro.store import Store, distributions
from distro.store.records import counters

MEANING = {
    State.QUEUED: "Not tried yet, or to be tried again.",
    State.SENDING: "On the wire this second.",
    State.ACCEPTED: "The outgoing mail server took it.",
    State.DEFERRED: "Told “later”; tried again by itself.",
    State.FAILED: "Refused for good, or given up.",
    State.IN_DOUBT: "The answer was lost; the letter may have arrived.",
    State.SUPPRESSED: "Said no after the audience was fixed. Not written to.",
    State.CANCELLED: "Not tried: cancelled.",
    State.BOUNCED: "Accepted, then came back.",
    State.COMPLAINED: "Accepted, then reported as spam.",
}
# The live parts: numbers come as server-sent events; when it is over the whole page is fetched once
# more.
_SCRIPT = """\
const source = new EventSource(location.pathname + "/events" + location.search);
source.onmessage = (event) => {
  const parts = JSON.parse(event.data);
  for (const id in parts) document.getElementById(id).innerHTML = parts[id];
};
source.addEventListener("over", () => { source.close(); location.reload(); });
"""
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_NEVER = (  # no form is sent elsewhere, no link resolved elsewhere
    "base-uri 'none'; form-action 'none'"
)
STILL = f"default-src 'none'; style-src 'unsafe-inline'; {_NEVER}"
LIVE = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'; connect-src"
    f" 'self'; {_NEVER}"
)
_SHOWN = (
    State.ACCEPTED,
    State.QUEUED,
    State.SENDING,
    State.DEFERRED,
    State.FAILED,
    State.IN_DOUBT,
    State.SUPPRESSED,
    State.CANCELLED,
    State.BOUNCED,
    State.COMPLAINED,
)
LIVE_STATES = ("scheduled", "freezing", "sending")


@cache
def template(name: str) -> html_pages.Template:
    """Return a page of this folder; every page has the same style inside it."""
    here = Path(__file__).parent
    env = html_pages.environment(here)
    # Our own file.
    env.globals["style"] = Markup((here / "style.css").read_text(encoding="utf-8"))  # noqa: S704
    return env.get_template(name)


def page(
    store: Store, distribution: DistributionId, *, zone: str, organisation: str, live: bool
) -> str:
    """Return the page of a distribution; `live`: it follows what still happens, where JavaScript
    runs.
    """
    summary, found = report(store, distribution, zone), details(store, distribution)
    fields, now_ms = summary.fields, store.now_ms()
    timed = fields | {"first_ms": summary.first_accepted_ms, "now_ms": now_ms}
    follows = live and fields["state"] in LIVE_STATES
    return template("page.html").render(
        **_now(fields),
        organisation=organisation,
        zone=zone,
        live=follows,
        policy=LIVE if follows else STILL,
        script=Markup(_SCRIPT),  # noqa: S704 - our own text
        now=_time(now_ms, zone),
        lead=_lead(timed),
        facts=_facts(summary, zone),
        patterns=Markup(charts.patterns()),  # noqa: S704 - our own SVG, its texts escaped
        chart=Markup(charts.over_time(found.bins, found.width, zone)),  # noqa: S704 - our own SVG
        pace=_pace(found),
        editions=[_row(r, LANGUAGE_NAMES.get(r.name, r.name)) for r in found.editions],
        domains=[_row(r, r.name) for r in found.domains],
        rest=_row(found.other_domains, found.other_domains.name) if found.other_domains else None,
        refusals=[
            {
                "word": _word(r.state),
                "swatch": _swatch(r.state),
                "cause": r.cause,
                "text": r.text,
                "people": r.people,
            }
            for r in found.refusals
        ],
        came_back=[_came_back_row(r) for r in found.came_back],
        came_back_others=found.came_back_others,
        links=fields["clicks"],
        named={group: summary.named.get(group, []) for group in NAMED_GROUPS},
        few=FEW,
        left_out=[
            (reason.replace("_", " ").capitalize(), n) for reason, n in fields["left_out"].items()
        ],
        events=[
            {
                "when": _time(int(str(e["at"])), zone),
                "act": e["act"],
                "actor": e["actor"],
                "reason": e["reason"],
            }
            for e in found.events
        ],
        versions=found.versions,
    )


def _came_back_row(row: CameBack) -> dict[str, Any]:
    return {
        "word": _word(row.state),
        "swatch": _swatch(row.state),
        "domain": row.domain,
        "cause": row.cause,
        "people": row.people,
        "text": row.said,
    }


def live_parts(store: Store, distribution: DistributionId) -> tuple[str, bool]:
    """Return what changes while it goes out, as JSON from element to HTML, and whether it goes on.
    Reads counters, not people.
    """
    short = live_numbers(store, distribution)
    whole = template("page.html")
    now = "".join(whole.blocks["now"](whole.new_context(_now(short))))
    return json.dumps({"lead": short["lead"], "now": now}), short["state"] in LIVE_STATES


def live_numbers(store: Store, distribution: DistributionId) -> dict[str, Any]:
    """Return what changes while a distribution goes out, from the ledger's counters."""
    found = distributions.read(store, distribution)
    if found.frozen:
        counts = counters(store, distribution)
    else:  # who are planned
        counts = dict.fromkeys(State, 0) | {found.before_freeze: found.expected}
    short = {
        "state": found.state.value,
        "reason": found.reason,
        "audience": found.audience if found.frozen else found.expected,
        "counts": {state.value: n for state, n in counts.items()},
        "balanced": not found.frozen or sum(counts.values()) == found.audience,
        "distribution": found.label,
        "first_ms": found.first_accepted_ms,
        "now_ms": store.now_ms(),
    }
    return short | {"lead": _lead(short)}


def _now(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what the block `now` needs."""
    counts = {state: fields["counts"][state.value] for state in _SHOWN}
    rows = [
        {
            "word": _word(s),
            "people": n,
            "share": _share(n, fields["audience"]),
            "meaning": MEANING[s],
            "swatch": _swatch(s),
        }
        for s, n in counts.items()
    ]
    return {
        "report": fields,
        "balance": Markup(charts.balance(counts)),  # noqa: S704 - our own SVG
        "states": rows,
    }


def _lead(fields: dict[str, Any]) -> str:
    """Return the state, and whether somebody is needed, in a sentence or two."""
    counts = fields["counts"]
    open_ones = counts["queued"] + counts["sending"]
    sentences = {
        "sent": "Sent. Everyone was tried; nothing more happens by itself.",
        "halted": "Halted. Somebody has to decide.",
        "cancelled": f"Cancelled: {fields['reason']}." if fields["reason"] else "Cancelled.",
        "scheduled": "Scheduled. It starts by itself.",
        "freezing": "The audience is being written down.",
        "sending": (
            f"Sending. {open_ones:,} still to try{_left(fields, open_ones)}."
            if open_ones
            else f"Sending. Everyone was tried once; {counts['deferred']:,} will be tried again."
        ),
    }
    trouble = counts["failed"] + counts["in_doubt"] + counts["bounced"] + counts["complained"]
    calm = " Nothing is needed from you."
    if trouble:
        calm = f" {trouble:,} did not get it or may not have: see below."
    if fields["state"] in ("halted", "cancelled"):
        calm = ""
    return sentences.get(fields["state"], str(fields["state"])) + calm


def _left(fields: dict[str, Any], open_ones: int) -> str:
    """Return how long at the rate so far; "" while nothing is known."""
    first, now = fields.get("first_ms", 0), fields.get("now_ms", 0)
    tried = fields["audience"] - open_ones
    if not first or now - first < 500 or not tried:
        return ""
    rate = tried / ((now - first) / 1000)
    seconds = open_ones / rate
    about = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f", about {about} at {rate:,.0f} a second"


def _facts(summary: Report, zone: str) -> list[tuple[str, str]]:
    fields = summary.fields
    return [
        (label, text)
        for label, text in (
            ("Release", fields["release"]),
            ("Distribution", fields["distribution"]),
            (
                "Submitted",
                _iso(fields["submitted_at"]) + (f" by {summary.actor}" if summary.actor else ""),
            ),
            ("Due", _iso(fields["due_at"])),
            ("Began", _iso(fields["began_at"])),
            ("Halted", _iso(fields["halted_at"])),
            ("Finished", _iso(fields["finished_at"])),
            ("First accepted", _iso(fields["first_accepted_at"])),
            ("Everyone tried by", _iso(fields["first_pass_at"])),
            ("Next try", _time(summary.next_retry_ms, zone) if summary.next_retry_ms else ""),
        )
        if text
    ]


def _row(row: TableRow, name: str) -> dict[str, Any]:
    ordered = {state: row.counts[state] for state in _SHOWN if row.counts.get(state)}
    spread = f"{row.last - row.first} s" if row.first else "–"
    return {
        "name": name,
        "row": row,
        "bar": Markup(charts.balance(ordered, height=16, label=name)),  # noqa: S704 - our own SVG
        "accepted": row.counts.get(State.ACCEPTED, 0),
        "failed": row.counts.get(State.FAILED, 0),
        "spread": spread,
    }


def _pace(found: Details) -> str:
    if not found.bins:
        return ""
    seconds = len(found.bins) * found.width
    total = sum(b.accepted for b in found.bins)
    return f"{total:,} letters were accepted within {seconds:,} second{'s' if seconds > 1 else ''}."


def _share(n: int, total: int) -> str:
    """Return a share in per cent; 0% and 100% only where they are exactly true."""
    if not n or not total:
        return "0%"
    share = 100 * n / total
    if n == total:
        return "100%"
    return "under 0.1%" if share < 0.1 else f"{min(share, 99.9):.1f}%"


def _word(state: State) -> str:
    return state.value.replace("_", " ").capitalize()


def _swatch(state: State) -> Markup:
    return Markup(charts.swatch(state))  # noqa: S704 - our own SVG


def _time(ms: int, zone: str) -> str:
    when = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone))
    return f"{when.day} {when:%b %Y, %H:%M:%S}"


def _iso(text: str) -> str:
    if not text:
        return ""
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%b %Y, %H:%M:%S}"
