"""Compile editions into letters, and keep them beside their distribution."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from distro.installation.context import Installation
from distro.installation.secrets import is_member
from distro.letter import CompiledLetter, Filler, compile_letter
from distro.letter.compile import EMBARGO, with_date
from distro.letter.compile import tiers as letter_tiers
from distro.letter.context import LetterContext
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.mailing.branding import brand_of
from distro.mailing.signers import check_signers, signers_of
from distro.model import Edition
from distro.readings import Reading
from distro.settings.load import Settings
from distro.store import distributions, letters, releases
from distro.store.distribution import Distribution
from distro.times import from_ms, moved_to


def compile_edition(
    installation: Installation,
    edition: Edition,
    distribution: str,
    when: datetime,
    languages: tuple[str, ...] = (),
    *,
    tier: str = "",
    files: Mapping[str, bytes] | None = None,
    slots: Slots | None = None,
) -> CompiledLetter:
    """Return the letter of an edition with the sender that it names; raise TemplateError,
    SettingsError.
    """
    return compile_letter(
        edition,
        context_for(
            installation.settings, edition, distribution, when, languages=languages, files=files
        ),
        Templates(installation.settings.templates),
        tier,
        slots,
    )


def context_for(
    settings: Settings,
    edition: Edition,
    distribution: str,
    when: datetime,
    *,
    languages: tuple[str, ...] = (),
    subject_prefix: str = "",
    files: Mapping[str, bytes] | None = None,
) -> LetterContext:
    """Return what a letter carries besides its edition, by the desk that it names; raise
    SettingsError if there is none.
    """
    sender = settings.sender_named(edition.sender)
    return LetterContext(
        distribution,
        sender.name,
        sender.address,
        sender.reply_to,
        sender.postal_address,
        when,
        subject_prefix,
        complaints=settings.feedback.complaints,
        clicks=settings.tracking.clicks,
        languages=languages,
        files=files or {},
        attached=settings.limits.attached,
        brand=brand_of(settings, sender.address.rpartition("@")[2]),
    )


def compile_all(installation: Installation, distribution: Distribution) -> None:
    """Compile and keep every edition's letter, in each tier; done once, a repetition writes the
    same.

    Raises TemplateError, SettingsError.
    """
    editions = distributions.editions(installation.store, distribution)
    # A member of the group does not see the keys; the worker halts what it cannot sign.
    if not is_member(installation.settings):
        check_signers(installation.settings, editions.values())
    for tier in letter_tiers(in_advance=distribution.tiered):
        for language, letter in _compiled(installation, distribution, tier):
            letters.set_letter(
                installation.store, distribution.id, language, letter.to_json(), tier
            )


def date_letters(installation: Installation, distribution: Distribution) -> None:
    """Give the letters that were compiled for approval the Date of their sending."""
    for tier in letter_tiers(in_advance=distribution.tiered):
        when = _when(installation, distribution, tier)
        for language in distribution.languages:
            letter = load_letter(installation, distribution.id, language, tier)
            dated = replace(letter, head=with_date(letter.head, when))
            letters.replace_letter(
                installation.store, distribution.id, language, dated.to_json(), tier
            )


def compile_again(installation: Installation, distribution: Distribution) -> None:
    """Compile the letters of both tiers anew: their embargo has another time now."""
    for tier in letter_tiers(in_advance=True):
        for language, letter in _compiled(installation, distribution, tier):
            letters.replace_letter(
                installation.store, distribution.id, language, letter.to_json(), tier
            )


def _when(installation: Installation, distribution: Distribution, tier: str) -> datetime:
    """Return when the letters of a tier go out: at the lift those of everyone, if some have it
    before.
    """
    late = distribution.tiered and not tier
    at = max(distribution.start_ms, distribution.lift_ms) if late else distribution.start_ms
    return from_ms(at, installation.settings.site.timezone)


def _compiled(
    installation: Installation, distribution: Distribution, tier: str
) -> Iterator[tuple[str, CompiledLetter]]:
    """Yield each language with its letter."""
    store, zone = installation.store, installation.settings.site.timezone
    when = _when(installation, distribution, tier)
    editions = distributions.editions(store, distribution)
    for language, edition in editions.items():
        # The embargo that counts is the distribution's: it may have moved since the release was
        # written.
        lift = moved_to(edition.embargo, distribution.lift_ms, zone)
        letter = compile_edition(
            installation,
            replace(edition, embargo=lift),
            distribution.id,
            when,
            tuple(editions),
            tier=tier,
            files={f.hash: releases.file(store, f.hash) for f in edition.files},
        )
        yield language, letter


def files_of(readings: Sequence[Reading]) -> dict[str, bytes]:
    """Return the bytes of all that travels with these files, by hash."""
    return dict(pair for reading in readings for pair in reading.enclosed)


def filler_of(
    installation: Installation, distribution: str, letter: CompiledLetter, tier: str = ""
) -> Filler:
    """Return what makes a distribution's letters as they are sent: signed, each with its own
    Return-Path; in advance of an embargo also with pages of its own.
    """
    settings = installation.settings
    return Filler(
        letter,
        distribution=int(distribution),
        site_url=settings.site.url,
        keys=installation.keys,
        signers=signers_of(settings, letter.sender_address),
        return_path=settings.return_path_of(letter.sender_address),
        own_pages=tier == EMBARGO,
    )


def load_letter(
    installation: Installation, distribution: str, language: str, tier: str = ""
) -> CompiledLetter:
    """Return a letter as it was compiled."""
    return CompiledLetter.from_json(
        letters.letter(installation.store, distribution, language, tier)
    )
