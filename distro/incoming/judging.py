"""Judge one arrival: what it says of whom, and whose letter that is. Nothing is done about it."""

from dataclasses import dataclass, field

from distro.feedback import reader
from distro.feedback.answers import Answer
from distro.feedback.items import ANSWERS, Item
from distro.feedback.message import Message
from distro.feedback.webhooks import PROVIDERS, Event
from distro.incoming import matching
from distro.incoming.mailroom import MESSAGE, Arrival
from distro.incoming.matching import By, Clues, Match
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
    provider = PROVIDERS[arrival.kind]
    events = provider.read(arrival.content)
    return Judgement(
        tuple(_event(installation, e, arrival, covers=provider.COVERS_EVENT) for e in events)
    )


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


def _event(installation: Installation, event: Event, arrival: Arrival, *, covers: bool) -> Judged:
    """Return one event with its letter.

    Where the provider's signature does not cover the event, the message must be ours by its name,
    and the recipient match.
    """
    clues = matching.clues_of(installation, event)
    found = matching.match(installation, event.item, clues)
    if covers and found.by is By.RECIPIENT and found.letter:
        # The provider itself says whom: it is believed, as the receiver in our own dialogue is.
        letter = matching.Letter(found.letter.distribution, found.letter.ordinal, By.DIALOGUE)
        found = Match(letter, found.who)
    return Judged(event.item, found, f"{arrival.kind}:{event.event_id}"[:200])
