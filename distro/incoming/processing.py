"""Work through what waits in the mailroom, and through what receivers refused in our own dialogue;
judge again what was kept.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from distro import log
from distro.audience import consent
from distro.errors import StoreGoneError
from distro.feedback import rules
from distro.feedback.items import Item
from distro.incoming import address_book, carrying_out, judging
from distro.incoming.judging import Judged
from distro.incoming.mailroom import Arrival, Mailroom
from distro.incoming.matching import By, Letter, Match, reader_at
from distro.incoming.outcome import Effect
from distro.installation.context import Installation
from distro.lib import failpoints
from distro.lib.smtp_codes import enhanced
from distro.model import DistributionId, State
from distro.store import consents, records, returns
from distro.times import parse_duration

_AT_ONCE = 500
_DAY = 86_400
_DAY_MS = _DAY * 1000


def mailroom(installation: Installation) -> Mailroom:
    """Return the mailroom of this host."""
    return Mailroom(installation.settings.data)


def once(installation: Installation, most: int = _AT_ONCE) -> int:
    """Carry out what waits; return how much."""
    room, done = mailroom(installation), 0
    with room.working(wait=False) as mine:
        for name in room.waiting(most) if mine else ():
            done += one(installation, room, name) is not None
    return done + _judge_refusals(installation)


def one(installation: Installation, room: Mailroom, name: str) -> list[Effect] | None:
    """Carry out one arrival, once; return what it did, None: it is gone."""
    arrival = room.read(name)
    if arrival is None:
        return None
    if returns.seen(installation.store, name):
        room.done(name)
        return []
    effects = _carried_out(installation, arrival)
    counts = Counter(effect.counted for effect in effects)
    verdicts = [effect.kept() for effect in effects]
    returns.note_done(installation.store, name, verdicts, counts)
    failpoints.point("feedback-noted")
    room.done(name)
    return effects


def _carried_out(installation: Installation, arrival: Arrival) -> list[Effect]:
    try:
        judgement = judging.judge(installation, arrival)
        return carrying_out.carry_out(installation, arrival, judgement)
    except StoreGoneError:
        raise
    except Exception as error:  # noqa: BLE001 - one message must not hold up the others
        returns.count(installation.store, "unreadable")
        log.get().error(
            "something that came back cannot be read; it is kept",
            message=arrival.id,
            source=arrival.source,
            why=repr(error)[:300],
        )
        return []


def _judge_refusals(installation: Installation) -> int:
    """Let the book learn from what receivers refused for good in our own dialogue."""
    store = installation.store
    found = returns.refusals(store, _AT_ONCE)
    for distribution, ordinal in found:
        _judge_refusal(installation, DistributionId(distribution), ordinal)
    if found:
        returns.drop_refusals(store, len(found))
    return len(found)


def _judge_refusal(installation: Installation, distribution: DistributionId, ordinal: int) -> None:
    store = installation.store
    letter = Letter(distribution, ordinal, By.DIALOGUE)
    who = reader_at(installation, letter)
    if who is None or records.state_at(store, distribution, ordinal) is not State.FAILED:
        return
    record = records.record_at(store, distribution, ordinal)
    said = records.replies_at(store, distribution, [ordinal])[0]
    if not 500 <= record.code < 600:  # given up after days: nothing of the address
        return
    judged = rules.judge(f"{record.code} {said}")
    item = Item(who.email, judged.cause, enhanced(said), record.code, said, rule=judged.rule)
    name = f"dialogue:{distribution}.{ordinal}.{record.attempts}"
    carrying_out.item(installation, Judged(item, Match(letter, who), name))


def tend(installation: Installation) -> int:
    """Drop what was kept long enough, and what is about somebody who was erased; return how
    much.
    """
    days = parse_duration(installation.settings.feedback.keep) / _DAY
    gone = mailroom(installation).prune(days)
    until = installation.store.now_ms() - int(days * _DAY_MS)
    gone += returns.forget_before(installation.store, until)
    return gone + _forget_erased(installation)


def _forget_erased(installation: Installation) -> int:
    """Drop what came back about people who were erased since."""
    store, gone = installation.store, 0
    if not any(consents.refused(store, consent.ERASED)):
        return 0
    for message, verdicts in returns.all_verdicts(store):
        letters = {(v["distribution"][1:], v["ordinal"]) for v in verdicts if v["ordinal"] >= 0}
        people = {records.subscriber_at(store, *letter) for letter in letters}
        if any(consents.is_refused(store, consent.ERASED, number) for number in people):
            mailroom(installation).drop(message)
            returns.forget_verdicts(store, message)
            gone += 1
    return gone


@dataclass(frozen=True, slots=True)
class Changed:
    """A verdict that another set of rules changes."""

    message: str
    before: dict[str, Any]
    now: dict[str, Any]


def reprocess(installation: Installation, since: date, *, dry_run: bool) -> Iterator[Changed]:
    """Judge everything of this host again from a day on; yield the verdicts that changed.

    Without `dry_run` they are carried out, and a suppression that rests on a message which is
    judged otherwise now is lifted. What has not changed gives the same states.
    """
    for arrival in mailroom(installation).kept_since(since):
        before = returns.verdicts(installation.store, arrival.id) or []
        judgement = judging.judge(installation, arrival)
        for n, one_item in enumerate(judgement.items):
            now = Effect.of(one_item.item, one_item.match).kept()
            was = before[n] if n < len(before) else {}
            if any(was.get(key) != now[key] for key in ("cause", "hard", "status", "distribution")):
                yield Changed(arrival.id, was, now)
            if not dry_run:
                _take_back(installation, one_item, was)
        if not dry_run:
            effects = carrying_out.carry_out(installation, arrival, judgement)
            kept = [effect.kept() for effect in effects]
            returns.keep_verdicts(installation.store, arrival.id, kept)


def _take_back(installation: Installation, one_item: Judged, was: dict[str, Any]) -> None:
    """Lift a suppression whose message is not judged to be of the address any more."""
    who = one_item.match.who
    if who is None or one_item.item.hard or was.get("book") != address_book.SUPPRESSED:
        return
    why = f"message {one_item.message} is judged otherwise now: {one_item.item.cause}"
    address_book.lift_suppression(
        installation, who, one_item.message, why=why, source=address_book.SOURCE
    )
    address = installation.hash_of(who.email)
    returns.drop_strike(installation.store, address, one_item.message)
