"""Tend the book: pauses that end, unconfirmed sign-ups, half-done erasures, retention."""

import json

from distro import log
from distro.audience import book
from distro.installation.context import Installation
from distro.store import consents, distributions, records, releases, server, subscriber_rows
from distro.store.records import ids_of
from distro.subscribers import erasure, opt_outs, people, signup
from distro.times import duration_ms

_PEOPLE = 100  # erasures and answers at a time
_DISTRIBUTIONS = 20  # at a time
_LOOKED_AT = 10_000  # distributions
_EVERY = 3600  # seconds between two looks for files that nothing names


def once(installation: Installation) -> dict[str, int]:
    """Make one round; return what was done, by its name."""
    done = {
        "resumed": opt_outs.resume_due(installation),
        "unconfirmed": signup.forget_unconfirmed(installation),
        "erased": _finish_erasing(installation),
        "answers": _forget_answers(installation),
        "files": _forget_files(installation),
        "rewritten": erasure.rewrite_log(installation),
    }
    done = {what: n for what, n in done.items() if n}
    if done:
        log.get().info("the book was tended", **done)
    return done


def _finish_erasing(installation: Installation) -> int:
    """Finish erasing those who have the fact and still a row.

    The command died, or an older copy was restored.
    """
    store, gone = installation.store, 0
    there = set(ids_of(subscriber_rows.everyone(store)))
    erased = [i for i in ids_of(consents.refused(store, "erased")) if i in there]
    for number in erased[:_PEOPLE]:
        who = book.by_id(store, number)
        if who:
            people.finish_erasing(installation, who)
            gone += 1
    return gone


def _forget_answers(installation: Installation) -> int:
    """Drop what receivers answered once a distribution is old enough: it may name people.

    States and counts stay.
    """
    keep = installation.settings.retention.answers
    if not keep:
        return 0
    store = installation.store
    until = store.now_ms() - duration_ms(keep)
    old = records.with_replies(store, distributions.submitted_until(store, until, _LOOKED_AT))
    over = [d for d in old[:_DISTRIBUTIONS] if distributions.read(store, d).over]
    return records.forget_replies(store, over)


def _forget_files(installation: Installation) -> int:
    """Drop pictures and attachments that no edition names: their submit was refused.

    Looked for once an hour.
    """
    store = installation.store
    if not server.once_in(store, "files", _EVERY):
        return 0
    there = releases.file_names(store)
    if not there:
        return 0
    named = {f["hash"] for raw in releases.editions(store) for f in _files(raw)}
    loose = [n for n in there if n not in named and releases.idle_seconds(store, n) > _EVERY]
    return releases.forget_files(store, loose)


def _files(raw: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(raw).get("files", [])
    return found
