"""Signatures of the scripts about audiences: select, count, build, grow, frozen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distro.model import Plan
from distro.store.client import Call

Program = list[list[str | int]]  # postfix: ["k", key], ["or", n], ["and", n], ["not"], ["none"]


# Why `select.lua` leaves out somebody who may be written to; consents.REASONS has the others.
LEFT_OUT = (
    "complained",
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
    afresh: bool = False  # another text: whoever has an earlier one gets it too
    leave: Sequence[tuple[str, str]] = ()  # reason and bitmap of further people who are left out
    assigned: Sequence[tuple[str, str]] = ()  # edition and bitmap of its readers; (): by language

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
                "afresh": self.afresh,
                "leave": list(self.leave),
                "assigned": list(self.assigned),
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


def build(distribution: str, built: int, ids: bytes, threads: bytes = b"") -> Call[tuple[str, int]]:
    """Append a piece of the audience; gives ("ok", "elsewhere" or "not_now", how much is built).

    `threads`: what each letter of a note answers, 8 bytes each (`records.pack_threads`).
    """
    return Call("build", (distribution, built, ids, threads), lambda a: (a[0].decode(), int(a[1])))


def grow(distribution: str, audience: int, ids: bytes, threads: bytes, edition: int) -> Call[bool]:
    """Append people to the fixed audience of a note; False where it is not what it was, or over.

    `edition`: as the row of a batch has it, with the tier.
    """
    return Call("grow", (distribution, audience, ids, threads, edition), bool)


def frozen(
    distribution: str, audience: int, batches: bytes, state: str, reason: str = "", guard: str = ""
) -> Call[bool]:
    """Say that the audience is complete; False where somebody else said so, or it is not."""
    return Call("frozen", (distribution, audience, batches, state, reason, guard), bool)
