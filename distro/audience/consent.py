"""Keep consent as facts: only ever added, and durable before they are acknowledged.

Facts are only ever added. What somebody agreed to is a function of all facts about them
(`consent`). At the start of every part, facts of this host's file that Redis lacks (after a power
cut or a restore) are replayed in order, before the first intent. A "no" outlives any import.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from distro.store import Store, consents, keys

# Each takes something away …
UNSUBSCRIBED = "unsubscribed"  # the person's own wish
SUPPRESSED = "suppressed"  # we may not: bounced, complained, or by an admin
PAUSED = "paused"  # the person's own wish, until a day
SIGNED_UP = "signed_up"  # asked for on the page, not yet confirmed
ERASED = "erased"  # the person's own wish: nothing is kept but this
# … or gives it back, or only tells something.
RESUBSCRIBED = "resubscribed"  # by the person alone
LIFTED = "lifted"  # a suppression, by an admin with a reason
RESUMED = "resumed"
CONFIRMED = "confirmed"  # the link of the letter was answered: the second half of a double opt-in
JOINED, LEFT = "joined", "left"  # one list
MOVED = "moved"  # to another address
ADDED, CHANGED = "added", "changed"
# The reason for which an act keeps mail away, where it is called otherwise (`consent`).
_TAKES = {SIGNED_UP: "unconfirmed"}
NOES = (UNSUBSCRIBED, SUPPRESSED, ERASED)

# The keyed hashes of an address, hexadecimal: today's, then former ones.
Hashes = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to somebody's consent."""

    fact: str  # its id
    subscriber: int
    act: str  # one of the above
    at: int  # unix ms, this host's clock
    source: str  # where it came from: "one-click link of D15", "m.zammit"
    address_hash: str  # whose it is, without the address
    detail: str = ""  # which list, on what basis, for what reason
    till: int = 0  # unix ms: the end of a pause

    def of(self, subscriber: int) -> "Fact":
        """Return the same fact about the subscriber with this id."""
        return replace(self, subscriber=subscriber)

    @property
    def payload(self) -> str:
        """Return the fact as the file and Redis keep it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def args(self) -> tuple[int, str, str]:
        """Return the fact as the script takes it."""
        return self.subscriber, self.fact, self.payload


def imported_no(
    number: int,
    subscriber: int,
    act: str,
    row: Mapping[str, str],
    address_hash: str = "",
    said: str = "",
) -> Fact:
    """Return the fact that another system's export says no; the same again when the piece is
    written again.
    """
    name = hashlib.sha256(f"{number}:{subscriber}:{act}".encode()).hexdigest()[:24]
    return Fact(
        name,
        subscriber,
        act,
        int(row.get("at", 0)),
        f"import {number} of {row.get('file', '')} by {row.get('actor', '')}",
        address_hash,
        said,
    )


def taking(facts: Iterable[Fact]) -> list[tuple[str | bytes | int, ...]]:
    """Return what Redis is told of facts that take something away, with the rows of those whom they
    are about.
    """
    return [
        command
        for f in facts
        for command in (
            ("HSET", keys.facts(f.subscriber), f.fact, f.payload),
            ("SETBIT", keys.refused(_TAKES.get(f.act, f.act)), f.subscriber, 1),
            ("SETBIT", keys.REFUSED, f.subscriber, 1),
        )
    ]


def said_before(store: Store, hashes_of: Hashes, addresses: Sequence[str]) -> list[str]:
    """Return what each address that is not in the book said before: erased, unsubscribed,
    suppressed, or "".
    """
    hashes = [hashes_of(address) for address in addresses]
    flat = [h for several in hashes for h in several]
    found = consents.kept_refusals(store, flat)
    return [next((found[h] for h in several if h in found), "") for several in hashes]


def history(store: Store, subscriber: int) -> list[Fact]:
    """Return what is on record about one person, oldest first."""
    facts = [Fact(**json.loads(text)) for text in consents.facts(store, subscriber)]
    return sorted(facts, key=lambda f: (f.at, f.fact))
