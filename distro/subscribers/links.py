"""What readers do with a letter's links: view it online, leave."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from distro import tokens
from distro.audience import book, consent
from distro.installation.context import Installation
from distro.letter import Filler
from distro.mailing.branding import brand_of
from distro.mailing.compose import load_letter
from distro.model import Edition, Enclosed, Subscriber
from distro.subscribers import scanner_bursts
from distro.tokens import UNSUBSCRIBE, VIEW

_PIECE = 65_536  # bytes of a file that are held at once for one reader

__all__ = [
    "UNSUBSCRIBE",
    "VIEW",
    "LinkReader",
    "letter_page",
    "reader_of",
    "unsubscribe",
]


@dataclass(frozen=True, slots=True)
class LinkReader:
    """Whom a valid link speaks for, and how to speak to them."""

    subscriber: Subscriber
    distribution: int
    ordinal: int
    language: str
    organisation: str

    @property
    def address(self) -> str:
        return self.subscriber.email


def reader_of(installation: Installation, token: str, purpose: bytes) -> LinkReader | None:
    """Who holds this link; None: it was not made here, or is for another address."""
    claimed = tokens.parse(token)
    person = book.by_id(installation.store, claimed.subscriber) if claimed else None
    if claimed is None or person is None:
        return None
    hashes = [
        h
        for address in (person.email, *person.columns.get("_former", ()))
        for h in installation.keys.address_hashes(address)
    ]
    if not tokens.verify(token, purpose, installation.keys, hashes):
        return None
    told = installation.store.hash(f"dist:{claimed.distribution}")
    language = person.language or (told.get("order", "en").split() or ["en"])[0]
    sender = installation.settings.senders.get(told.get("sender", ""), installation.settings.sender)
    return LinkReader(person, claimed.distribution, claimed.ordinal, language, sender.name)


def unsubscribe(installation: Installation, reader: LinkReader, source: str) -> bool:
    """Stop all mail to a reader: on disk and in Redis when this returns. False: they had left
    before.
    """
    if installation.store.command("GETBIT", f"no:{consent.UNSUBSCRIBED}", reader.subscriber.id):
        return False
    told = f"{source} of D{reader.distribution}" if reader.distribution else source
    installation.consent.record(
        installation.store,
        subscriber=reader.subscriber.id,
        address=reader.address,
        act=consent.UNSUBSCRIBED,
        source=told,
    )
    if reader.distribution:
        scanner_bursts.note_unsubscribed(
            installation, reader.address.rpartition("@")[2].lower(), str(reader.distribution)
        )
    return True


def letter_page(installation: Installation, token: str, wanted: str = "") -> str | None:
    """Return a letter as a page for whoever has its address; None: there is no such page.

    `wanted` is another language of the release. The page holds nothing of a person, for people
    share its address.
    """
    found = _page_of(installation, token)
    if found is None:
        return None
    distribution, language, order = found
    if wanted in order:
        language = wanted
    letter = load_letter(installation, distribution, language)
    return Filler(
        letter,
        distribution=int(distribution),
        site_url=installation.settings.site.url,
        keys=installation.keys,
    ).shared_page()


def enclosed_file(
    installation: Installation, token: str, name: str
) -> tuple[Enclosed, Iterator[bytes]] | None:
    """Return a picture or attachment of the letter that a page shows, in pieces; None: no such
    page, or not of this letter.
    """
    found = _page_of(installation, token)
    if found is None:
        return None
    for version in json.loads(
        installation.store.hash(f"dist:{found[0]}").get("versions", "{}")
    ).values():
        for file in Edition.from_json(installation.store.text(f"ed:{version}")).files:
            if file.hash == name:
                return file, _pieces(installation, name, file.size)
    logo = brand_of(installation.settings, "").logo
    return (
        (Enclosed(logo.name, logo.type, len(logo.raw), name, "logo"), iter([logo.raw]))
        if logo and logo.key == name
        else None
    )


def _pieces(installation: Installation, name: str, size: int) -> Iterator[bytes]:
    """Give a stored file piece by piece: whoever reads slowly, or many at once, must not cost its
    size each.
    """
    for start in range(0, size, _PIECE):
        yield installation.store.command("GETRANGE", f"file:{name}", start, start + _PIECE - 1)


def _page_of(installation: Installation, token: str) -> tuple[str, str, list[str]] | None:
    """Return distribution, language and all its languages for the token of a page, today's or of a
    letter sent before.
    """
    opened = tokens.read_view(token, installation.keys)
    reader = (
        None if opened else reader_of(installation, token, VIEW)
    )  # each reader had a link of their own once
    number = opened[0] if opened else reader.distribution if reader else 0
    if not number:
        return None
    order = installation.store.hash(f"dist:{number}").get("order", "").split()
    language = opened[1] if opened else _edition_of(installation, reader, order) if reader else ""
    return (str(number), language, order) if language in order else None


def _edition_of(installation: Installation, reader: LinkReader, order: list[str]) -> str:
    """The edition that was frozen for this reader."""
    for language in order:
        if installation.store.command(
            "GETBIT", f"res:{reader.distribution}:{language}", reader.subscriber.id
        ):
            return language
    return ""
