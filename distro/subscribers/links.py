"""Serve a letter's links: view it online, unsubscribe."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from distro import tokens
from distro.audience import book, consent
from distro.installation.context import Installation
from distro.letter import Filler
from distro.letter.compile import EMBARGO
from distro.mailing.branding import brand_of
from distro.mailing.compose import load_letter
from distro.model import NOTICES, Enclosed, Subscriber, domain_of
from distro.store import (
    consents,
    distributions,
    embargoes,
    letters,
    releases,
    subscriber_rows,
)
from distro.store.distribution import Distribution
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
class Withdrawn:
    """The reason for which a release is not shown any more."""

    organisation: str
    language: str
    headline: str
    note: str


@dataclass(frozen=True, slots=True)
class LinkReader:
    """The reader whom a valid link speaks for, and how to speak to them."""

    subscriber: Subscriber
    distribution: int
    ordinal: int
    language: str
    organisation: str

    @property
    def address(self) -> str:
        """Return the reader's address."""
        return self.subscriber.email


def reader_of(installation: Installation, token: str, purpose: bytes) -> LinkReader | None:
    """Return who holds this link; None: it was not made here, or is for another address."""
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
    found = distributions.get(installation.store, str(claimed.distribution))
    languages = found.languages if found else ()
    language = person.language or next(iter(languages), "en")
    sender = installation.settings.sender_or_usual(found.sender if found else "")
    return LinkReader(person, claimed.distribution, claimed.ordinal, language, sender.name)


def unsubscribe(installation: Installation, reader: LinkReader, source: str) -> bool:
    """Stop all mail to a reader: on disk and in Redis when this returns. False: they had left
    before.
    """
    if consents.is_refused(installation.store, consent.UNSUBSCRIBED, reader.subscriber.id):
        return False
    if reader.distribution:
        source = f"{source} of D{reader.distribution}"
    installation.consent.record(
        installation.store,
        subscriber=reader.subscriber.id,
        address=reader.address,
        act=consent.UNSUBSCRIBED,
        source=source,
    )
    if reader.distribution:
        scanner_bursts.note_unsubscribed(
            installation, domain_of(reader.address), str(reader.distribution)
        )
    return True


def withdrawn(installation: Installation, token: str) -> Withdrawn | None:
    """Return why what a token opens is not shown any more; None where it is shown, or never was."""
    store = installation.store
    shown = _opened_by(installation, token)
    if shown is None:
        return None
    status = releases.status(store, shown.distribution.release)
    if status.name != "killed":
        return None
    kill = distributions.read(store, status.word)
    editions = distributions.editions(store, kill)
    edition = editions.get(shown.language) or next(iter(editions.values()), None)
    note = edition.note if edition and kill.public else ""
    organisation = installation.settings.sender_or_usual(kill.sender).name
    return Withdrawn(organisation, shown.language, kill.headline, note)


def letter_page(installation: Installation, token: str, wanted: str = "") -> str | None:
    """Return a letter as a page for whoever has its address; None where there is no such page.

    `wanted` is another language of the release. The page holds nothing of a person, for people
    share its address. A text that was corrected shows its correction.
    """
    shown = _shown_by(installation, token)
    if shown is None:
        return None
    language = wanted if wanted in shown.distribution.languages else shown.language
    latest = _latest(installation, shown.distribution, language)
    if latest.embargoed(installation.store.now_ms()) and not shown.in_advance:
        return None
    shown = replace(shown, distribution=latest)
    tier = EMBARGO if shown.in_advance else ""
    filler = Filler(
        load_letter(installation, shown.distribution.id, language, tier),
        distribution=int(shown.distribution.id),
        site_url=installation.settings.site.url,
        keys=installation.keys,
    )
    return filler.shared_page(token if shown.in_advance else "")


def enclosed_file(
    installation: Installation, token: str, name: str
) -> tuple[Enclosed, Iterator[bytes]] | None:
    """Return a picture or attachment of the letter that a page shows, in pieces.

    None where there is no such page, or the file is not of this letter.
    """
    store = installation.store
    shown = _shown_by(installation, token)
    if shown is None:
        return None
    for edition in distributions.editions(store, shown.distribution).values():
        for file in edition.files:
            if file.hash == name:
                if shown.in_advance and not file.source:
                    embargoes.note_opened(
                        store, shown.distribution.id, shown.in_advance.ordinal, file.name
                    )
                return file, releases.pieces_of_file(store, name, file.size, _PIECE)
    logo = brand_of(installation.settings, "").logo
    if logo is None or logo.key != name:
        return None
    return Enclosed(logo.name, logo.type, len(logo.raw), name, "logo"), iter([logo.raw])


@dataclass(frozen=True, slots=True)
class _Shown:
    """The letter that a page shows."""

    distribution: Distribution
    language: str
    in_advance: LinkReader | None = None  # who may see it although its embargo is not over


def _latest(installation: Installation, found: Distribution, language: str) -> Distribution:
    """Return what took the place of a distribution in a language, as far as it went out.

    The note of a correction rather than the corrected text alone: it says what changed.
    """
    store = installation.store
    if not found.superseded:
        return found
    mine = distributions.all_of(store, found.release)
    later = [
        d
        for d in mine
        if int(d.id) > int(found.id)
        and d.kind not in NOTICES
        and language in d.languages
        and d.public
        and letters.letter(store, d.id, language)
    ]
    newest = max(later, key=lambda d: int(d.id), default=found)
    notes = [d for d in later if d.note and newest.rest and d.sources == newest.sources]
    return notes[0] if notes else newest


def _shown_by(installation: Installation, token: str) -> _Shown | None:
    """Return what the page of a token shows; None too where the release was killed."""
    shown = _opened_by(installation, token)
    if shown is None:
        return None
    killed = releases.status(installation.store, shown.distribution.release).name == "killed"
    return None if killed else shown


def _opened_by(installation: Installation, token: str) -> _Shown | None:
    """Return what a token opens.

    A token is shared by all readers of a letter, or one reader's own: of letters in advance of an
    embargo, and of earlier versions. Before the lift only a trusted reader's own opens anything.
    """
    store = installation.store
    if view := tokens.read_view(token, installation.keys):
        found, language, reader = distributions.get(store, str(view[0])), view[1], None
    elif (reader := reader_of(installation, token, VIEW)) and (
        found := distributions.get(store, str(reader.distribution))
    ):
        language = distributions.reserved_edition(store, found, reader.subscriber.id)
    else:
        return None
    if found is None or language not in found.languages:
        return None
    if not found.embargoed(store.now_ms()):
        return _Shown(found, language)
    if reader and subscriber_rows.has(store, "lists", found.trusted, reader.subscriber.id):
        return _Shown(found, language, reader)
    return None
