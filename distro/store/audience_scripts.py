"""Signatures of the scripts about releases and audiences: accept, select, count, build, frozen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distro.model import Edition, Plan
from distro.store.client import Call

Program = list[list[str | int]]  # postfix: ["k", key], ["or", n], ["and", n], ["not"], ["none"]


# Why `select.lua` leaves out somebody who may be written to; consents.REASONS has the others.
LEFT_OUT = (
    "wants_digests_only",
    "already_has_it",
    "not_on_the_allow_list",
    "no_edition_in_their_language",
)


@dataclass(frozen=True, slots=True)
class AudienceQuery:
    """A question about an audience, for `select`."""

    slug: str
    program: Program
    order: Sequence[str]  # languages of the editions; the first is the last resort
    fallback: Sequence[str] = ()
    no_fallback: bool = False
    allow: Program | None = None  # outside production: who may be written to at all
    again: bool = False  # a person's order for one reader: the mark `taken` does not count
    digest: bool = False  # a newsletter: also for readers who want no single releases
    trusted: str = ""  # a list whose people have it before the embargo is over

    def payload(self) -> str:
        """Return it as the script reads it."""
        return json.dumps(
            {
                "program": self.program,
                "allow": self.allow,
                "order": list(self.order),
                "fallback": list(self.fallback),
                "no_fallback": self.no_fallback,
                "again": self.again,
                "digest": self.digest,
                "trusted": self.trusted,
            }
        )


def read_plan(text: bytes | str) -> Plan:
    """Return what `select` found, also as it is kept with a distribution."""
    payload = json.loads(text)
    # An empty Lua table comes as a JSON object either way; counts are numbers.
    tables = {
        key: {k: int(v) for k, v in (payload[key] or {}).items()}
        for key in ("editions", "fallback", "left_out")
    }
    return Plan(
        matched=int(payload["matched"]),
        audience=int(payload["audience"]),
        trusted=int(payload.get("trusted", 0)),
        **tables,
    )


def plan(question: AudienceQuery) -> Call[Plan]:
    """Return who would get it; changes nothing."""
    return Call(
        "select", ("plan", "", question.slug, question.payload()), lambda a: read_plan(a[1])
    )


@dataclass(frozen=True, slots=True)
class Reserved:
    """The end of a reservation.

    `ok` with the plan; `wait` for another distribution, whose number is `about`; `changed`: the
    text in the language `about` is not the one that readers have; `not_now`: the distribution is
    not at this point.
    """

    what: str
    about: str = ""
    plan: Plan | None = None


def reserve(distribution: str, question: AudienceQuery) -> Call[Reserved]:
    """Fix who gets it; asked again, the reservation that was made."""

    def read(answer: Any) -> Reserved:
        """Read the script's answer."""
        what = answer[0].decode()
        return (
            Reserved(what, plan=read_plan(answer[1]))
            if what == "ok"
            else Reserved(what, answer[1].decode())
        )

    return Call("select", ("reserve", distribution, question.slug, question.payload()), read)


def compare(planes: str, op: str, bits: str, into: str, seconds: int) -> Call[int]:
    """Keep whose number compares so with these bits (highest first) as a bitmap for so many
    seconds.

    Returns how many they are.
    """
    return Call("compare", (planes, op[0], int(op.endswith("=")), bits, into, seconds), int)


def count(program: Program) -> Call[int]:
    """Return how many a segment has."""
    return Call("count", (json.dumps(program), ""), lambda a: int(a[0]))


def bitmap(program: Program) -> Call[bytes]:
    """Return the ids of a segment, one bit each, most significant first."""
    return Call("count", (json.dumps(program), "1"), lambda a: a[1])


def build(distribution: str, built: int, ids: bytes) -> Call[tuple[str, int]]:
    """Append a piece of the audience; gives ("ok", "elsewhere" or "not_now", how much is built)."""
    return Call("build", (distribution, built, ids), lambda a: (a[0].decode(), int(a[1])))


def frozen(
    distribution: str, audience: int, batches: bytes, state: str, reason: str = "", guard: str = ""
) -> Call[bool]:
    """Say that the audience is complete; False where somebody else said so, or it is not."""
    return Call("frozen", (distribution, audience, batches, state, reason, guard), bool)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One distribution of a release, as a person ordered it: what the accept script takes."""

    slug: str
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
    as_new: bool = False  # a story of its own, whatever readers already have
    no_fallback: bool = False
    trusted: str = ""  # the list that has it before the embargo is over; "": nobody does
    lift_ms: int = 0  # when the embargo is over, unix ms; 0: there is none
    again: bool = False  # for one reader, who gets it whether or not they have it
    resend_of: str = ""  # the distribution that is sent once more
    fingerprints: Sequence[str] = ()  # of headlines and bodies; another slug may not have them
    idempotency_key: str = ""
    content: str = ""  # hash of what the idempotency key stands for

    def to_json(self) -> str:
        """Return it as the script reads it."""
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
        submission = {
            "slug": self.slug,
            "kind": self.kind,
            "headline": self.headline,
            "as_new": self.as_new,
            "editions": [
                {"lang": e.language, "version": e.version, "json": e.json} for e in self.editions
            ],
            "same": list(self.fingerprints),
            "start": self.start_ms,
            "idem": self.idempotency_key,
            "content": self.content,
            "fields": fields,
        }
        return json.dumps(submission, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The store's answer to a submission.

    `what`: ok; again (the idempotency key was known); idem_other (it stands for something else);
    same (another slug has this text); changed (readers have another text).
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
