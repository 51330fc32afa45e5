"""From editions to compiled letters, kept beside their distribution."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from distro.installation.context import Office
from distro.letter import Filler, Letter, compile_letter
from distro.letter.compile import Envelope
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.mailing.branding import brand_of
from distro.mailing.signers import check_signers, signers_of
from distro.model import Edition, Reading
from distro.settings.load import Settings
from distro.times import from_ms


def compile_edition(
    office: Office,
    edition: Edition,
    distribution: str,
    when: datetime,
    languages: tuple[str, ...] = (),
    *,
    tier: str = "",
    files: Mapping[str, bytes] | None = None,
    slots: Slots | None = None,
) -> Letter:
    """The letter of an edition with the sender that it names; raises TemplateError,
    SettingsError.
    """
    return compile_letter(
        edition,
        envelope_of(office.settings, edition, distribution, when, languages=languages, files=files),
        Templates(office.settings.templates),
        tier,
        slots,
    )


def envelope_of(
    settings: Settings,
    edition: Edition,
    distribution: str,
    when: datetime,
    *,
    languages: tuple[str, ...] = (),
    mark: str = "",
    files: Mapping[str, bytes] | None = None,
) -> Envelope:
    """What a letter carries besides its edition, by the desk that it names; raises SettingsError if
    there is none.
    """
    sender = settings.sender_named(edition.sender)
    return Envelope(
        distribution,
        sender.name,
        sender.address,
        sender.reply_to,
        sender.postal_address,
        when,
        mark,
        complaints=settings.feedback.complaints,
        languages=languages,
        files=files or {},
        attached=settings.limits.attached,
        brand=brand_of(settings, sender.address.rpartition("@")[2]),
    )


def compile_all(office: Office, distribution: str, told: Mapping[str, str]) -> None:
    """Compile and keep every edition's letter; done once, a repetition writes the same. Raises
    TemplateError, SettingsError.
    """
    when = from_ms(int(told["start_at"]), office.settings.site.timezone)
    versions = json.loads(told["versions"])
    editions = {
        language: Edition.from_json(office.store.text(f"ed:{version}"))
        for language, version in versions.items()
    }
    check_signers(office.settings, editions.values())
    for language, edition in editions.items():
        letter = compile_edition(
            office,
            edition,
            distribution,
            when,
            tuple(editions),
            files={f.hash: office.store.raw(f"file:{f.hash}") for f in edition.files},
        )
        office.store.command("SET", f"let:{distribution}:{language}", letter.to_json(), "NX")


def files_of(readings: Sequence[Reading]) -> dict[str, bytes]:
    """The bytes of all that travels with these files, by hash."""
    return dict(pair for reading in readings for pair in reading.enclosed)


def filler_of(office: Office, distribution: str, letter: Letter) -> Filler:
    """What makes a distribution's letters as they are sent: signed, each with its own
    Return-Path.
    """
    settings = office.settings
    return Filler(
        letter,
        distribution=int(distribution),
        site_url=settings.site.url,
        keys=office.keys,
        signers=signers_of(settings, letter.sender_address),
        return_path=settings.feedback.return_path,
    )


def load_letter(office: Office, distribution: str, language: str) -> Letter:
    """A letter as it was compiled."""
    return Letter.from_json(office.store.raw(f"let:{distribution}:{language}"))
