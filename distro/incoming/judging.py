"""Judge one arrival: what it says of whom, and whose letter that is. Nothing is done about it."""

from dataclasses import dataclass, field

from distro.feedback import reader
from distro.feedback.answers import Answer
from distro.feedback.items import ANSWERS, Item
from distro.feedback.message import Message
from distro.feedback.webhooks import PROVIDERS, Event
from distro.incoming import matching
from distro.incoming.mailroom import MESSAGE, Arrival
from distro.incoming.matching import Clues, Match
from distro.installation.context import Installation


@dataclass(frozen=True, slots=True)
class Judged:
    """One item with whose letter it is about."""

    item: Item
    match: Match
    message: str  # the name under which it counts once


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that one arrival says."""

    items: tuple[Judged, ...]
    message: Message | None = None  # None: an event
    answer: Answer | None = None  # a person or a program answered
    clues: Clues = field(default_factory=Clues)


def judge(installation: Installation, arrival: Arrival) -> Judgement:
    """Return what an arrival says of whom; raises ValueError for an event that is none."""
    if arrival.kind == MESSAGE:
        return _message(installation, arrival)
    events = PROVIDERS[arrival.kind].read(arrival.content)
    return Judgement(tuple(_event(installation, event, arrival) for event in events))


def _message(installation: Installation, arrival: Arrival) -> Judgement:
    reading = reader.read(arrival.content, arrival.day)
    clues = matching.clues_in(installation, reading.message, arrival.recipient)
    items = tuple(
        Judged(item, _match(installation, item, clues), arrival.id) for item in reading.items
    )
    return Judgement(items, reading.message, reading.answer, clues)


def _match(installation: Installation, item: Item, clues: Clues) -> Match:
    """Return whose letter an item is about; an answer may come from another address of theirs."""
    if item.cause not in ANSWERS or not clues.letters:
        return matching.match(installation, item, clues)
    letter = clues.letters[0]
    return Match(letter, matching.reader_at(installation, letter))


def _event(installation: Installation, event: Event, arrival: Arrival) -> Judged:
    """Return one event with its letter.

    Its message must be ours by its name, and the recipient match: the signatures of some providers
    do not cover the event, and one account may send other people's letters too.
    """
    clues = matching.clues_of(installation, event)
    found = matching.match(installation, event.item, clues)
    return Judged(event.item, found, f"{arrival.kind}:{event.event_id}"[:200])
