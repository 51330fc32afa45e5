"""What has to be done about the book from time to time: pauses that end, sign-ups that nobody
confirmed, erasures that a
crash or a restore left half done, answers and files that are kept no longer than said. A little at
a time, any number of
times, by any sweep.
"""

import json
import time

from distro import log
from distro.audience import book
from distro.installation.context import Office
from distro.store.records import ids_of
from distro.subscribers import erasure, people, signup
from distro.times import duration_ms

_PEOPLE = 100  # erasures and answers at a time
_DISTRIBUTIONS = 20


def once(office: Office) -> dict[str, int]:
    """One round; gives what was done, by its name."""
    done = {
        "resumed": people.resume_due(office),
        "unconfirmed": signup.forget_unconfirmed(office),
        "erased": _finish_erasing(office),
        "answers": _forget_answers(office),
        "files": _forget_files(office),
        "rewritten": erasure.rewrite_log(office),
    }
    told = {what: n for what, n in done.items() if n}
    if told:
        log.get().info("the book was tended", **told)
    return told


def _finish_erasing(office: Office) -> int:
    """Who is erased by a fact and still has a row: the command died, or an older copy was
    restored.
    """
    everyone, gone = office.store.raw("idx:all"), 0
    for number in [
        i
        for i in ids_of(office.store.raw("no:erased"))
        if i >> 3 < len(everyone) and everyone[i >> 3] & (128 >> (i & 7))
    ][:_PEOPLE]:
        who = book.by_id(office.store, number)
        if who:
            people.finish_erasing(office, who)
            gone += 1
    return gone


def _forget_answers(office: Office) -> int:
    """What receivers answered may name people: it goes when a distribution is old enough; states
    and counts stay.
    """
    keep = office.settings.retention.answers
    if not keep:
        return 0
    past = office.store.now_ms() - duration_ms(keep)
    old = [
        number.decode()
        for number in office.store.command(
            "ZRANGEBYSCORE", "dists", "-inf", past, "LIMIT", 0, 10_000
        )
    ]
    kept = [
        d
        for d, there in zip(
            old, office.store.pipeline([("EXISTS", f"err:{d}") for d in old]), strict=True
        )
        if there
    ]
    ended = [
        d
        for d in kept[:_DISTRIBUTIONS]
        if office.store.hash(f"dist:{d}").get("state") in ("sent", "cancelled")
    ]
    return int(office.store.command("UNLINK", *(f"err:{d}" for d in ended))) if ended else 0


def _forget_files(office: Office) -> int:
    """Pictures and attachments that no edition names: their submit was refused. Looked for once an
    hour.
    """
    if not office.store.command("SET", "tmp:files", int(time.time()), "NX", "EX", 3600):
        return 0
    there = list(office.store.names("file:*"))
    named = (
        {f["hash"] for key in office.store.names("ed:*") for f in _files(office.store.raw(key))}
        if there
        else set()
    )
    loose = [
        key
        for key in there
        if key.removeprefix("file:") not in named
        and int(office.store.command("OBJECT", "IDLETIME", key)) > 3600
    ]
    return int(office.store.command("UNLINK", *loose)) if loose else 0


def _files(raw: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(raw).get("files", [])
    return found
