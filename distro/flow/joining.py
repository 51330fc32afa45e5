"""Double opt-in: who asks on the page gets one letter, and is on the list once its button is pressed. A form is no weapon:
an address gets one such letter a day and three a week, a place may ask ten times an hour, all together sixty a minute.
"""

import hashlib
import time
from collections.abc import Sequence

from distro.audience import addresses, book, consent
from distro.audience.roles import ListRole, load_roles
from distro.audience.rows import receiver_of, values_of
from distro.audience.writing import Row, Wish, Writer
from distro.errors import UsageError
from distro.flow import people
from distro.flow.office import Office
from distro.flow.post import post
from distro.letter.service import FORGOTTEN
from distro.model import Subscriber
from distro.store.records import ids_of

_RATES = (("here", 10, 3600), ("all", 60, 60))                    # name, at most, within seconds
_PER_ADDRESS = (("day", 1, 86_400), ("week", 3, 7 * 86_400))
_DAY_MS = 86_400_000


def public_lists(office: Office) -> list[ListRole]:
    """The lists that readers may join by themselves."""
    return [role for role in load_roles(office.settings.subscribers).values() if role.public]


def allowed(office: Office, place: str) -> bool:
    """Whether a place (an IP address, an IPv6 network) may ask once more."""
    return all(_within(office, f"{name}:{_told(place) if name == 'here' else ''}", most, seconds) for name, most, seconds in _RATES)     # the first no ends it: it uses up nobody else's share


def ask(office: Office, address: str, lists: Sequence[str], language: str, name: str, place: str) -> None:
    """Somebody asked for mail at this address; the answer is the same whoever it is. Raises UsageError for no address."""
    email, reason = addresses.judge(address)
    if reason:
        raise UsageError(reason)
    key = addresses.key(email)
    if not all(_within(office, f"{which}:{office.hash_of(key)}", most, seconds) for which, most, seconds in _PER_ADDRESS):
        return
    who = book.by_address(office.store, email)
    asked: Row = {"_wants": list(lists), "_asked": [str(time.time_ns() // 1_000_000)]}
    refused = consent.refusals(office.store, who.id) if who else []
    if consent.SUPPRESSED in refused or office.store.command("HGET", "nos", office.hash_of(key)) == b"suppressed":
        return
    if who and not refused and set(lists) <= set(who.columns.get("lists", ())):
        post(office, who, "held")       # they have it all: a link to what they have, and no more told to who asked
        return
    if who is None:
        row: Row = {"email": email, **receiver_of(key), **asked}
        row |= {c: v for c, v in (("name", values_of("name", name)), ("language", values_of("language", language))) if v}
        written = Writer(office.store).write([Wish(key, lambda before: before or row)])
        if written is None or not written.new:
            return       # somebody put them into the book this very moment
        office.consent.record(office.store, subscriber=written.new[0], address=email, act=consent.SIGNED_UP, source=f"subscribe page from {place}", detail=", ".join(lists))
    else:
        Writer(office.store).write([Wish(addresses.key(who.email), lambda before: before and before | asked)])
    found = book.by_address(office.store, email)
    if found:
        post(office, found, "confirm")


def confirm(office: Office, who: Subscriber, place: str) -> bool:
    """The button of the letter was pressed: on the lists, with time and place on record.

    False: they left after they had asked, and an old letter does not undo that. Pressed twice it changes nothing.
    """
    asked_ms = int("".join(who.columns.get("_asked", ())) or 0)
    if "_wants" not in who.columns:
        return not consent.refusals(office.store, who.id)
    if any(f.act == consent.UNSUBSCRIBED and f.at > asked_ms for f in consent.history(office.store, who.id)):
        return False
    source = f"link of the letter, from {place}"
    fresh = "unconfirmed" in consent.refusals(office.store, who.id)
    for name in who.columns.get("_wants", ()):
        people.join_list(office, who, name, source=source)
    Writer(office.store).write([Wish(addresses.key(who.email), lambda before: before and {k: v for k, v in before.items() if k not in ("_wants", "_asked")})])
    office.consent.record(office.store, subscriber=who.id, address=who.email, act=consent.CONFIRMED, source=source)
    if "unsubscribed" in consent.refusals(office.store, who.id):
        office.consent.record(office.store, subscriber=who.id, address=who.email, act=consent.RESUBSCRIBED, source=source)
    office.store.command("HDEL", "nos", office.hash_of(addresses.key(who.email)))
    found = book.by_id(office.store, who.id) or who
    if fresh:
        post(office, found, "welcome")
    return True


def forget_unconfirmed(office: Office, at_most: int = 200) -> int:
    """Forget who asked a week ago and never confirmed; gives how many."""
    gone = 0
    for number in ids_of(office.store.raw("no:unconfirmed"))[:5000]:
        who = book.by_id(office.store, number)
        facts = consent.history(office.store, number) if who else []
        if who is None or not facts or facts[-1].at > office.store.now_ms() - FORGOTTEN * _DAY_MS or gone == at_most:
            continue
        if "_in" in who.columns or "lists" in who.columns:      # staff put them into the book meanwhile, on a basis of their own
            office.consent.record(office.store, subscriber=number, address=who.email, act=consent.ADDED, source="an import", detail="in the book without the page")
            continue
        people.forget(office, who)
        gone += 1
    return gone


def _within(office: Office, name: str, most: int, seconds: int) -> bool:
    """Count one more under this name; False: that was more than may be."""
    return office.store.lately(f"rate:{name}", seconds) <= most


def _told(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:16]
