"""Hold what a storm of one text from one server would do to the book, until a person looks.

A server that fell over says "no such user" of everybody. So each text is counted by the server that
says it; once it has struck many, and a good part of the readers there, what it did to the book is
taken back and held: `feedback storms` shows it, `--accept` carries it out, `--dismiss` drops it.
"""

import hashlib
import re
from dataclasses import dataclass

from distro.audience import book
from distro.errors import NotFoundError
from distro.feedback import rules
from distro.feedback.items import Cause, Item
from distro.incoming import address_book
from distro.incoming.our_trouble import readers_of
from distro.installation.context import Installation
from distro.lib.mailbox_providers import provider_of
from distro.model import Subscriber, domain_of
from distro.relay.reply import without_address
from distro.store import returns

LEAST = 20  # people that a text struck within a day
SHARE = 0.1  # of the readers at the domains and providers that it struck
_NUMBERS = re.compile(r"[0-9a-f]*[0-9][0-9a-f.:-]*")


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
    words = _NUMBERS.sub("#", rules.plain(said))
    return hashlib.sha256(f"{host}|{words}".encode()).hexdigest()[:12]


def struck(installation: Installation, who: Subscriber, item: Item, message: str) -> str:
    """Count whom a text struck; return "held" where it is a storm, "dismissed" where a person said
    so, else "".
    """
    store, server = installation.store, item.server or domain_of(who.email)
    name = fingerprint(server, without_address(item.said, who.email))
    facts = {"who": who.id, "cause": item.cause, "status": item.status}
    people = returns.note_struck(store, name, message, facts)
    known = returns.storms(store).get(name)
    if known:
        return {"accepted": "", "dismissed": "dismissed"}.get(str(known["decided"]), "held")
    if not _is_time_to_look(people) or people < SHARE * _readers_there(installation, name):
        return ""
    said = without_address(item.said, who.email)[:200]
    storm = {"server": server, "said": said, "since": store.now_ms(), "decided": ""}
    returns.set_storm(store, name, storm)
    _take_back(installation, name)
    return "held"


def _is_time_to_look(people: int) -> bool:
    """Return whether so many are looked at: at 20, 40, 80 … since it reads all of them."""
    return people >= LEAST and people % LEAST == 0 and (people // LEAST).bit_count() == 1


def _readers_there(installation: Installation, name: str) -> int:
    """Return how many readers of the book are at the domains and providers that a text struck."""
    found: dict[str, int] = {}
    for facts in returns.struck(installation.store, name).values():
        who = book.by_id(installation.store, int(facts["who"]))
        domain = domain_of(who.email) if who else ""
        group = provider_of(domain) or domain
        if domain and group not in found:
            found[group] = readers_of(installation, domain)
    return sum(found.values())


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


def accept(installation: Installation, name: str) -> int:
    """Carry out what a storm says; return how many addresses are suppressed."""
    _decide(installation, name, "accepted")
    done = 0
    for message, facts in returns.struck(installation.store, name).items():
        who = book.by_id(installation.store, int(facts["who"]))
        if who:
            item = Item(who.email, Cause(str(facts["cause"])), str(facts["status"]))
            address_book.suppress(installation, who, item, message)
            done += 1
    return done


def dismiss(installation: Installation, name: str) -> None:
    """Drop what a storm says: the server was in trouble, the addresses are good."""
    _decide(installation, name, "dismissed")


def _decide(installation: Installation, name: str, decision: str) -> None:
    facts = returns.storms(installation.store).get(name)
    if facts is None:
        raise NotFoundError(f'there is no storm "{name}"', hint="distro feedback storms lists them")
    returns.set_storm(installation.store, name, facts | {"decided": decision})
