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
from distro.errors import DistroError, StoreGoneError
from distro.feedback import rules
from distro.feedback.items import Cause, Item
from distro.incoming import address_book, carrying_out, judging, suggestions
from distro.incoming.judging import Judged, Judgement
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
_TRIES = 3  # of an arrival in which processes are killed
_DAY = 86_400
_DAY_MS = _DAY * 1000
_SEEN_MS = 400 * _DAY_MS  # a folder that is read again and again counts nothing twice


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
    effects = _tried(installation, room, arrival)
    if effects is None:
        room.put_off(name)
        return None
    counts = Counter(effect.counted for effect in effects)
    verdicts = [effect.kept() for effect in effects]
    returns.note_done(installation.store, name, verdicts, counts)
    failpoints.point("feedback-noted")
    room.done(name)
    return effects


def _tried(installation: Installation, room: Mailroom, arrival: Arrival) -> list[Effect] | None:
    """Return what an arrival did; nothing for one in which several processes were killed: it may be
    what killed them, and the others must not wait for it.
    """
    times = room.begin(arrival.id)
    if times > _TRIES:
        returns.count(installation.store, "unreadable")
        log.get().error(
            "something that came back ended several processes; it is kept and left alone",
            message=arrival.id,
            source=arrival.source,
        )
        room.end(arrival.id)
        return []
    try:
        effects = _carried_out(installation, arrival)
    except StoreGoneError:  # an end too, and no fault of the message
        room.end(arrival.id)
        raise
    room.end(arrival.id)
    return effects


def _carried_out(installation: Installation, arrival: Arrival) -> list[Effect] | None:
    """Return what an arrival did; None where it cannot be carried out now: the disk is full."""
    try:
        judgement = judging.judge(installation, arrival)
        return carrying_out.carry_out(installation, arrival, judgement)
    except StoreGoneError:
        raise
    except (OSError, DistroError) as error:
        _told("something that came back waits: it cannot be carried out now", arrival, error)
        return None
    except Exception as error:  # noqa: BLE001 - one message must not hold up the others
        returns.count(installation.store, "unreadable")
        _told("something that came back cannot be read; it is kept", arrival, error)
        return []


def _told(what: str, arrival: Arrival, error: Exception) -> None:
    """Log it; the words of an error may be the message's own, so only ours are shown."""
    why = str(error)[:200] if isinstance(error, OSError | DistroError) else type(error).__name__
    log.get().error(what, message=arrival.id, source=arrival.source, why=why)


def _judge_refusals(installation: Installation) -> int:
    """Let the book learn from what receivers refused for good in our own dialogue."""
    store = installation.store
    found = returns.refusals(store, _AT_ONCE)
    for distribution, ordinal in found:
        _judge_refusal(installation, DistributionId(distribution), ordinal)
        returns.drop_refusal(store, distribution, ordinal)
    return len(found)


def _judge_refusal(installation: Installation, distribution: DistributionId, ordinal: int) -> None:
    store = installation.store
    letter = Letter(distribution, ordinal, By.DIALOGUE, secret=True)
    who = reader_at(installation, letter)
    if who is None or records.state_at(store, distribution, ordinal) is not State.FAILED:
        return
    record = records.record_at(store, distribution, ordinal)
    said = records.replies_at(store, distribution, [ordinal])[0]
    if not 500 <= record.code < 600:  # given up after days: nothing of the address
        return
    status = enhanced(said)
    judged = rules.judge(f"{record.code} {said}")
    if judged.cause is Cause.UNKNOWN_USER and not address_book.is_of_address(status):
        # It may have been said of the text of the letter: a filter's excuse.
        judged = rules.Judgement(Cause.REFUSED_BY_POLICY, f"{judged.rule}, not of the address")
    relay = f"relay {record.relay}"
    item = Item(who.email, judged.cause, status, record.code, said, relay, judged.rule)
    name = f"dialogue:{distribution}.{ordinal}.{record.attempts}"
    carrying_out.item(installation, Judged(item, Match(letter, who), name))


def tend(installation: Installation) -> int:
    """Drop what was kept long enough, and what is about somebody who was erased; return how
    much.
    """
    days = parse_duration(installation.settings.feedback.keep) / _DAY
    gone = mailroom(installation).prune(days)
    now = installation.store.now_ms()
    until = now - int(days * _DAY_MS)
    gone += returns.forget_before(installation.store, until, now - _SEEN_MS)
    suggestions.open_suggestions(installation)  # drops those of people who are gone
    return gone + _forget_erased(installation)


def _forget_erased(installation: Installation) -> int:
    """Drop what came back about people who were erased since."""
    store, gone = installation.store, 0
    if not any(consents.refused(store, consent.ERASED)):
        return 0
    for message, verdicts in returns.all_verdicts(store):
        letters = {(v["distribution"][1:], v["ordinal"]) for v in verdicts if v["ordinal"] >= 0}
        people = {records.subscriber_at(store, *letter) for letter in letters}
        erased = any(consents.is_refused(store, consent.ERASED, number) for number in people)
        # Another host may keep it: that one drops it, and then what is known of it.
        if erased and mailroom(installation).drop(message):
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

    Without `dry_run` these are carried out, and a suppression that rests on a message which is
    judged otherwise now is lifted. What has not changed is left alone: nothing is sent twice, and
    nobody is unsubscribed again who has come back since.
    """
    for arrival in mailroom(installation).kept_since(since):
        before = returns.verdicts(installation.store, arrival.id)
        if before is None:
            continue
        try:
            judgement = judging.judge(installation, arrival)
        except Exception as error:  # noqa: BLE001 - one message must not hold up the others
            _told("something that came back cannot be read; it is kept", arrival, error)
            continue
        if not before and carrying_out.is_about_no_letter(installation, judgement):
            continue
        again = list(_judged_again(judgement, before))
        changed = [one for one in again if one.differs]
        yield from (Changed(arrival.id, one.was, one.now) for one in changed)
        if changed and not dry_run:
            _carry_out_again(installation, arrival, judgement, again)


@dataclass(frozen=True, slots=True)
class _Again:
    """One item as it was judged and as it is judged now."""

    judged: Judged
    was: dict[str, Any]
    now: dict[str, Any]

    @property
    def differs(self) -> bool:
        return any(self.was.get(key) != self.now[key] for key in _COMPARED)


_COMPARED = ("cause", "hard", "status", "distribution")


def _judged_again(judgement: Judgement, before: list[dict[str, Any]]) -> Iterator[_Again]:
    for n, one in enumerate(judgement.items):
        was = before[n] if n < len(before) else {}
        yield _Again(one, was, Effect.of(one.item, one.match).kept())


def _carry_out_again(
    installation: Installation, arrival: Arrival, judgement: Judgement, again: list[_Again]
) -> None:
    """Do what is new in a message that is judged otherwise now."""
    if judgement.answer:
        effects = carrying_out.carry_out(installation, arrival, judgement)
        kept = [effect.kept() for effect in effects]
    else:
        kept = [_item_again(installation, one) if one.differs else one.was for one in again]
    returns.keep_verdicts(installation.store, arrival.id, kept)


def _item_again(installation: Installation, one: _Again) -> dict[str, Any]:
    _take_back(installation, one.judged, one.was)
    return carrying_out.item(installation, one.judged, again=True).kept()


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
