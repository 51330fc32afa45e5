"""Carry out what an arrival says: ledger first, then the book, then what staff must see.

Each step may be done again with the same result: whoever dies in between is followed by another.
"""

from distro.feedback.answers import Answer
from distro.feedback.items import ANSWERS, NO_FAILURE, OURS, Cause
from distro.incoming import (
    address_book,
    forwarding,
    our_name,
    our_trouble,
    probe,
    storms,
    suggestions,
)
from distro.incoming.judging import Judged, Judgement
from distro.incoming.mailroom import Arrival
from distro.incoming.matching import By, Match, is_named, is_sender
from distro.incoming.outcome import Effect
from distro.installation.context import Installation
from distro.lib import failpoints
from distro.model import Subscriber
from distro.relay.reply import without_address
from distro.store import distributions, returns
from distro.store.returns import Verdict
from distro.subscribers import links
from distro.subscribers.links import LinkReader

COMPLAINED, BOUNCED = "m", "b"


def carry_out(installation: Installation, arrival: Arrival, judgement: Judgement) -> list[Effect]:
    """Do what an arrival says; return what each item did."""
    if is_about_no_letter(installation, judgement):
        return []
    if judgement.answer:
        return [_answered(installation, arrival, judgement.answer, judgement.items[0])]
    return [item(installation, one) for one in judgement.items]


def is_about_no_letter(installation: Installation, judgement: Judgement) -> bool:
    """Return whether an arrival is a probe of ours, an answer that we handed on, or a receiver's
    report of a day; take note of it.
    """
    message = judgement.message
    if message is None:
        return False
    if probe.is_probe(installation, message):
        return True
    if forwarding.is_our_own(installation, message):
        returns.count(installation.store, "circle")
        return True
    return bool(our_name.take(installation, message))


def item(installation: Installation, one: Judged, *, again: bool = False) -> Effect:
    """Do what one item says of one recipient.

    `again`: it was judged before, otherwise; nothing follows of how many say so now.
    """
    said, match = one.item, one.match
    if match.problem:
        return Effect.of(said, match)
    if said.cause in NO_FAILURE and said.cause is not Cause.REMOVAL_REQUEST:
        return Effect.of(said, match)
    if not match.proven or (said.cause in _OF_A_PERSON and not _is_theirs(one)):
        return _hint(installation, one)
    if said.cause is Cause.REMOVAL_REQUEST:
        return Effect.of(said, match, book=_unsubscribe(installation, match, "answer", one.message))
    return _came_back(installation, one, again=again)


_OF_A_PERSON = {Cause.REMOVAL_REQUEST, Cause.COMPLAINT}


def _is_theirs(one: Judged) -> bool:
    """Return whether a complaint or a "no" comes from the reader: it has what only they were sent,
    or names them.
    """
    who, address = one.match.who, one.item.recipient
    return one.match.secret or (who is not None and is_named(address, who))


def _hint(installation: Installation, one: Judged) -> Effect:
    """Keep as a suggestion what anybody could have written."""
    said, match = one.item, one.match
    kind = {Cause.REMOVAL_REQUEST: suggestions.REMOVAL, Cause.COMPLAINT: suggestions.REMOVAL}
    if match.who and (said.hard or said.cause in kind):
        about = kind.get(said.cause, suggestions.BOUNCES)
        words = without_address(said.said, match.who.email)
        suggestions.suggest(installation, match.who, about, one.message, words=words)
        return Effect.of(said, match, book="suggested")
    return Effect.of(said, match)


def _came_back(installation: Installation, one: Judged, *, again: bool) -> Effect:
    """Record a bounce or a complaint in the ledger, and let the book learn from it."""
    said, match = one.item, one.match
    letter, who = match.letter, match.who
    if letter is None or who is None:
        return Effect.of(said, match)
    complaint = said.cause is Cause.COMPLAINT
    words = f"{str(said.cause).replace('_', ' ')}: {without_address(said.said, who.email)}"
    verdict = Verdict(
        one.message,
        COMPLAINED if complaint else BOUNCED,
        "complaint" if complaint else "hard" if said.hard else "soft",
        said.cause,
        said.server,
        words.rstrip(": ")[:300],
    )
    ledger = "failed"
    if letter.by is not By.DIALOGUE or complaint:
        ledger = installation.store.call(
            returns.came_back(letter.distribution, letter.ordinal, verdict)
        ).what
    failpoints.point("feedback-recorded")
    if ledger in ("not_attempted", "counted"):
        return Effect.of(said, match, ledger=ledger)
    book = _learn(installation, one, who, again=again)
    failpoints.point("feedback-learnt")
    return Effect.of(said, match, ledger=ledger, book=book)


def _learn(installation: Installation, one: Judged, who: Subscriber, *, again: bool) -> str:
    """Let the book learn from a bounce or a complaint; return what it did."""
    said, letter = one.item, one.match.letter
    if said.cause is Cause.COMPLAINT:
        return _unsubscribe(installation, one.match, "complaint", one.message)
    if letter is None or (again and not said.hard):
        return ""
    if said.cause in OURS:
        return "slowed" if our_trouble.noted(installation, who, letter, said, one.message) else ""
    if not said.hard:
        return ""
    held = "" if again else storms.struck(installation, who, letter, said, one.message)
    return held or address_book.failed(installation, who, letter, said, one.message)


def _unsubscribe(installation: Installation, match: Match, what: str, message: str) -> str:
    if match.who is None or match.letter is None:
        return ""
    who, letter = match.who, match.letter
    reader = LinkReader(who, int(letter.distribution), letter.ordinal, who.language, "")
    links.unsubscribe(installation, reader, f"{what} {message}")
    return "unsubscribed"


# -- answers


def _answered(installation: Installation, arrival: Arrival, answer: Answer, one: Judged) -> Effect:
    """Do what an answer says: a machine's becomes a suggestion, a person's goes to the office."""
    who, said = one.match.who if one.match.proven else None, one.item
    if who and answer.cause in _SUGGESTED:
        kind = _SUGGESTED[answer.cause]
        if kind == suggestions.LEFT or answer.back_on or answer.stand_in:
            suggestions.suggest(
                installation,
                who,
                kind,
                arrival.id,
                back_on=answer.back_on,
                stand_in=answer.stand_in,
                words=answer.own_words,
            )
            return Effect.of(said, one.match, book="suggested")
    if answer.cause in ANSWERS - {Cause.REPLY, Cause.REMOVAL_REQUEST}:
        return Effect.of(said, one.match)
    if answer.cause is Cause.REMOVAL_REQUEST and who and _is_theirs(one):
        done = _unsubscribe(installation, one.match, "answer", arrival.id)
        return Effect.of(said, one.match, book=done)
    reader = who or _by_sender(one)
    if answer.asks_removal and reader:
        suggestions.suggest(
            installation, reader, suggestions.REMOVAL, arrival.id, words=answer.own_words
        )
    desk = _desk_of(installation, one.match)
    done = forwarding.hand_on(installation, arrival, desk, proven=one.match.proven)
    return Effect.of(said, one.match, book=done)


_SUGGESTED = {Cause.OUT_OF_OFFICE: suggestions.AWAY, Cause.HAS_LEFT: suggestions.LEFT}


def _by_sender(one: Judged) -> Subscriber | None:
    """Return who in the book has the address that an answer came from."""
    who = one.match.who
    return who if who and is_sender(one.item.recipient, who) else None


def _desk_of(installation: Installation, match: Match) -> str:
    letter = match.letter
    found = distributions.get(installation.store, letter.distribution) if letter else None
    return found.sender if found else ""
