"""The nouns of webhooks: a request, an office's keys, why it is refused, and an event."""

import base64
import binascii
import hmac
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from distro.feedback import rules
from distro.feedback.items import Cause, Item

MOST_BYTES = 1_000_000
MOST_EVENTS = 5_000  # of one request
LEAST_SECRET = 16  # bytes; what is shorter can be tried out


@dataclass(frozen=True, slots=True)
class Request:
    """A provider's post; header names in lower case."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    now: float = 0.0  # unix seconds


@dataclass(frozen=True, slots=True)
class Keys:
    """An office's keys for one provider."""

    secret: str = field(default="", repr=False)  # a password, or the key of a signature
    topics: tuple[str, ...] = ()  # of Amazon SNS: those that are ours
    # Fetches the certificate of Amazon SNS, from a host that was judged before.
    fetch: Callable[[str], bytes] | None = None

    @property
    def usable(self) -> bool:
        """Return whether a secret is there that nobody guesses."""
        return len(self.secret.encode()) >= LEAST_SECRET


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is not believed; `why` is for the log, the one who sent it is told nothing."""

    why: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a provider says happened."""

    item: Item
    event_id: str  # the provider's own: counted once
    message_id: str = ""  # our Message-ID, where the provider kept it, with angle brackets
    relay_id: str = ""  # what the provider calls the message: our ledger's queue id
    envelope_sender: str = ""  # the Return-Path that it was sent with


class Provider(Protocol):
    """A provider's module."""

    def verify(self, request: Request, keys: Keys) -> Refusal | None:
        """Return why a request is not believed; None: it is."""

    def once(self, body: bytes) -> str:
        """Return what of a verified request may come once only; "" where its events say so."""

    def read(self, body: bytes) -> list[Event]:
        """Return the events of a verified request; raises ValueError for what is not one."""


def parsed(body: bytes) -> Any:
    """Return a body's JSON; raises ValueError for what is none, or is nested too deep."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or a single one."""
    several = value if isinstance(value, list) else [value]
    return [one for one in several[:MOST_EVENTS] if isinstance(one, dict)]


def text(of: Mapping[str, Any], name: str) -> str:
    """Return a text or number of an object as text; "" for anything else."""
    value = of.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).split())[:1000]


def has_password(request: Request, keys: Keys) -> Refusal | None:
    """Return why basic authentication (RFC 7617) fails: its password, whatever the name, must be
    the secret.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(given, validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        decoded = b""
    password = decoded.partition(b":")[2]
    good = hmac.compare_digest(password, keys.secret.encode())
    return None if good and decoded else Refusal("the password is wrong, or none was given")


def no_token(body: bytes) -> str:
    """Return "": each event says by itself which it is, so nothing of the request must be new."""
    del body
    return ""


def seconds_from(now: float, timestamp: str) -> float:
    """Return how far a time (unix seconds, as text) is from now; infinitely, where it is none."""
    good = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
    return abs(now - int(timestamp)) if good else math.inf


def reply_code(of: Mapping[str, Any], name: str) -> int:
    """Return an SMTP reply code of an object; 0 for anything else."""
    code = text(of, name)
    return int(code) if code.isdecimal() and len(code) == 3 else 0


def part(of: Any, name: str) -> dict[str, Any]:
    """Return an object inside an object; {} for anything else."""
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def in_brackets(message_id: str) -> str:
    """Return a Message-ID as letters have it."""
    bare = message_id.strip().strip("<>")
    return f"<{bare}>" if bare else ""


def refused(recipient: str, said: str, kind: Cause, *, status: str = "", code: int = 0) -> Item:
    """Return the item of a failure: by what the server said, else by the provider's own kind."""
    found = rules.judge(said) if said else rules.UNDECIDED
    status = status or rules.enhanced_in(said)
    if found.cause is Cause.UNCLASSIFIED or found.rule.startswith("code"):
        told = rules.Judgement(kind, "the provider's kind")
        found = told if kind is not Cause.UNCLASSIFIED else rules.by_code(status)
    return Item(recipient, found.cause, status, code, said[:500], rule=found.rule)
