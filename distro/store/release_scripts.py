"""Signatures of the scripts about a release: accept stores a distribution of it, act ends or halts
what is under way and tells the holders.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distro.model import Edition
from distro.store.client import Call


@dataclass(frozen=True, slots=True)
class EditionText:
    """An edition as it is kept: its version is the hash that its text had when it was written."""

    language: str
    version: str
    json: str

    @classmethod
    def of(cls, edition: Edition) -> "EditionText":
        """Return an edition as it will be kept."""
        return cls(edition.language, edition.version, edition.to_json())

    def payload(self) -> dict[str, str]:
        """Return it as the scripts read it."""
        return {"lang": self.language, "version": self.version, "json": self.json}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDistribution:
    """One distribution, as a person ordered it."""

    kind: str
    headline: str
    editions: Sequence[EditionText]  # the first is the last resort of every reader
    expression: str  # who it is for, as typed
    expanded: str  # the same, named segments replaced by their meaning
    actor: str
    planned: int  # people
    planned_trusted: int = 0  # of these, who have it before the embargo is over
    sender: str = ""  # name of the desk; "": the usual one
    start_ms: int = 0  # unix ms; 0: now
    no_fallback: bool = False
    trusted: str = ""  # the list that has it before the embargo is over; "": nobody does
    lift_ms: int = 0  # when the embargo is over, unix ms; 0: there is none
    again: bool = False  # whoever has the release gets this all the same
    resend_of: str = ""  # the distribution that is sent once more
    # "unreached": for those whom the sources of its act never reached; "matching": who match only
    rest: str = ""
    required: int = 0  # people who must approve it
    break_glass: str = ""  # why it goes out without their approval
    record: str = ""  # what was decided about changes and comments left in its documents
    sources: Sequence[str] = ()  # distributions whose holders it is for; else the act finds them
    siblings: Sequence[str] = ()  # notes whose recipients have been told

    def payload(self) -> dict[str, Any]:
        """Return it as the scripts read it."""
        fields = {
            "expression": self.expression,
            "expanded": self.expanded,
            "actor": self.actor,
            "planned": str(self.planned),
            "no_fallback": "1" if self.no_fallback else "",
            "sender": self.sender,
        }
        if self.lift_ms:
            fields |= {
                "lift_at": str(self.lift_ms),
                "trusted": self.trusted,
                "planned_trusted": str(self.planned_trusted),
            }
        if self.again:
            fields |= {"again": "1", "resend_of": self.resend_of}
        if self.required:
            fields["required"] = str(self.required)
            if not self.start_ms:
                fields["at_once"] = "1"
        if self.break_glass:
            fields["break_glass"] = self.break_glass
        if self.record:
            fields["record"] = self.record
        if self.rest:
            fields["rest"] = self.rest
        if self.sources:
            fields |= {"sources": " ".join(self.sources), "siblings": " ".join(self.siblings)}
        return {
            "kind": self.kind,
            "headline": self.headline,
            "editions": [edition.payload() for edition in self.editions],
            "start": self.start_ms,
            "fields": fields,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One distribution of a release with what it is checked against: what `accept` takes."""

    slug: str
    distribution: NewDistribution
    as_new: bool = False  # a story of its own, whatever readers already have
    fingerprints: Sequence[str] = ()  # of headlines and bodies; another slug may not have them
    idempotency_key: str = ""
    content: str = ""  # hash of what the idempotency key stands for

    def to_json(self) -> str:
        """Return it as the script reads it."""
        submission = self.distribution.payload() | {
            "slug": self.slug,
            "as_new": self.as_new,
            "same": list(self.fingerprints),
            "idem": self.idempotency_key,
            "content": self.content,
        }
        return json.dumps(submission, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The store's answer to a submission.

    `what`: ok; again (the idempotency key was known); idem_other (it stands for something else);
    same (another slug has this text); changed (readers have another text); held or killed (the
    release is, by the distribution `about`).
    """

    what: str
    about: str  # a distribution's number, a slug or a language
    slug: str  # of the release


def accept(submission: Submission) -> Call[Answer]:
    """Store a release and a distribution of it; all or nothing."""

    def read(answer: Any) -> Answer:
        """Read the script's answer."""
        about = str(answer[1]) if isinstance(answer[1], int) else answer[1].decode()
        return Answer(answer[0].decode(), about, answer[2].decode())

    return Call("accept", (submission.to_json(),), read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act about a release: correct, update, hold, clear, kill, notify or late."""

    slug: str
    verb: str
    actor: str
    distributions: Sequence[NewDistribution]
    kind: str = ""  # of the release, from now on
    headline: str = ""
    texts: Sequence[EditionText] = ()  # what the release says from now on
    fingerprints: Sequence[str] = ()
    planned: Mapping[str, str] = field(default_factory=dict)  # language -> version, as planned for
    seen: int = 0  # distributions of the release, as whoever tells late holders saw them
    until_ms: int = 0  # when the next word about a hold is promised; 0: not said
    idempotency_key: str = ""  # the same key does it once

    def to_json(self) -> str:
        """Return it as the script reads it."""
        act = {
            "slug": self.slug,
            "verb": self.verb,
            "actor": self.actor,
            "kind": self.kind,
            "headline": self.headline,
            "texts": [text.payload() for text in self.texts],
            "same": list(self.fingerprints),
            "until": self.until_ms,
            "planned": dict(self.planned),
            "seen": self.seen,
            "distributions": [d.payload() for d in self.distributions],
            "idem": self.idempotency_key,
        }
        return json.dumps(act, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Acted:
    """The store's answer to an act.

    `what`: ok; again (the idempotency key was known); killed, held, not_held or pending: why not,
    with the distribution `first` that says so; moved: the release is not what the plan saw.
    """

    what: str
    first: str  # number of the first new distribution
    last: str = ""  # and of the last


def act(order: Act) -> Call[Acted]:
    """End or halt what is under way of a release and store what tells its holders; all or
    nothing.
    """
    return Call("act", (order.to_json(),), lambda a: Acted(*(part.decode() for part in a)))
