"""Explain why one person did or did not get a release, rule by rule: what a press officer needs
when somebody rings.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from distro.audience import book, consent
from distro.audience.expression import And, Node, Not, Or, Term, parse
from distro.audience.segments import holds
from distro.installation.context import Installation
from distro.letter import message_ids
from distro.mailing.compose import load_letter
from distro.model import DistributionId, State, Subscriber
from distro.reports.locate import Standing, locate
from distro.store import consents, distributions, returns
from distro.store.returns import Return
from distro.times import rfc3339

_EARLIER = 5  # other releases that are named
_LOOKED_AT = 20  # distributions, for them


@dataclass(frozen=True, slots=True)
class Rule:
    """One part of the expression and whether the person satisfies it, now."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one person and one distribution."""

    person: Subscriber
    found: Standing | None  # None: nothing was submitted yet
    rules: tuple[Rule, ...]
    matches_now: bool
    facts: tuple[consent.Fact, ...]
    zone: str
    message_id: str = ""
    refused: tuple[str, ...] = ()  # why they may not be written to, now
    # Where they stand in the release's other distributions, newest first.
    others: tuple[Standing, ...] = ()
    came_back: Return | None = None  # what came back of their letter
    # Other releases that they were sent, newest first; () where a release was named.
    earlier: tuple[Standing, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as `--json` prints it."""
        f = self.found
        return {
            "address": self.person.email,
            "name": self.person.name,
            "distribution": f"D{f.distribution}" if f else "",
            "headline": f.headline if f else "",
            "in_audience": bool(f and f.ordinal >= 0),
            "state": f.state.value if f and f.state else "",
            "reason": (f.left_out or f.said) if f else "",
            "edition": f.edition if f else "",
            "came_back": _came_back(self.came_back, self.zone),
            "rules": [{"rule": r.text, "holds": r.holds} for r in self.rules],
            "matches_now": self.matches_now,
            "others": [
                {
                    "distribution": f"D{o.distribution}",
                    "in_audience": o.ordinal >= 0,
                    "state": o.state.value if o.state else "",
                    "reason": o.left_out or o.said,
                }
                for o in self.others
            ],
            "earlier": [
                {
                    "distribution": f"D{e.distribution}",
                    "headline": e.headline,
                    "state": e.state.value if e.state else "",
                }
                for e in self.earlier
            ],
            "consent": [
                {"act": c.act, "at": rfc3339(c.at, self.zone), "source": c.source}
                for c in self.facts
            ],
        }

    @property
    def elsewhere(self) -> Standing | None:
        """Return another distribution of the release that reached them, where this one did not."""
        if self.found is None or self.found.state in (State.ACCEPTED, State.COMPLAINED):
            return None
        return next((other for other in self.others if other.state is State.ACCEPTED), None)


def explain(installation: Installation, address: str, release: str = "") -> Explanation:
    """Find out about one person and a release: the newest unless named, in all its distributions.

    The one told of is the named one, else the one that reached them, or may yet; the others are
    said in short.
    """
    who = book.person(installation.store, address)
    numbers = _distributions(installation, release)
    places = [locate(installation.store, number, who.id) for number in numbers]
    named = places[0] if places and _names_one(release) else None
    found = named or min(places, key=_rank, default=None)
    facts = tuple(consent.history(installation.store, who.id))
    refused = tuple(consents.refusals(installation.store, who.id))
    zone = installation.settings.site.timezone
    if found is None:
        return Explanation(
            who, None, (), matches_now=False, facts=facts, zone=zone, refused=refused
        )
    row: dict[str, object] = {"email": who.email, **{k: list(v) for k, v in who.columns.items()}}
    asked = distributions.read(installation.store, found.distribution)
    # Whom a note, or the rest of a correction, is for: the ledger says it, not an expression.
    node = parse(asked.expanded) if asked.expanded else None
    rules = (
        tuple(Rule(str(part), holds(row, part)) for part in _parts(node))
        if node
        else (Rule(asked.expression, found.ordinal >= 0),)
    )
    others = tuple(
        place for place in places if place is not found and (place.ordinal >= 0 or place.left_out)
    )
    earlier = (
        () if release else _earlier(installation, who, {place.distribution for place in places})
    )
    return Explanation(
        who,
        found,
        rules,
        holds(row, node) if node else found.ordinal >= 0,
        facts,
        zone,
        _message_id(installation, found),
        refused,
        others,
        returns.of_recipient(installation.store, found.distribution, found.ordinal),
        earlier,
    )


def _came_back(back: Return | None, zone: str) -> dict[str, str]:
    """Return what came back of a letter, {} where nothing did."""
    if back is None:
        return {}
    return {"cause": back.cause, "at": rfc3339(back.at, zone), "message": back.message}


def _earlier(
    installation: Installation, who: Subscriber, shown: set[DistributionId]
) -> tuple[Standing, ...]:
    """Find the newest distributions that have them among their recipients, beside those already
    told of.
    """
    store = installation.store
    numbers = distributions.newest(store, _LOOKED_AT)
    places = (locate(store, number, who.id) for number in numbers if number not in shown)
    return tuple(islice((place for place in places if place.ordinal >= 0), _EARLIER))


_REACHED = (
    State.ACCEPTED,
    State.COMPLAINED,
    State.BOUNCED,
    State.IN_DOUBT,
    State.SENDING,
    State.DEFERRED,
    State.QUEUED,
    State.FAILED,
    State.SUPPRESSED,
    State.CANCELLED,
)


def _rank(found: Standing) -> int:
    """Return how much a distribution says about whether somebody has the release: where it reached
    them first, then where it may.
    """
    return (
        _REACHED.index(found.state)
        if found.state is not None
        else len(_REACHED) + (not found.left_out)
    )


def _names_one(release: str) -> bool:
    """Return whether D17 or 17 is named, and not a release."""
    return release.strip().lstrip("dD").isdigit()


def _distributions(installation: Installation, release: str) -> list[DistributionId]:
    """Return a release's distributions, newest first; a named one before the others."""
    store = installation.store
    mine = distributions.of_release(store, release.strip()) if release else []
    if not release:
        first = distributions.newest(store, 1)
    else:
        first = mine[-1:] or [distributions.find(store, release)]
    if not first:
        return []
    slug = distributions.read(store, first[0]).release
    others = reversed(distributions.of_release(store, slug))
    return first + [number for number in others if number != first[0]]


def _message_id(installation: Installation, found: Standing) -> str:
    """Return the Message-ID of their letter; "" before there is one."""
    if found.ordinal < 0 or not found.edition:
        return ""
    return message_ids(
        load_letter(installation, found.distribution, found.edition).domain,
        int(found.distribution),
        installation.keys,
    )(found.ordinal).decode()


def _parts(node: Node) -> tuple[Node, ...]:
    """Return the rules that a person would name: what is joined by `and` at the top."""
    if isinstance(node, And):
        return node.parts
    assert isinstance(node, Not | Or | Term)
    return (node,)
