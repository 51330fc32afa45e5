"""Find whose letter came back: by what only we can have written into it.

1. The token in the address it came back to (Return-Path, RFC 5321 §4.4; VERP).
2. The Message-ID of the letter inside it, or that it answers. It travels on in what people answer
   to each other: alone it never suppresses at once, and unsubscribes nobody but its sender.
3. The unsubscribe link of the letter inside it (complaints often keep that alone).
4. What the relay called the letter, where a provider's event is signed.
5. The address alone: anybody can write that, so it is a hint and has no effect.

A token that we did not make, or a right one with another recipient, is counted and has no effect.
"""

import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from distro.audience import book
from distro.feedback.items import Cause, Item
from distro.feedback.message import Message
from distro.feedback.webhooks import Event
from distro.installation.context import Installation
from distro.letter import message_ids
from distro.model import DistributionId, Subscriber, address_key
from distro.reports.locate import locate
from distro.store import distributions, records
from distro.subscribers import links
from distro.tokens import UNSUBSCRIBE, read_return_token

_LOOKED_AT = 10  # distributions in which an address is looked for, the newest
_TOKEN = re.compile(r"\+([0-9a-fA-F]{32})@")
_MESSAGE_ID = re.compile(r"<(\d{1,10})\.(\d{1,10})\.([0-9a-f]{16})@[^<>\s]{1,255}>")
_LINK = re.compile(r"/u/([0-9]{1,11}\.[0-9]{1,11}\.[0-9]{1,11}\.[A-Za-z0-9_-]{22})")
_RETURNED_TO = ("x-original-to", "delivered-to", "envelope-to", "to", "cc", "x-envelope-to")


class By(StrEnum):
    """The evidence for whose letter it is."""

    RETURN_PATH = "return_path"
    MESSAGE_ID = "message_id"
    LINK = "list_unsubscribe"
    RELAY_ID = "relay_id"
    DIALOGUE = "dialogue"  # the receiver said it to us
    RECIPIENT = "recipient"  # anybody could have written it
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of ours, and by what it was known."""

    distribution: DistributionId
    ordinal: int
    by: By
    # Nobody but the receiver of the bounce, the reader, or a provider whose report is signed can
    # know it. The Message-ID travels on in answers (RFC 5322 §3.6.4): it is not.
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Clues:
    """Everything in a message that only we can have written, checked."""

    letters: tuple[Letter, ...] = ()  # the strongest first
    forged: bool = False  # it has a token that looks like ours and is not


@dataclass(frozen=True, slots=True)
class Match:
    """The letter that an item is about, and its reader."""

    letter: Letter | None = None
    who: Subscriber | None = None
    problem: str = ""  # forged, wrong_recipient, unmatched; "": none

    @property
    def proven(self) -> bool:
        """Return whether it may have an effect."""
        return self.letter is not None and not self.problem and self.letter.by is not By.RECIPIENT

    @property
    def secret(self) -> bool:
        """Return whether it is proven by something that does not travel on in answers."""
        return self.proven and self.letter is not None and self.letter.secret

    @property
    def by(self) -> By:
        """Return by what it was known."""
        return self.letter.by if self.letter else By.NOTHING


def clues_in(installation: Installation, message: Message, envelope: str) -> Clues:
    """Return what a message has of ours; `envelope`: the address it was delivered to, if known."""
    places = [envelope, *(message.headers.get(name) for name in _RETURNED_TO)]
    places.append(message.returned.get("return-path"))
    found, forged = _tokens(installation, places)
    ids = [
        message.returned.get("message-id"),
        message.complaint.get("original-message-id"),
        message.headers.get("in-reply-to"),
        message.headers.get("references"),
        message.returned_text[:20_000],
        message.text[:20_000],
    ]
    known, wrong = _message_ids(installation, ids)
    held = [*message.returned.all("list-unsubscribe"), message.returned_text]
    linked = list(_links(installation, held))
    # What a secret names too is as good as the secret.
    secrets = {(letter.distribution, letter.ordinal) for letter in [*found, *linked]}
    several = [
        replace(letter, secret=(letter.distribution, letter.ordinal) in secrets)
        for letter in [*found, *known, *linked]
    ]
    return Clues(tuple(dict.fromkeys(several)), forged=(forged or wrong) and not several)


def clues_of(installation: Installation, event: Event) -> Clues:
    """Return what a provider's event has of ours."""
    found, forged = _tokens(installation, [event.envelope_sender])
    known, wrong = _message_ids(installation, [event.message_id])
    letters = [*found, *known]
    if not letters and event.relay_id:
        letters = list(_by_relay_id(installation, event))
    told = tuple(replace(letter, secret=True) for letter in dict.fromkeys(letters))
    return Clues(told, forged=(forged or wrong) and not letters)


def match(installation: Installation, item: Item, clues: Clues) -> Match:
    """Return whose letter an item is about."""
    if clues.forged:
        return Match(problem="forged")
    store, wrong = installation.store, False
    for letter in clues.letters:
        who = reader_at(installation, letter)
        if who is None:
            continue
        if item.recipient and not _is_theirs(item.recipient, who):
            wrong = True
            continue
        return Match(letter, who)
    if wrong:
        return Match(clues.letters[0], reader_at(installation, clues.letters[0]), "wrong_recipient")
    who = book.by_address(store, item.recipient) if item.recipient else None
    worth_it = item.hard or item.cause is Cause.COMPLAINT
    letter_of = _newest_letter(installation, who) if who and worth_it else None
    return Match(letter_of, who) if letter_of else Match(who=who, problem="unmatched")


def reader_at(installation: Installation, letter: Letter) -> Subscriber | None:
    """Return who a letter went to; None where there is no such letter, or nobody any more."""
    number = records.subscriber_at(installation.store, letter.distribution, letter.ordinal)
    return book.by_id(installation.store, number) if number else None


def is_sender(address: str, who: Subscriber) -> bool:
    """Return whether an address is this reader's, now or before."""
    return _is_theirs(address, who)


def is_named(address: str, who: Subscriber) -> bool:
    """Return the same, but for an address that a report hides (RFC 6590)."""
    return "redacted" not in address.lower() and _is_theirs(address, who)


def _is_theirs(address: str, who: Subscriber) -> bool:
    key = address_key(address.strip())
    if "redacted" in key:  # a feedback report may hide it (RFC 6590)
        return True
    return key == address_key(who.email) or key in who.columns.get("_former", ())


def _tokens(installation: Installation, places: Iterable[str]) -> tuple[list[Letter], bool]:
    found, forged = [], False
    for token in dict.fromkeys(t for place in places for t in _TOKEN.findall(place)[:10]):
        named = read_return_token(token, installation.keys)
        if named is None:
            forged = True
        else:
            found.append(Letter(DistributionId(str(named[0])), named[1], By.RETURN_PATH))
    return found, forged


def _message_ids(installation: Installation, places: Iterable[str]) -> tuple[list[Letter], bool]:
    found, forged = [], False
    pairs = dict.fromkeys(t for place in places for t in _MESSAGE_ID.findall(place)[:20])
    for distribution, ordinal, mac in pairs:
        if distribution == "0":  # a letter to a single reader, of no distribution
            continue
        made = message_ids("x", int(distribution), installation.keys)(int(ordinal))
        if hmac.compare_digest(made.partition(b"@")[0][-16:], mac.encode()):
            letter = Letter(DistributionId(distribution), int(ordinal), By.MESSAGE_ID)
            found.append(letter)
        else:
            forged = True
    return found, forged


def _links(installation: Installation, places: Iterable[str]) -> Iterator[Letter]:
    for token in dict.fromkeys(t for place in places for t in _LINK.findall(place)[:5]):
        reader = links.reader_of(installation, token, UNSUBSCRIBE)
        if reader and reader.distribution:
            yield Letter(DistributionId(str(reader.distribution)), reader.ordinal, By.LINK)


def _by_relay_id(installation: Installation, event: Event) -> Iterator[Letter]:
    who = book.by_address(installation.store, event.item.recipient)
    wanted = event.relay_id[:16]
    for number in distributions.newest(installation.store, _LOOKED_AT) if who else ():
        standing = locate(installation.store, number, who.id) if who else None
        if standing and standing.record and standing.record.queue_id == wanted:
            yield Letter(number, standing.ordinal, By.RELAY_ID)
            return


def _newest_letter(installation: Installation, who: Subscriber) -> Letter | None:
    for number in distributions.newest(installation.store, _LOOKED_AT):
        standing = locate(installation.store, number, who.id)
        if standing.record and standing.record.attempts:
            return Letter(number, standing.ordinal, By.RECIPIENT)
    return None
