"""The documents about the office that operations answer with: what came back, relays, users."""

from collections.abc import Mapping, Sequence
from typing import Any

from distro.web.api.operation import Given


class Suggestion(Given):
    """A suggestion that an answer makes about a person."""

    id: str
    kind: str
    address: str
    at: str
    message: str
    back_on: str
    stand_in: str
    words: str


class Suggestions(Given):
    """All that wait for a decision."""

    suggestions: Sequence[Suggestion]


class Storm(Given):
    """A text of one server that struck many addresses."""

    id: str
    server: str
    said: str
    people: int
    since: str
    decided: str


class Storms(Given):
    """All of late."""

    storms: Sequence[Storm]


class Decided(Given):
    """The effect of a decision."""

    id: str
    done: str


class Message(Given):
    """A message that came back, and how each part of it was judged."""

    id: str
    at: str
    source: str
    verdicts: Sequence[Mapping[str, Any]]
    raw: str


class SenderReport(Given):
    """A domain of ours as receivers report it; `others`: letters that do not align, by address."""

    domain: str
    letters: int
    aligned: int
    share: float
    others: Mapping[str, int]
    receivers: Sequence[str]
    sessions: int
    failures: Mapping[str, int]


class SenderReports(Given):
    """All domains of ours of which something was reported."""

    domains: Sequence[SenderReport]


class Judgement(Given):
    """A verdict that the rules of today change."""

    message: str
    before: Mapping[str, Any]
    now: Mapping[str, Any]


class Judgements(Given):
    """All of them."""

    changed: Sequence[Judgement]


class LearntLimits(Given):
    """The limits that a relay taught us; 0: none. `idle`: seconds without a letter."""

    connections: int
    letters: int
    idle: float


class Relay(Given):
    """A relay; rates are letters a second, 0: as many as it takes."""

    name: str
    tls: str
    weight: int
    connections: int
    rate: float
    warming_up: bool
    learnt: LearntLimits


class ReceiverPace(Given):
    """A provider or group with a rate, or that asked us to slow down; letters a second."""

    name: str
    rate: float
    slowed_to: float
    until: str


class HaltedFor(Given):
    """A domain or provider that nothing is sent to for a while."""

    domain: str
    until: str
    reason: str
    by: str


class GoingOut(Given):
    """A distribution that is being sent; `last_minute`: accepted within it."""

    id: str
    headline: str
    audience: int
    tried: int
    last_minute: int


class Relays(Given):
    """All that; `processes` send, and `troubles` say why one of them sends nothing."""

    relays: Sequence[Relay]
    receivers: Sequence[ReceiverPace]
    halted: Sequence[HaltedFor]
    sending: Sequence[GoingOut]
    processes: int
    troubles: Sequence[str]


class AuditLine(Given):
    """One line of the audit log."""

    at: str
    who: str
    credential: str
    host: str
    act: str
    about: str
    was: str
    wanted: str
    why: str
    refused: str


class AuditLog(Given):
    """The newest lines of the audit log, the newest last, and its end."""

    lines: Sequence[AuditLine]
    head: str


class User(Given):
    """A person who may do something."""

    name: str
    role: str
    added: str
    expires: str
    disabled: bool
    desks: Sequence[str]
    lists: Sequence[str]


class Users(Given):
    """All of them."""

    users: Sequence[User]


class Token(Given):
    """A token, which is shown this once."""

    name: str
    token: str


class Finding(Given):
    """One thing that was examined."""

    about: str
    grade: str
    text: str
    next: str


class Health(Given):
    """The findings of an examination of the installation."""

    findings: Sequence[Finding]


class Setting(Given):
    """One setting, its value where it is no secret, and where that comes from."""

    name: str
    value: str
    source: str
    meaning: str


class Settings(Given):
    """All settings."""

    settings: Sequence[Setting]
