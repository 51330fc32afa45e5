"""Keep what answers say of people as suggestions: a press officer accepts each, or not."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from distro.audience import book, consent
from distro.errors import NotFoundError, RefusedError
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.model import Subscriber
from distro.store import replies
from distro.store.scope import EVERYTHING
from distro.subscribers import links, opt_outs
from distro.subscribers.links import LinkReader
from distro.times import to_ms, zone

AWAY, LEFT, REMOVAL, BOUNCES = "out_of_office", "has_left", "removal", "seems_to_bounce"
_KEPT_MS = 90 * 86_400_000


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that staff may accept. Texts that are not there are ""."""

    name: str
    kind: str
    subscriber: int
    address: str
    at: int  # unix ms
    message: str  # `feedback show` has it
    back_on: str = ""  # 2026-12-14
    stand_in: str = ""
    words: str = ""  # the first of their own


def suggest(
    installation: Installation,
    who: Subscriber,
    kind: str,
    message: str,
    *,
    back_on: date | None = None,
    stand_in: str = "",
    words: str = "",
) -> None:
    """Keep a suggestion; what says the same of the same person is kept once."""
    day = back_on.isoformat() if back_on else ""
    told = f"{kind}|{who.id}|{day}|{stand_in.lower()}"
    name = hashlib.sha256(told.encode()).hexdigest()[:8]
    facts: dict[str, Any] = {
        "kind": kind,
        "who": who.id,
        "at": installation.store.now_ms(),
        "message": message,
        "back_on": day,
        "stand_in": stand_in,
        "words": " ".join(words.split())[:200],
    }
    replies.suggest(installation.store, name, facts)


def open_suggestions(installation: Installation) -> list[Suggestion]:
    """Return the suggestions that nobody decided, oldest first; those of people who are gone, and
    of over ninety days ago, are dropped.
    """
    found, store, everything = [], installation.store, installation.seen_by(EVERYTHING)
    for name, facts in replies.suggestions(store).items():
        who = book.by_id(everything.store, int(facts["who"]))
        if who is None or int(facts["at"]) < store.now_ms() - _KEPT_MS:
            replies.drop_suggestion(store, name)
            continue
        if book.by_id(store, who.id) is None:  # out of sight
            continue
        told = {key: str(facts[key]) for key in ("kind", "message", "back_on", "stand_in", "words")}
        found.append(
            Suggestion(name=name, subscriber=who.id, address=who.email, at=int(facts["at"]), **told)
        )
    return found


def accept(installation: Installation, name: str, *, source: str) -> str:
    """Carry a suggestion out; return what was done, in words."""
    found = _named(installation, name)
    source = admit(
        installation,
        source,
        "feedback",
        about=f"#{found.subscriber}",
        wanted=f"accept: {found.kind}",
    )
    who = book.by_id(installation.store, found.subscriber)
    if who is None:
        raise NotFoundError(f"who suggestion {name} is about is not in the book any more")
    done = _ACTS[found.kind](installation, who, found, source)
    replies.drop_suggestion(installation.store, found.name)
    return done


def dismiss(installation: Installation, name: str, *, actor: str) -> None:
    """Drop a suggestion."""
    found = _named(installation, name)
    about = f"#{found.subscriber}"
    admit(installation, actor, "feedback", about=about, wanted=f"dismiss: {found.kind}")
    replies.drop_suggestion(installation.store, found.name)


def _named(installation: Installation, name: str) -> Suggestion:
    for found in open_suggestions(installation):
        if found.name == name:
            return found
    raise NotFoundError(
        f'there is no suggestion "{name}"', hint="distro feedback suggestions lists them"
    )


def _pause(installation: Installation, who: Subscriber, found: Suggestion, source: str) -> str:
    if not found.back_on:
        raise RefusedError(
            f"{who.email} does not say until when", hint="Dismiss it, or pause them by hand."
        )
    midnight = datetime.combine(date.fromisoformat(found.back_on), time())
    till = midnight.replace(tzinfo=zone(installation.settings.site.timezone))
    opt_outs.pause(installation, who, to_ms(till), source=source)
    return f"{who.email} gets nothing until {found.back_on}"


def _suppress(installation: Installation, who: Subscriber, found: Suggestion, source: str) -> str:
    reason = "has left" if found.kind == LEFT else "seems to bounce"
    detail = f"{reason} (message {found.message[:8]})"
    opt_outs.record_fact(
        installation, who.id, who.email, consent.SUPPRESSED, source=source, detail=detail
    )
    return f"{who.email} will not be written to: {reason}"


def _unsubscribe(
    installation: Installation, who: Subscriber, found: Suggestion, source: str
) -> str:
    reader = LinkReader(who, 0, 0, who.language, "")
    links.unsubscribe(installation, reader, f"answer {found.message[:8]}, read by {source}")
    return f"{who.email} is unsubscribed"


_ACTS = {AWAY: _pause, LEFT: _suppress, BOUNCES: _suppress, REMOVAL: _unsubscribe}
