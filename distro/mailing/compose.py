"""Compile editions into letters, and keep them beside their distribution."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from distro.installation.context import Installation
from distro.letter import CompiledLetter, Filler, compile_letter
from distro.letter.compile import LetterContext
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.mailing.branding import brand_of
from distro.mailing.signers import check_signers, signers_of
from distro.model import Edition, Reading
from distro.settings.load import Settings
from distro.store import distributions, releases
from distro.store.distributions import Distribution
from distro.times import from_ms


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
        languages=languages,
        files=files or {},
        attached=settings.limits.attached,
        brand=brand_of(settings, sender.address.rpartition("@")[2]),
    )


def compile_all(installation: Installation, distribution: Distribution) -> None:
    """Compile and keep every edition's letter; done once, a repetition writes the same.

    Raises TemplateError, SettingsError.
    """
    store = installation.store
    when = from_ms(distribution.start_ms, installation.settings.site.timezone)
    editions = distributions.editions(store, distribution)
    check_signers(installation.settings, editions.values())
    for language, edition in editions.items():
        letter = compile_edition(
            installation,
            edition,
            distribution.id,
            when,
            tuple(editions),
            files={f.hash: releases.file(store, f.hash) for f in edition.files},
        )
        distributions.set_letter(store, distribution.id, language, letter.to_json())


def files_of(readings: Sequence[Reading]) -> dict[str, bytes]:
    """Return the bytes of all that travels with these files, by hash."""
    return dict(pair for reading in readings for pair in reading.enclosed)


def filler_of(installation: Installation, distribution: str, letter: CompiledLetter) -> Filler:
    """Return what makes a distribution's letters as they are sent: signed, each with its own
    Return-Path.
    """
    settings = installation.settings
    return Filler(
        letter,
        distribution=int(distribution),
        site_url=settings.site.url,
        keys=installation.keys,
        signers=signers_of(settings, letter.sender_address),
        return_path=settings.feedback.return_path,
    )


def load_letter(installation: Installation, distribution: str, language: str) -> CompiledLetter:
    """Return a letter as it was compiled."""
    return CompiledLetter.from_json(
        distributions.letter(installation.store, distribution, language)
    )
