"""Hold what a storm of one text from one server would do to the book, until a person looks.

A server that fell over says "no such user" of everybody. So each text is counted by the server that
says it; once it has struck many, and a good part of those whom it could have struck, what it did to
the book is taken back and held: `feedback storms` shows it, `--accept` carries it out, `--dismiss`
drops it. A decision holds for a day: the next storm is another one.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from distro.audience import book
from distro.errors import NotFoundError
from distro.feedback import rules
from distro.feedback.items import Cause, Item
from distro.incoming import address_book
from distro.incoming.matching import Letter
from distro.incoming.our_trouble import readers_of
from distro.installation.context import Installation
from distro.installation.rights import admit, check_whole
from distro.lib.mailbox_providers import provider_of
from distro.model import State, Subscriber, domain_of
from distro.relay.reply import without_address
from distro.store import records, returns

LEAST = 20  # people that a text struck within a day
SHARE = 0.1  # of the readers at the domains that it struck; of a relay's letters so far
_DECIDED_MS = 86_400_000
_RELAYS = 10  # domains of one text from which its server is a relay's, not the readers' own
_NUMBERS = re.compile(r"[0-9a-f]*[0-9][0-9a-f.:-]*")
_HOSTS = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,10}[a-z]{2,24}\b")
_TRIED = (State.ACCEPTED, State.FAILED, State.BOUNCED, State.COMPLAINED)


@dataclass(frozen=True, slots=True)
class Storm:
    """A text of one server that struck many."""

    name: str
    server: str
    said: str
    people: int
    since: int  # unix ms
    decided: str = ""  # accepted, dismissed; "": nobody has looked


def fingerprint(server: str, said: str) -> str:
    """Return a name for a text of one server: what differs from letter to letter is left out."""
    host = ".".join(server.lower().rstrip(".").split(".")[-3:])
    words = _NUMBERS.sub("#", _HOSTS.sub("host", rules.plain(said)))
    return hashlib.sha256(f"{host}|{words}".encode()).hexdigest()[:12]


def struck(
    installation: Installation, who: Subscriber, letter: Letter, item: Item, message: str
) -> str:
    """Count whom a text struck; return "held" where it is a storm, "dismissed" where a person said
    so, else "".
    """
    store, server = installation.store, item.server or domain_of(who.email)
    name = fingerprint(server, without_address(item.said, who.email))
    facts = {
        "who": who.id,
        "domain": domain_of(who.email),
        "cause": item.cause,
        "status": item.status,
        "of": letter.distribution,
    }
    people = returns.note_struck(store, name, message, facts)
    known = _known(installation, name)
    if known:
        return {"accepted": "", "dismissed": "dismissed"}.get(str(known["decided"]), "held")
    if not _is_time_to_look(people) or people < SHARE * _within_reach(installation, name):
        return ""
    said = without_address(item.said, who.email)[:200]
    storm = {"server": server, "said": said, "since": store.now_ms(), "decided": ""}
    returns.set_storm(store, name, storm)
    _take_back(installation, name)
    return "held"


def _known(installation: Installation, name: str) -> dict[str, Any] | None:
    """Return a storm that goes on, or was decided within a day."""
    store = installation.store
    known = returns.storm(store, name)
    if known and known["decided"] and int(known["decided_at"]) < store.now_ms() - _DECIDED_MS:
        returns.drop_storm(store, name)
        return None
    return known


def _is_time_to_look(people: int) -> bool:
    """Return whether so many are looked at: at every tenth more, since it reads all of them."""
    return people >= LEAST and people % max(1, people // 10) == 0


def _within_reach(installation: Installation, name: str) -> int:
    """Return how many a text could have struck: the readers at the domains and providers that it
    struck; of a relay, which speaks for many domains, whoever was tried in those distributions.
    """
    readers: dict[str, int] = {}
    of = set()
    for facts in returns.struck(installation.store, name).values():
        domain = str(facts["domain"])
        group = provider_of(domain) or domain
        of.add(str(facts["of"]))
        if group not in readers:
            readers[group] = 0 if len(readers) > _RELAYS else readers_of(installation, domain)
    if len(readers) <= _RELAYS:
        return sum(readers.values())
    counted = [records.counters(installation.store, distribution) for distribution in of]
    return sum(counts[state] for counts in counted for state in _TRIED)


def _take_back(installation: Installation, name: str) -> None:
    """Take back what a text did to the book before it was seen to be a storm."""
    for message, facts in returns.struck(installation.store, name).items():
        who = book.by_id(installation.store, int(facts["who"]))
        if who:
            address_book.lift_suppression(
                installation,
                who,
                message,
                why=f"held: one text struck many (storm {name})",
                source=address_book.SOURCE,
            )
            address_book.take_strikes_back(installation, who, message)


def open_storms(installation: Installation) -> list[Storm]:
    """Return the storms of late, those nobody has looked at first."""
    store = installation.store
    found = [
        Storm(
            name,
            str(facts["server"]),
            str(facts["said"]),
            len(returns.struck(store, name)),
            int(facts["since"]),
            str(facts["decided"]),
        )
        for name, facts in returns.storms(store).items()
    ]
    return sorted(found, key=lambda s: (bool(s.decided), -s.since))


def accept(installation: Installation, name: str, *, actor: str) -> int:
    """Carry out what a storm says; return how many addresses are suppressed."""
    check_whole(installation, "to decide a storm")
    admit(installation, actor, "feedback", about=f"storm {name}", wanted="accept")
    _decide(installation, name, "accepted")
    done = 0
    for message, facts in returns.struck(installation.store, name).items():
        who = book.by_id(installation.store, int(facts["who"]))
        if who:
            item = Item(who.email, Cause(str(facts["cause"])), str(facts["status"]))
            address_book.suppress(installation, who, item, message)
            done += 1
    return done


def dismiss(installation: Installation, name: str, *, actor: str) -> None:
    """Drop what a storm says: the server was in trouble, the addresses are good."""
    check_whole(installation, "to decide a storm")
    admit(installation, actor, "feedback", about=f"storm {name}", wanted="dismiss")
    _decide(installation, name, "dismissed")


def _decide(installation: Installation, name: str, decision: str) -> None:
    facts = returns.storm(installation.store, name)
    if facts is None:
        raise NotFoundError(f'there is no storm "{name}"', hint="distro feedback storms lists them")
    decided = {"decided": decision, "decided_at": installation.store.now_ms()}
    returns.set_storm(installation.store, name, facts | decided)
