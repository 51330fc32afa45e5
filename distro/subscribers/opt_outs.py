"""Refuse, pause and take back: who may not be written to, by their own wish or by an admin's."""

import re
import secrets
import time

from distro.audience import addresses, book, consent
from distro.errors import NotFoundError, RefusedError, UsageError
from distro.installation.context import Installation
from distro.installation.rights import admit, may_do
from distro.model import Subscriber
from distro.store import consents, reader_requests


def suppress(installation: Installation, address: str, reason: str, *, source: str) -> None:
    """Note that we may not write to them (a lawyer's letter, say), whether or not they are in the
    book yet; an admin may lift it.
    """
    may_do(installation, source, "suppress")
    email, who = _in_sight(installation, address)
    source = admit(installation, source, "suppress", about=_number(who), why=reason)
    if who:
        record_fact(
            installation, who.id, who.email, consent.SUPPRESSED, source=source, detail=reason
        )
    elif not said_before(installation, email):
        # Before the act.
        installation.consent.append(
            [installation.consent.fact(email, consent.SUPPRESSED, source=source, detail=reason)]
        )
        consents.keep_refusal(installation.store, [installation.hash_of(email)], consent.SUPPRESSED)


def unsubscribe(installation: Installation, address: str, *, source: str) -> Subscriber:
    """Stop all mail to a person, as they asked by telephone, say; only they can undo it."""
    may_do(installation, source, "suppress")
    who = book.person(installation.store, address)
    source = admit(installation, source, "suppress", about=f"#{who.id}", wanted="unsubscribe")
    if not consents.is_refused(installation.store, consent.UNSUBSCRIBED, who.id):
        record_fact(installation, who.id, who.email, consent.UNSUBSCRIBED, source=source)
    return who


def lift(installation: Installation, address: str, reason: str, *, source: str) -> None:
    """Lift a suppression, never a person's own wish."""
    may_do(installation, source, "suppress")
    email, who = _in_sight(installation, address)
    source = admit(
        installation, source, "suppress", about=_number(who), wanted="take it back", why=reason
    )
    if who is None:
        if said_before(installation, email) != consent.SUPPRESSED:
            raise NotFoundError(f"{email} is not in the book, and not suppressed")
        installation.consent.append(
            [installation.consent.fact(email, consent.LIFTED, source=source, detail=reason)]
        )
        unsay(installation, email)
        return
    refused = consents.refusals(installation.store, who.id)
    if "suppressed" not in refused:
        own = (
            "; they unsubscribed themselves, and only they can undo that"
            if "unsubscribed" in refused
            else ""
        )
        raise RefusedError(
            f"{who.email} is not suppressed{own}", code="not_suppressed", address=who.email
        )
    record_fact(installation, who.id, who.email, consent.LIFTED, source=source, detail=reason)
    unsay(installation, who.email)


def _in_sight(installation: Installation, address: str) -> tuple[str, Subscriber | None]:
    """Return the same as `known_as`; whoever may see some lists only must have them on one."""
    if installation.store.scope.lists:
        who = book.person(installation.store, address)
        return who.email, who
    return known_as(installation, address)


def _number(who: Subscriber | None) -> str:
    return f"#{who.id}" if who else "an address that is not in the book"


def pause(installation: Installation, who: Subscriber, till_ms: int, *, source: str) -> None:
    """Send nothing until a day: the person's own wish."""
    record_fact(installation, who.id, who.email, consent.PAUSED, source=source, till=till_ms)


def resume(installation: Installation, who: Subscriber, *, source: str) -> None:
    """End a pause."""
    record_fact(installation, who.id, who.email, consent.RESUMED, source=source)


def resume_due(installation: Installation, at_most: int = 500) -> int:
    """End the pauses whose day has come; gives how many."""
    due = consents.pauses_over(installation.store, at_most)
    for number in due:
        who = book.by_id(installation.store, number)
        if who:
            resume(installation, who, source="the day of the pause has come")
        else:
            consents.forget_pause(installation.store, number)
    return len(due)


def undo_of(installation: Installation, who: Subscriber) -> str:
    """Return a word that takes this person's unsubscribing back, once, within an hour."""
    once = secrets.token_urlsafe(18)
    reader_requests.keep_undo(installation.store, once, who.id, _UNDO_AT_ONCE)
    return once


def take_undo(installation: Installation, who: Subscriber, once: str) -> bool:
    """Use such a word up; return whether it was this person's."""
    well_formed = bool(_UNDO_WORD.fullmatch(once))
    return well_formed and reader_requests.take_undo(installation.store, once) == who.id


def come_back(installation: Installation, who: Subscriber, *, source: str) -> bool:
    """Take back an unsubscribing by mistake.

    Returns False where that was too long ago: they subscribe anew.
    """
    gone = [f for f in consent.history(installation.store, who.id) if f.act == consent.UNSUBSCRIBED]
    if not gone or gone[-1].at < time.time() * 1000 - UNDO_MS:
        return False
    record_fact(installation, who.id, who.email, consent.RESUBSCRIBED, source=source)
    unsay(installation, who.email)
    return True


def said_before(installation: Installation, address: str) -> str:
    """Return what an address that is not in the book said before: erased, unsubscribed, suppressed,
    or "".
    """
    return consent.said_before(installation.store, installation.hashes_of, [address])[0]


def unsay(installation: Installation, address: str) -> None:
    """Forget the "no" that is kept of an address: it is in the book now, or takes it back."""
    consents.drop_refusal(installation.store, installation.hashes_of(address))


def known_as(installation: Installation, address: str) -> tuple[str, Subscriber | None]:
    """Return an address as it is written to, and who in the book has it; raises UsageError for what
    is no address.
    """
    email, reason = addresses.judge(address)
    if reason:
        raise UsageError(f"{address}: {reason}")
    return email, book.by_address(installation.store, email)


def record_fact(
    installation: Installation,
    number: int,
    email: str,
    act: str,
    *,
    source: str,
    detail: str = "",
    till: int = 0,
) -> None:
    """Record a consent fact about somebody; durable when this returns."""
    installation.consent.record(
        installation.store,
        subscriber=number,
        address=email,
        act=act,
        source=source,
        detail=detail,
        till=till,
    )


_UNDO_AT_ONCE = 3600  # seconds for which the answer to an unsubscribe can take it back


_UNDO_WORD = re.compile(r"[A-Za-z0-9_-]{24}")


UNDO_MS = 28 * 86_400_000  # how long a person may call their own unsubscribing a mistake
