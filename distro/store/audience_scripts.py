"""Signatures of the scripts about releases and audiences: accept, select, count, build, frozen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distro.model import Plan
from distro.store.client import Call

Program = list[list[str | int]]  # postfix: ["k", key], ["or", n], ["and", n], ["not"], ["none"]


@dataclass(frozen=True, slots=True)
class AudienceQuery:
    """What `select_v2` is asked about a release."""

    slug: str
    program: Program
    order: Sequence[str]  # languages of the editions; the first is the last resort
    fallback: Sequence[str] = ()
    no_fallback: bool = False
    allow: Program | None = None  # outside production: who may be written to at all
    again: bool = False  # a person's order for one reader: the mark `taken` does not count
    digest: bool = False  # a newsletter: also for readers who want no single releases

    def told(self) -> str:
        return json.dumps(
            {
                "program": self.program,
                "allow": self.allow,
                "order": list(self.order),
                "fallback": list(self.fallback),
                "no_fallback": self.no_fallback,
                "again": self.again,
                "digest": self.digest,
            }
        )


def read_plan(text: bytes | str) -> Plan:
    """What `select_v2` found, also as it is kept with a distribution."""
    told = json.loads(text)
    # An empty Lua table comes as a JSON object either way; counts are numbers.
    tables = {
        key: {k: int(v) for k, v in (told[key] or {}).items()}
        for key in ("editions", "fallback", "left_out")
    }
    return Plan(matched=int(told["matched"]), audience=int(told["audience"]), **tables)


def plan(question: AudienceQuery) -> Call[Plan]:
    """Who would get it; changes nothing."""
    return Call(
        "select_v2", ("plan", "", question.slug, question.told()), lambda a: read_plan(a[1])
    )


@dataclass(frozen=True, slots=True)
class Reserved:
    """How a reservation went: `ok` with the plan; `wait` for another distribution, whose number is
    `about`; `changed`: the
    text in the language `about` is not the one that readers have; `not_now`: the distribution is
    not at this point.
    """

    what: str
    about: str = ""
    plan: Plan | None = None


def reserve(distribution: str, question: AudienceQuery) -> Call[Reserved]:
    """Fix who gets it; asked again, the reservation that was made."""

    def read(answer: Any) -> Reserved:
        what = answer[0].decode()
        return (
            Reserved(what, plan=read_plan(answer[1]))
            if what == "ok"
            else Reserved(what, answer[1].decode())
        )

    return Call("select_v2", ("reserve", distribution, question.slug, question.told()), read)


def compare(planes: str, op: str, bits: str, into: str, seconds: int) -> Call[int]:
    """Whose number compares so with these bits (highest first), as a bitmap in a key of its own for
    so long; gives how many.
    """
    return Call("compare_v1", (planes, op[0], int(op.endswith("=")), bits, into, seconds), int)


def count(program: Program) -> Call[int]:
    """How many a segment has."""
    return Call("count_v1", (json.dumps(program), ""), lambda a: int(a[0]))


def bitmap(program: Program) -> Call[bytes]:
    """The ids of a segment, one bit each, most significant first."""
    return Call("count_v1", (json.dumps(program), "1"), lambda a: a[1])


def build(distribution: str, built: int, ids: bytes) -> Call[tuple[str, int]]:
    """Append a piece of the audience; gives ("ok", "elsewhere" or "not_now", how much is built)."""
    return Call("build_v1", (distribution, built, ids), lambda a: (a[0].decode(), int(a[1])))


def frozen(
    distribution: str, audience: int, batches: bytes, state: str, reason: str = "", guard: str = ""
) -> Call[bool]:
    """The audience is complete; False: somebody else said so, or it is not."""
    return Call("frozen_v2", (distribution, audience, batches, state, reason, guard), bool)


def accept(told: dict[str, Any]) -> Call[tuple[str, str, str]]:
    """Store a release and a distribution; gives (what, id or reason, slug), see the script."""
    return Call(
        "accept_v2",
        (json.dumps(told, ensure_ascii=False),),
        lambda a: (
            a[0].decode(),
            str(a[1]) if isinstance(a[1], int) else a[1].decode(),
            a[2].decode(),
        ),
    )
