"""Follow a link of a letter for its reader: judge who it is, count, and say where it leads.

Where a link leads stands in the compiled letter: no address leads wherever somebody likes.
"""

from dataclasses import dataclass, replace

from distro.audience import book
from distro.feedback import clicks as judging
from distro.feedback.clicks import Click
from distro.installation.context import Installation
from distro.mailing.compose import load_letter
from distro.model import State
from distro.store import clicks, distributions, records
from distro.store.clicks import Place
from distro.subscribers.links import reader_of
from distro.tokens import CLICK, mac_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a link, as far as it tells who asks; nothing of it is kept."""

    method: str
    address: str
    navigates: bool


def follow(installation: Installation, token: str, link: int, asked: Asked) -> str:
    """Return where a link leads, "" where there is no such link; count who followed it."""
    reader = reader_of(installation, token, CLICK)
    found = distributions.get(installation.store, str(reader.distribution)) if reader else None
    if reader is None or found is None:
        return ""
    language = distributions.reserved_edition(installation.store, found, reader.subscriber.id)
    if language not in found.languages:
        return ""
    links = load_letter(installation, found.id, language).links
    if not 0 <= link < len(links):
        return ""
    who = book.by_id(installation.store, reader.subscriber.id)
    if who and who.columns.get("clicks") != ("no",):
        _count(installation, Place(found.id, reader.ordinal, language, link), asked)
    return links[link] or installation.settings.site.url


def _count(installation: Installation, place: Place, asked: Asked) -> None:
    store = installation.store
    network = mac_of(installation.keys.pepper)(judging.network_of(asked.address).encode()).hex()
    now = store.now_ms()
    kept = {"link": place.link, "at": now, "network": network[:16]}
    recent = clicks.recent(store, place.distribution, place.ordinal, kept)
    before = [Click(**one) for one in recent]
    click = Click(
        place.link,
        now,
        network[:16],
        asked.method,
        _accepted_ms(installation, place),
        judging.is_scanner(asked.address, installation.settings.tracking.scanners),
        asked.navigates,
    )
    verdict = judging.judge(click, before)
    for link, reason in judging.corrected(click, verdict, before):
        clicks.correct(store, replace(place, link=link), reason)
    clicks.note(store, place, verdict.who, verdict.reason)


def _accepted_ms(installation: Installation, place: Place) -> int:
    """Return when a letter was accepted, to the second; 0: not yet."""
    store, distribution, ordinal = installation.store, place.distribution, place.ordinal
    states = records.states_of(store, distribution, ordinal, ordinal + 1)
    there = (State.ACCEPTED, State.BOUNCED, State.COMPLAINED)
    if states not in {state.letter.encode() for state in there}:
        return 0
    return records.record_at(store, distribution, ordinal).at * 1000
