"""People of the book: find, see, add, change, suppress, erase; lists and expressions; imports."""

import random
from typing import Any

from distro.audience import book, importing
from distro.audience.as_json import import_json, listed_json
from distro.audience.listing import Listed
from distro.audience.segments import check_new
from distro.errors import UsageError
from distro.installation.rights import admit
from distro.lib import csv_safe
from distro.model import Subscriber
from distro.reports import export
from distro.store import audience_scripts
from distro.store.consents import refusals
from distro.store.records import ids_of
from distro.subscribers import erasure, opt_outs, personal_data, segment_checks
from distro.subscribers import people as acts
from distro.subscribers.close_list import close_list
from distro.subscribers.segment_checks import audit_json
from distro.times import rfc3339
from distro.web.api.operation import Call, Lines


def listing(call: Call) -> dict[str, Any]:
    """Return a part of the people in sight, or of those found."""
    asked = call.query
    after = int(asked.cursor or 0)
    found = export.list_people(
        call.installation, asked.segment, asked.search, asked.limit + 1, after, call.index
    )
    shown = found.people[: asked.limit]
    more = len(found.people) > asked.limit
    return {
        "people": [listed_json(one) for one in shown],
        "found": found.found,
        "next": str(shown[-1].person.id) if more else "",
    }


def show(call: Call) -> dict[str, Any]:
    """Return all that the book says about a person, and what they agreed to."""
    return _whole(call, book.person(call.installation.store, call.path["address"]))


def _whole(call: Call, who: Subscriber) -> dict[str, Any]:
    refused = list(refusals(call.installation.store, who.id))
    facts = personal_data.history(call.installation, who)
    return {
        "email": who.email,
        "columns": {k: list(v) for k, v in who.columns.items() if not k.startswith("_")},
        "may_be_written_to": not refused,
        "refused": refused,
        "consent": [
            {"at": rfc3339(f.at, call.zone), "act": f.act, "source": f.source, "detail": f.detail}
            for f in facts
        ],
    }


def add(call: Call) -> dict[str, Any]:
    """Add one person."""
    asked = call.body
    lists = _names(asked.lists)
    check_new(call.installation.store, asked.columns, lists)
    who = acts.add(
        call.installation,
        asked.address,
        lists,
        asked.columns,
        source=call.actor,
        basis=asked.basis,
    )
    return _whole(call, who)


def change(call: Call) -> dict[str, Any]:
    """Change columns, lists or the address of one person."""
    asked, address = call.body, call.path["address"]
    if not (asked.columns or asked.join or asked.leave or asked.address):
        raise UsageError("there is nothing to change: columns, join, leave or address")
    who = book.person(call.installation.store, address)
    joined, left = _names(asked.join), _names(asked.leave)
    check_new(call.installation.store, asked.columns, joined)
    if asked.columns or joined or left:
        who = acts.edit(
            call.installation, address, asked.columns, join=joined, leave=left, source=call.actor
        )
    if asked.address:
        who = acts.move(call.installation, who.email, asked.address, source=call.actor)
    return _whole(call, who)


def erase(call: Call) -> dict[str, Any]:
    """Erase a person who asked for it."""
    address = call.path["address"]
    acts.erase(call.installation, address, source=call.actor)
    erasure.rewrite_log(call.installation)
    return {"email": address, "erased": True}


def suppress(call: Call) -> dict[str, Any]:
    """Keep an address from being written to, in the book or not."""
    address = call.path["address"]
    opt_outs.suppress(call.installation, address, call.body.reason, source=call.actor)
    return {"email": address, "suppressed": True}


def lift(call: Call) -> dict[str, Any]:
    """Lift a suppression; a person's own wish stays."""
    address = call.path["address"]
    opt_outs.lift(call.installation, address, call.body.reason, source=call.actor)
    return {"email": address, "suppressed": False}


def unsubscribe(call: Call) -> dict[str, Any]:
    """Stop all mail to a person, as they asked by telephone, say."""
    who = opt_outs.unsubscribe(call.installation, call.path["address"], source=call.actor)
    return {"email": who.email, "unsubscribed": True}


def segments(call: Call) -> dict[str, Any]:
    """Return every list and named segment with its size."""
    found = segment_checks.sizes(call.installation)
    rows = [{"name": s.name, "count": s.count, "meaning": s.meaning} for s in found]
    return {"segments": rows}


def count(call: Call) -> dict[str, Any]:
    """Count who matches, whether or not they may be written to."""
    known = call.installation.segments()
    program = known.program(known.expand(call.query.expression))
    return {"count": call.installation.store.call(audience_scripts.count(program))}


def sample(call: Call) -> dict[str, Any]:
    """Return some of those who match, at random."""
    store, known = call.installation.store, call.installation.segments()
    program = known.program(known.expand(call.query.expression))
    ids = ids_of(store.call(audience_scripts.bitmap(program)))
    chosen = sorted(random.sample(ids, min(call.query.count, len(ids))))
    people = [who for who in (book.by_id(store, number) for number in chosen) if who]
    rows = [listed_json(Listed(who, tuple(refusals(store, who.id)))) for who in people]
    return {"people": rows, "found": len(ids), "next": ""}


def book_as_csv(call: Call) -> Lines:
    """Return everybody in sight, or those who match, as a spreadsheet, piece by piece."""
    asked = call.query.segment
    lines = export.book_lines(call.installation, asked, actor=call.actor)
    return Lines(csv_safe.marked(lines), name="people.csv")


def personal(call: Call) -> dict[str, Any]:
    """Return all that is held on a person, for whoever asks in their name."""
    return personal_data.export(call.installation, call.path["address"], actor=call.actor)


def audited(call: Call) -> dict[str, Any]:
    """Return every list and segment with its size at the last audit, and what is wrong with it."""
    return {"segments": [audit_json(one) for one in segment_checks.audit(call.installation)]}


def close(call: Call) -> dict[str, Any]:
    """Close a list whose people were told."""
    name, asked = call.path["segment"].strip().lower(), call.body
    gone = close_list(
        call.installation, name, announced_by=asked.told, reason=asked.reason, actor=call.actor
    )
    return {"list": name, "off": gone}


def why(call: Call) -> dict[str, Any]:
    """Say term by term why a person is in a segment, or not."""
    asked = call.query
    lines = segment_checks.why(call.installation, asked.expression, asked.address)
    terms = [{"depth": t.depth, "term": t.text, "holds": t.holds, "has": t.has} for t in lines]
    return {"within": lines[0].holds, "terms": terms}


def import_file(call: Call) -> dict[str, Any]:
    """Import a spreadsheet into the book; `dry_run` says what would change."""
    installation, asked, file = call.installation, call.body, call.upload.files[0]
    name = importing.list_name(asked.list_name)
    admit(installation, call.actor, "import", about=f"list {name}", wanted=file.name)
    judged = importing.stage(
        installation.store,
        file,
        name,
        actor=call.user.name,
        basis=asked.basis,
        sync=asked.sync,
        hashes_of=installation.hashes_of,
        encoding=asked.encoding,
    )
    stopped = (bool(judged.bad) and not asked.skip_bad_rows) or not judged.good
    if stopped or asked.dry_run:
        foreseen = None if stopped else importing.survey(installation.store, judged.number)
        importing.forget(installation.store, judged)
        return import_json(file.name, name, judged, None, foreseen)
    taken = importing.commit(installation.store, judged.number, installation.consent)
    return import_json(file.name, name, judged, taken, None)


def _names(given: Any) -> list[str]:
    return [str(name).strip().lower() for name in given]
