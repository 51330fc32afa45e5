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
from distro.installation.context import Installation
from distro.store.records import ids_of
from distro.subscribers import erasure, people, signup
from distro.times import duration_ms

_PEOPLE = 100  # erasures and answers at a time
_DISTRIBUTIONS = 20


def once(installation: Installation) -> dict[str, int]:
    """One round; gives what was done, by its name."""
    done = {
        "resumed": people.resume_due(installation),
        "unconfirmed": signup.forget_unconfirmed(installation),
        "erased": _finish_erasing(installation),
        "answers": _forget_answers(installation),
        "files": _forget_files(installation),
        "rewritten": erasure.rewrite_log(installation),
    }
    told = {what: n for what, n in done.items() if n}
    if told:
        log.get().info("the book was tended", **told)
    return told


def _finish_erasing(installation: Installation) -> int:
    """Who is erased by a fact and still has a row: the command died, or an older copy was
    restored.
    """
    everyone, gone = installation.store.raw("idx:all"), 0
    for number in [
        i
        for i in ids_of(installation.store.raw("no:erased"))
        if i >> 3 < len(everyone) and everyone[i >> 3] & (128 >> (i & 7))
    ][:_PEOPLE]:
        who = book.by_id(installation.store, number)
        if who:
            people.finish_erasing(installation, who)
            gone += 1
    return gone


def _forget_answers(installation: Installation) -> int:
    """What receivers answered may name people: it goes when a distribution is old enough; states
    and counts stay.
    """
    keep = installation.settings.retention.answers
    if not keep:
        return 0
    past = installation.store.now_ms() - duration_ms(keep)
    old = [
        number.decode()
        for number in installation.store.command(
            "ZRANGEBYSCORE", "dists", "-inf", past, "LIMIT", 0, 10_000
        )
    ]
    kept = [
        d
        for d, there in zip(
            old, installation.store.pipeline([("EXISTS", f"err:{d}") for d in old]), strict=True
        )
        if there
    ]
    ended = [
        d
        for d in kept[:_DISTRIBUTIONS]
        if installation.store.hash(f"dist:{d}").get("state") in ("sent", "cancelled")
    ]
    return int(installation.store.command("UNLINK", *(f"err:{d}" for d in ended))) if ended else 0


def _forget_files(installation: Installation) -> int:
    """Pictures and attachments that no edition names: their submit was refused. Looked for once an
    hour.
    """
    if not installation.store.command("SET", "tmp:files", int(time.time()), "NX", "EX", 3600):
        return 0
    there = list(installation.store.names("file:*"))
    named = (
        {
            f["hash"]
            for key in installation.store.names("ed:*")
            for f in _files(installation.store.raw(key))
        }
        if there
        else set()
    )
    loose = [
        key
        for key in there
        if key.removeprefix("file:") not in named
        and int(installation.store.command("OBJECT", "IDLETIME", key)) > 3600
    ]
    return int(installation.store.command("UNLINK", *loose)) if loose else 0


def _files(raw: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(raw).get("files", [])
    return found
