"""What readers do with a letter's links: view it online, leave."""

import json
import time
from dataclasses import dataclass

from distro import tokens
from distro.audience import book, consent
from distro.flow import storms
from distro.flow.branding import brand_of
from distro.flow.letters import load_letter
from distro.flow.office import Office
from distro.letter import Filler
from distro.model import Edition, Enclosed, Subscriber
from distro.tokens import UNSUBSCRIBE, VIEW

ALIVE = 20   # seconds: a sending process says every five that it lives

__all__ = ["UNSUBSCRIBE", "VIEW", "LinkReader", "letter_page", "missing", "reader_of", "unsubscribe"]


@dataclass(frozen=True, slots=True)
class LinkReader:
    """Whom a valid link speaks for, and how to speak to them."""

    subscriber: Subscriber
    distribution: int
    ordinal: int
    language: str
    house: str

    @property
    def address(self) -> str:
        return self.subscriber.email


def reader_of(office: Office, token: str, purpose: bytes) -> LinkReader | None:
    """Who holds this link; None: it was not made here, or is for another address."""
    claimed = tokens.parse(token)
    person = book.by_id(office.store, claimed.subscriber) if claimed else None
    if claimed is None or person is None:
        return None
    hashes = [office.keys.address_hash(address.casefold()) for address in (person.email, *person.columns.get("_former", ()))]
    if not tokens.verify(token, purpose, office.keys, hashes):
        return None
    told = office.store.hash(f"dist:{claimed.distribution}")
    language = person.language or (told.get("order", "en").split() or ["en"])[0]
    sender = office.settings.senders.get(told.get("sender", ""), office.settings.sender)
    return LinkReader(person, claimed.distribution, claimed.ordinal, language, sender.name)


def unsubscribe(office: Office, reader: LinkReader, source: str) -> None:
    """Stop all mail to a reader: on disk and in Redis when this returns. Saying it twice does no harm."""
    if office.store.command("GETBIT", f"no:{consent.UNSUBSCRIBED}", reader.subscriber.id):
        return
    told = f"{source} of D{reader.distribution}" if reader.distribution else source
    office.consent.record(office.store, subscriber=reader.subscriber.id, address=reader.address, act=consent.UNSUBSCRIBED, source=told)
    if reader.distribution:
        storms.left(office, reader.address.rpartition("@")[2].casefold(), str(reader.distribution))


def letter_page(office: Office, token: str, wanted: str = "") -> str | None:
    """The letter as a page for its reader, in another language of the release if one is wanted; None: no such link."""
    reader = reader_of(office, token, VIEW)
    if reader is None or not reader.distribution:
        return None
    order = office.store.hash(f"dist:{reader.distribution}").get("order", "").split()
    language = wanted if wanted in order else _edition_of(office, reader, order)
    if not language:
        return None
    filler = Filler(load_letter(office, str(reader.distribution), language), distribution=reader.distribution, site_url=office.settings.site.url, keys=office.keys)
    return filler.page(reader.ordinal, reader.subscriber.id, reader.address)


def enclosed_file(office: Office, token: str, name: str) -> tuple[Enclosed, bytes] | None:
    """A picture or attachment of the letter that a link speaks of; None: no such link, or not of this letter."""
    reader = reader_of(office, token, VIEW)
    if reader is None or not reader.distribution:
        return None
    for version in json.loads(office.store.hash(f"dist:{reader.distribution}").get("versions", "{}")).values():
        for file in Edition.from_json(office.store.text(f"ed:{version}")).files:
            if file.hash == name:
                return file, office.store.raw(f"file:{name}")
    logo = brand_of(office.settings, "").logo
    return (Enclosed(logo.name, logo.type, len(logo.raw), name, "logo"), logo.raw) if logo and logo.key == name else None


def _edition_of(office: Office, reader: LinkReader, order: list[str]) -> str:
    """The edition that was frozen for this reader."""
    for language in order:
        if office.store.command("GETBIT", f"res:{reader.distribution}:{language}", reader.subscriber.id):
            return language
    return ""


def missing(office: Office) -> list[str]:
    """What keeps this installation from working: nothing, or "redis", "worker"."""
    return [] if office.store.command("ZCOUNT", "alive", int(time.time()) - ALIVE, "+inf") else ["worker"]
