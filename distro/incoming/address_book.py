"""Decide what the book learns from a failure: of an address, never of a person.

| evidence                                                     | the address                     |
|--------------------------------------------------------------|---------------------------------|
| unknown user, moved, domain gone, takes no mail; the letter  | suppressed at once              |
| proven ours by a secret, and a code 5.1.x agrees (RFC 3463)  |                                 |
| the same without such a code                                 | suppressed at the second within |
|                                                              | 30 days, a day apart            |
| a later letter accepted, and nothing came back in 7 days     | the count begins anew           |
| anything else                                                | nothing                         |

A suppression names the message that it rests on, and is undone by `feedback undo` for 28 days.
"""

import re
import time

from distro.audience import book, consent
from distro.errors import RefusedError
from distro.feedback.items import Item
from distro.incoming.matching import Letter
from distro.installation.context import Installation
from distro.installation.rights import admit, may_do
from distro.lib.smtp_codes import enhanced
from distro.model import DistributionId, State, Subscriber
from distro.relay.reply import without_address
from distro.reports.locate import locate
from distro.store import consents, distributions, records, returns
from distro.subscribers import opt_outs

WITHIN_MS = 30 * 86_400_000
APART_MS = 86_400_000
PROVED_MS = 7 * 86_400_000
UNDO_MS = 28 * 86_400_000
SUPPRESSED, STRUCK = "suppressed", "struck"
_LOOKED_AT = 50  # distributions in which a proof is looked for
_WORDS = {
    "unknown_user": "unknown user",
    "moved": "moved",
    "domain_gone": "domain gone",
    "no_mail": "takes no mail",
}
_OF_ADDRESS = re.compile(r"5\.1\.(?:1|2|3|6|10)(?!\d)")  # not of the sender, as 5.1.7 is
SOURCE = "feedback"  # as facts name it: "feedback 3f2a91c0…"


def failed(
    installation: Installation, who: Subscriber, letter: Letter, item: Item, message: str
) -> str:
    """Count a failure that says that an address is no good; return what it did."""
    store = installation.store
    address = installation.hash_of(who.email)
    before = returns.strikes(store, address)
    if before.get(message, {}).get("undone"):
        return STRUCK
    now = int(before.get(message, {}).get("at", _sent_ms(installation, letter)))
    facts = {"at": now, "cause": item.cause, "letter": f"{letter.distribution}.{letter.ordinal}"}
    returns.strike(store, address, message, before.get(message, {}) | facts)
    sure = letter.secret and _is_sure(item)
    if not sure and not _second(installation, who, before, facts):
        return STRUCK
    suppress(installation, who, item, message)
    return SUPPRESSED


def _sent_ms(installation: Installation, letter: Letter) -> int:
    """Return when a letter was sent: how far apart two failures are is a matter of our own clock,
    not of when the reports are read.
    """
    record = records.record_at(installation.store, letter.distribution, letter.ordinal)
    return record.at * 1000 or installation.store.now_ms()


def _is_sure(item: Item) -> bool:
    """Return whether the receiver gave a code of the address itself (RFC 3463 §3.2)."""
    return is_of_address(item.status) or is_of_address(enhanced(item.said))


def is_of_address(status: str) -> bool:
    """Return whether an enhanced code says that the address itself is no good (RFC 3463 §3.2)."""
    return bool(_OF_ADDRESS.match(status))


def _second(
    installation: Installation,
    who: Subscriber,
    before: dict[str, dict[str, object]],
    facts: dict[str, object],
) -> bool:
    """Return whether another letter failed within 30 days, a day or more apart, and none has
    proved the address good since.
    """
    now = int(str(facts["at"]))
    earlier = [
        int(str(strike["at"]))
        for strike in before.values()
        if strike["letter"] != facts["letter"]
        and APART_MS <= abs(now - int(str(strike["at"]))) <= WITHIN_MS
        and not strike.get("undone")
    ]
    return bool(earlier) and not _proved_good(installation, who, max(earlier), now)


def _proved_good(installation: Installation, who: Subscriber, since_ms: int, now_ms: int) -> bool:
    """Return whether a letter after a failure was accepted, and nothing came back in 7 days."""
    for number in distributions.newest(installation.store, _LOOKED_AT):
        standing = locate(installation.store, number, who.id)
        if standing.state is State.ACCEPTED and standing.record:
            at = standing.record.at * 1000
            if since_ms < at < now_ms - PROVED_MS:
                return True
    return False


def suppress(installation: Installation, who: Subscriber, item: Item, message: str) -> None:
    """Suppress an address, for the reason that a message gives; done once."""
    if consent.SUPPRESSED in consents.refusals(installation.store, who.id):
        return
    said = without_address(item.said, who.email)[:200]
    words = _WORDS.get(item.cause, str(item.cause).replace("_", " "))
    opt_outs.record_fact(
        installation,
        who.id,
        who.email,
        consent.SUPPRESSED,
        source=f"{SOURCE} {message}",
        detail=f"{words}: {said}" if said else words,
    )


def lift_suppression(
    installation: Installation, who: Subscriber, message: str, *, why: str, source: str
) -> bool:
    """Take back a suppression that rests on one message; False where another stands."""
    rests_on = resting_on(installation, who)
    if not rests_on or (message and not rests_on.startswith(message)):
        return False
    opt_outs.record_fact(installation, who.id, who.email, consent.LIFTED, source=source, detail=why)
    take_strikes_back(installation, who)
    return True


def undo(installation: Installation, address: str, *, why: str, actor: str) -> Subscriber:
    """Take back a suppression that rests on a message; raises RefusedError where there is none."""
    may_do(installation, actor, "feedback")
    who = book.person(installation.store, address)
    actor = admit(installation, actor, "feedback", about=f"#{who.id}", wanted="undo", why=why)
    if not lift_suppression(installation, who, "", why=why, source=actor):
        raise RefusedError(
            f"{who.email} is not suppressed by a message of the last 28 days",
            code="not_suppressed_by_message",
            email=who.email,
        )
    return who


def take_strikes_back(installation: Installation, who: Subscriber, message: str = "") -> None:
    """Let the failures of an address count no more: all, or that of one message."""
    address = installation.hash_of(who.email)
    for name, strike in returns.strikes(installation.store, address).items():
        if message in ("", name):
            returns.strike(installation.store, address, name, strike | {"undone": True})


def resting_on(installation: Installation, who: Subscriber) -> str:
    """Return the message that somebody's suppression of the last 28 days rests on; "" where there
    is none.
    """
    facts = consent.history(installation.store, who.id)
    acts = [f for f in facts if f.act in (consent.SUPPRESSED, consent.LIFTED)]
    if not acts or acts[-1].act != consent.SUPPRESSED:
        return ""
    last = acts[-1]
    if not last.source.startswith(f"{SOURCE} ") or last.at < time.time() * 1000 - UNDO_MS:
        return ""
    return last.source.removeprefix(f"{SOURCE} ")


def letter_of(text: str) -> tuple[DistributionId, int]:
    """Return distribution and ordinal of a strike's letter."""
    distribution, _, ordinal = text.partition(".")
    return DistributionId(distribution), int(ordinal)
