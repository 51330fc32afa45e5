"""The nouns that more than one stage speaks of. Values do not change: `dataclasses.replace` makes a
new one.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import NamedTuple

_ASCII_LOWER = {n: n + 32 for n in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text: str) -> str:
    """Return the text with A to Z in lower case and every other character as it is."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def address_key(address: str) -> str:
    """Return what makes two spellings of an address the same.

    Only ASCII letters lose their case: straße@a.example and strasse@a.example are two people's (RFC
    6531 §3.2).
    """
    return ascii_lower(address)


def former_address_key(address: str) -> str:
    """Return what made two spellings the same in earlier versions: a "no" or a link from then
    counts for ever.
    """
    return address.casefold()


def domain_of(address: str) -> str:
    """Return the domain of an address; its letters have no case (RFC 5321 §2.4)."""
    return address.rpartition("@")[2].casefold()


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody whom journalists may ask. Texts that are not there are ""."""

    name: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""


LANGUAGE_NAMES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "ar": "Arabic",
    "de": "German",
    "pt": "Portuguese",
    "it": "Italian",
    "ru": "Russian",
    "zh": "Chinese",
}


def language_name(code: str) -> str:
    """Return a language in English (fr-CA is French); the code itself where it is not known."""
    return LANGUAGE_NAMES.get(code.split("-", maxsplit=1)[0], code)


def is_right_to_left(language: str) -> bool:
    """Return whether a language is written from right to left."""
    return language.split("-", maxsplit=1)[0] in ("ar", "he", "fa", "ur")


KINDS = (
    "press-release",
    "statement",
    "media-advisory",
    "newsletter",
    "update",
    "correction",
    "hold",
    "kill",
)


# What tells the holders of a text something about it, and is no text itself.
NOTICES = ("hold", "clear", "kill", "lift")


PICTURES = ("image/png", "image/jpeg", "image/gif")  # what every mail program shows


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that travels with an edition; its bytes are kept once, under their hash."""

    name: str  # as readers see it: factsheet.pdf
    type: str  # image/png, application/pdf
    size: int  # bytes
    hash: str  # SHA-256 of its bytes, the first 32 hexadecimal digits
    source: str = ""  # of a picture in the text: what the Markdown calls it; "": an attachment
    width: int = 0  # pixels, of a picture

    @staticmethod
    def hash_of(raw: bytes) -> str:
        """Return the name under which bytes are kept."""
        return hashlib.sha256(raw).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A release in one language, as its file says it. Times stay text until someone needs them."""

    language: str  # BCP 47, lower case: en, fr, pt-br
    headline: str
    body: str  # Markdown
    subhead: str = ""
    dateline: str = ""  # the place (and what else stands before the dash)
    date: str = ""  # as written; "": the day it goes out
    notes_to_editors: str = ""  # Markdown
    boilerplate: str = ""  # Markdown
    contacts: tuple[Contact, ...] = ()
    kind: str = "press-release"
    slug: str = ""  # `id:` in the front matter; "": made from the headline
    sender: str = ""  # a desk of the settings; "": the first sender
    embargo: str = ""  # RFC 3339 with its own zone's offset
    note: str = ""  # of a correction, hold or kill: what happened
    it_said: str = ""  # of a correction: the wrong words
    it_should_say: str = ""  # and the right ones
    files: tuple[Enclosed, ...] = ()
    topics: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    personal: bool = False  # its text has fields that differ from reader to reader
    refers_to: str = ""  # of a note: when the text that it is about went out, RFC 3339
    next_word: str = ""  # of a hold: until when we write again, RFC 3339

    @property
    def version(self) -> str:
        """Return the hash of all that readers get to see: 16 hexadecimal digits."""
        fields = asdict(self)
        # A text of before they were has the same version.
        for later in ("refers_to", "next_word", "personal"):
            if not fields[later]:
                del fields[later]
        raw = json.dumps(fields, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(raw.encode()).hexdigest()[:16]

    @property
    def right_to_left(self) -> bool:
        """Return whether its language is written from right to left."""
        return is_right_to_left(self.language)

    def to_json(self) -> str:
        """Return the edition as it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Edition":
        """Return the edition that `to_json` wrote."""
        fields = json.loads(text)
        fields["contacts"] = tuple(Contact(**c) for c in fields["contacts"])
        fields["files"] = tuple(Enclosed(**f) for f in fields["files"])
        fields |= {key: tuple(fields[key]) for key in ("topics", "regions")}
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Release:
    """One story: its editions in the order in which they were given; the first is the last resort
    of every reader.
    """

    slug: str
    kind: str
    editions: tuple[Edition, ...]

    @property
    def headline(self) -> str:
        """Return the headline of the first edition."""
        return self.editions[0].headline

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages of its editions, in their order."""
        return tuple(e.language for e in self.editions)


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """Limits of a relay, learnt from its refusals; 0: no limit known."""

    connections: int = 0  # at once
    letters: int = 0  # a connection
    idle: float = 0.0  # seconds without a letter before it closes a connection


class DistributionId(str):
    """The number of a distribution in decimal digits, as keys and scripts have it."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str | int) -> "DistributionId | None":
        """Read "17", "D17", "d17" or 17; None for anything else."""
        found = re.fullmatch(r"[dD]?0*([0-9]{1,11})", str(text).strip(), re.ASCII)
        return cls(int(found[1])) if found else None

    @property
    def label(self) -> str:
        """Return the number as people write it: D17."""
        return f"D{self}"


class State(StrEnum):
    """The state of one recipient in one distribution: exactly one at any time (DESIGN: "The
    words").
    """

    QUEUED = "queued"  # planned, not tried, or to be tried again
    SENDING = "sending"  # intent written: an attempt is in flight
    ACCEPTED = "accepted"  # a relay answered 250: not "delivered", not "read"
    DEFERRED = "deferred"  # a temporary refusal; will be tried again at a known time
    FAILED = "failed"  # a permanent refusal, or given up after the retry period
    IN_DOUBT = "in_doubt"  # the attempt's end is unknown
    SUPPRESSED = "suppressed"  # may not be written to any more when the turn came
    CANCELLED = "cancelled"  # not tried because the distribution was cancelled
    BOUNCED = "bounced"  # accepted, then a permanent failure came back
    COMPLAINED = "complained"  # accepted, then a complaint came back

    @property
    def letter(self) -> str:
        """Return the byte that stands for it in the ledger."""
        return LETTERS[self]


# One byte a recipient in the ledger. The scripts know the same letters and the same order of
# counters.
LETTERS = {
    State.QUEUED: "q",
    State.SENDING: "i",
    State.ACCEPTED: "a",
    State.DEFERRED: "d",
    State.FAILED: "f",
    State.IN_DOUBT: "u",
    State.SUPPRESSED: "s",
    State.CANCELLED: "k",
    State.BOUNCED: "b",
    State.COMPLAINED: "m",
}
BY_LETTER = {letter: state for state, letter in LETTERS.items()}


class DistributionState(StrEnum):
    """The state of a distribution as a whole."""

    DRAFT = "draft"  # awaits approval
    SCHEDULED = "scheduled"  # waits for its time; `frozen_at` is set once its audience is fixed
    FREEZING = "freezing"  # the audience is being written down
    SENDING = "sending"
    HALTED = "halted"  # `resume` returns to the state before
    SENT = "sent"  # nothing queued, sending, deferred, nor in doubt awaiting anything
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Plan:
    """The audience that a query finds: numbers by edition, and who is left out for which reason."""

    matched: int
    audience: int
    editions: dict[str, int]  # language of the edition -> readers
    fallback: dict[str, int]  # of these, how many did not ask for that language
    left_out: dict[str, int]  # reason -> people
    trusted: int = 0  # of the audience, who have it before the embargo is over


class Outcome(NamedTuple):
    """A relay's answer for one recipient, judged."""

    state: State  # accepted, deferred, failed, in_doubt, or queued when provably nothing was sent
    code: int = 0  # SMTP reply code; 0: no reply
    text: str = ""  # the server's words, one line
    queue_id: str = ""  # what the relay calls the message
    relay: str = ""  # host:port
    inside: bool = (
        False  # the connection broke after the body began and before its end: provably not sent
    )


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person at an address, as the book holds them."""

    id: int
    email: str
    name: str = ""
    kind: str = ""
    outlet: str = ""
    language: str = ""
    country: str = ""
    # Every column as values, lists included.
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
