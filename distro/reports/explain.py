"""Why one person did or did not get a release, rule by rule: what somebody needs who rings and
asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from distro.audience import book, consent
from distro.audience.expression import And, Node, Not, Or, Term, parse
from distro.audience.segments import holds
from distro.installation.context import Installation
from distro.letter import message_ids
from distro.mailing.compose import load_letter
from distro.model import DistributionId, State, Subscriber
from distro.reports.locate import Standing, locate
from distro.reports.person_page import PersonPage, RuleRow, person_page
from distro.store import consents, distributions
from distro.times import from_ms, rfc3339

_EARLIER = 5  # other releases that are named
_LOOKED_AT = 20  # distributions, for them
_GOT = {
    State.ACCEPTED: "was sent",
    State.BOUNCED: "did not get",
    State.COMPLAINED: "was sent",
    State.FAILED: "did not get",
    State.QUEUED: "has not got … yet:",
    State.SENDING: "is just being sent",
    State.DEFERRED: "has not got … yet:",
    State.IN_DOUBT: "may have got",
    State.SUPPRESSED: "did not get",
    State.CANCELLED: "did not get",
}
_LEFT = {
    "unsubscribed": "unsubscribed",
    "suppressed": "suppressed: may not be written to",
    "paused": "paused at their own wish",
    "unconfirmed": "asked for on the page and not confirmed",
    "erased": "erased at their own wish",
    "wants_digests_only": "wants newsletters and digests only",
    "already_has_it": "already has it from another distribution",
    "not_on_the_allow_list": "not on the allow-list ([site] allow) of this environment",
    "no_edition_in_their_language": "no edition in their language",
}


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
    others: tuple[
        Standing, ...
    ] = ()  # where they stand in the release's other distributions, newest first
    earlier: tuple[
        Standing, ...
    ] = ()  # other releases that they were sent lately, newest first; empty where one was named

    def told(self) -> dict[str, Any]:
        """As `--json` says it."""
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

    def sentences(self) -> Iterator[str]:
        """As the terminal says it."""
        who = ", ".join(filter(None, (self.person.name, self.person.outlet)))
        name = f"{who} <{self.person.email}>" if who else self.person.email
        if self.found is None:
            yield f"{name} is in the book. Nothing was submitted yet."
        else:
            yield self._headline(name, self.found)
            if self._elsewhere:
                yield (
                    f"They have it all the same: they were sent D{self._elsewhere.distribution} of"
                    " this release."
                )
            yield ""
            width = max([len(r.text) for r in self.rules] + [len("may be written to")])
            for rule in self.rules:
                yield f"  matches now        {rule.text:<{width}}   {'yes' if rule.holds else 'no'}"
            yield f"  may be written to  {'':<{width}}   {self._consent()}"
            yield from self._outcome(self.found)
            for other in self.others:
                yield from (
                    line.replace("  →", f"  D{other.distribution}", 1)
                    for line in self._outcome(other)
                )
        if self.earlier:
            yield ""
            yield "Other releases, newest first:"
            for found in self.earlier:
                at = (
                    f" on {self._day(found.record.at * 1000)}"
                    if found.record and found.record.at
                    else ""
                )
                yield (
                    f"  D{found.distribution:<4}"
                    f" {found.state.value.replace('_', ' ') if found.state else ''}{at}  "
                    f" {found.headline}"
                )
        if consent.UNSUBSCRIBED in self.refused:
            yield ""
            yield "Nobody but the person may undo this wish."

    @property
    def _elsewhere(self) -> Standing | None:
        """Another distribution of the release that reached them, where this one did not."""
        if self.found is None or self.found.state in (State.ACCEPTED, State.COMPLAINED):
            return None
        return next((other for other in self.others if other.state is State.ACCEPTED), None)

    def _headline(self, name: str, found: Standing) -> str:
        what = f'D{found.distribution} "{found.headline}"'
        if found.state is not None:
            said = _GOT[found.state]
            return (
                f"{name} {said.replace('…', what)} {'' if '…' in said else what}".rstrip()
                + (f" {found.state.value}" if "…" in said else "")
                + "."
            )
        if not found.frozen_ms:
            return f"{name}: the audience of {what} is not fixed yet."
        return f"{name} did not get {what}."

    def _consent(self) -> str:
        if not self.refused:
            return "yes"
        acts = ("signed_up",) if self.refused[0] == "unconfirmed" else (self.refused[0],)
        last = next((f for f in reversed(self.facts) if f.act in acts), None)
        return (
            f"no    {self.refused[0]} on {self._day(last.at)}, by {last.source}"
            if last
            else f"no    {self.refused[0]}"
        )

    def _outcome(self, found: Standing) -> Iterator[str]:
        if found.left_out:
            yield (
                f"  → left out when the audience was frozen on {self._day(found.frozen_ms)}:"
                f" {_LEFT[found.left_out]}"
            )
        elif found.state is not None and found.record is not None:
            at = f" on {self._day(found.record.at * 1000)}" if found.record.at else ""
            code = f" with {found.record.code}" if found.record.code else ""
            qid = f", queue id {found.record.queue_id}" if found.record.queue_id else ""
            state = found.state.value.replace("_", " ")
            attempts = f"{found.record.attempts} attempt" + "s" * (found.record.attempts != 1)
            said = f": {found.said}" if found.said else ""
            yield f"  → {state}{at}{code}{qid}, after {attempts}{said}"
        elif found.frozen_ms:
            now = "matches now, but did not then" if self.matches_now else "does not match"
            yield f"  → not in the audience frozen on {self._day(found.frozen_ms)}: {now}"

    def _day(self, ms: int) -> str:
        when = from_ms(ms, self.zone)
        return f"{when.day} {when:%B %Y at %H:%M:%S}"

    def spoken(self) -> list[str]:
        """What to read out to whoever rings."""
        found = self._elsewhere or self.found
        if found is None:
            return ["We have not sent anything yet."]
        title = f"The title begins “{found.headline[:50]}”."
        if found.state is None:
            if not found.frozen_ms:
                return ["It has not gone out yet.", title]
            why = {
                "unsubscribed": "you had asked us not to write to you any more",
                "suppressed": "letters to your address had come back to us before",
                "already_has_it": "you have it from an earlier sending",
                "paused": "you had asked us to pause",
                "unconfirmed": "the letter that asks whether you want our mail was not answered",
                "wants_digests_only": "you chose to get newsletters only",
            }.get(found.left_out)
            return [
                (
                    "We did not send it to you:"
                    f" {why or 'you are not among those whom this release was meant for'}."
                ),
                title,
            ]
        at = self._day(found.record.at * 1000) if found.record and found.record.at else ""
        return {
            State.ACCEPTED: [
                (
                    f"We sent it to you on {at}, and our mail server took it. It has not come back"
                    " to us."
                ),
                title,
                (
                    "Could you look in your spam folder? If it is not there, your IT desk can"
                    " search for that title at that minute."
                ),
            ],
            State.FAILED: [
                (
                    f"We tried on {at}, and your server refused it:"
                    f" {found.said or 'it did not say why'}."
                ),
                "May I check your address with you, letter by letter?",
            ],
            State.DEFERRED: [
                f"We tried on {at}; your server asked us to come back later, and we shall.",
                title,
            ],
            State.IN_DOUBT: [
                f"We sent it on {at}, and the answer of the server was lost: you may have it.",
                title,
            ],
            State.SUPPRESSED: ["You asked us to stop before its turn came, so we did not send it."],
            State.CANCELLED: ["The sending was cancelled before your turn came."],
            State.BOUNCED: [f"We sent it on {at}, and it came back: {found.said}."],
            State.COMPLAINED: [
                f"We sent it on {at}; it was reported to us as spam from your address."
            ],
        }.get(found.state, ["It is on its way: your turn comes within minutes.", title])

    def rows(self) -> list[RuleRow]:
        """Why, rule by rule."""
        rows = [
            RuleRow(
                "Yes",
                "In the book",
                ", ".join(filter(None, (self.person.email, self.person.kind, self.person.country))),
            )
        ]
        rows += [
            RuleRow("Yes" if r.holds else "No", f"Matches {r.text}", "as the book is now")
            for r in self.rules
        ]
        rows.append(
            RuleRow(
                "No" if self.refused else "Yes",
                "May be written to",
                self._consent().removeprefix("no    ") if self.refused else "",
            )
        )
        return rows + [
            RuleRow("→", line.strip().removeprefix("→ "))
            for line in (self._outcome(self.found) if self.found else ())
        ]

    def admin_facts(self) -> list[tuple[str, str]]:
        """What a mail admin searches a log for."""
        found = self.found
        if found is None or found.record is None or not found.record.attempts:
            return []
        told = [
            ("State", found.state.value if found.state else ""),
            ("Attempts", str(found.record.attempts)),
            ("At", self._day(found.record.at * 1000)),
            ("Answer", f"{found.record.code} {found.said}".strip()),
            ("Queue id", found.record.queue_id),
            ("Message-ID", self.message_id),
        ]
        return [(label, text) for label, text in told if text]


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
    node = parse(distributions.read(installation.store, found.distribution).expanded)
    rules = tuple(Rule(str(part), holds(row, part)) for part in _parts(node))
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
        holds(row, node),
        facts,
        zone,
        _message_id(installation, found),
        refused,
        others,
        earlier,
    )


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
    """How much a distribution says about whether somebody has the release: where it reached them
    first, then where it may.
    """
    return (
        _REACHED.index(found.state)
        if found.state is not None
        else len(_REACHED) + (not found.left_out)
    )


def _names_one(release: str) -> bool:
    """Whether D17 or 17 is named, and not a release."""
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
    """The Message-ID of their letter; "" before there is one."""
    if found.ordinal < 0 or not found.edition:
        return ""
    return message_ids(
        load_letter(installation, found.distribution, found.edition),
        int(found.distribution),
        installation.keys,
    )(found.ordinal).decode()


def write_page(installation: Installation, result: Explanation, path: Path) -> int:
    """Write the explanation as a page; gives its bytes."""
    who = ", ".join(filter(None, (result.person.name, result.person.outlet))) or result.person.email
    lead = next(iter(result.sentences()))
    now = from_ms(installation.store.now_ms(), result.zone)
    told = PersonPage(
        who,
        f"D{result.found.distribution}" if result.found else "",
        installation.settings.sender.name,
        result.zone,
        f"{now.day} {now:%b %Y, %H:%M:%S}",
        lead,
        result.spoken(),
        result.rows(),
        result.admin_facts(),
    )
    raw = person_page(told).encode()
    path.write_bytes(raw)
    return len(raw)


def _parts(node: Node) -> tuple[Node, ...]:
    """The rules that a person would name: what is joined by `and` at the top."""
    if isinstance(node, And):
        return node.parts
    assert isinstance(node, Not | Or | Term)
    return (node,)
