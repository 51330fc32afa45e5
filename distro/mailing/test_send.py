"""Send the real letter to a colleague, marked [Test], outside any distribution: nothing of it is in
the ledger.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from distro.audience import addresses, book, consent
from distro.errors import DistroError, RefusedError, UsageError
from distro.installation.allow_list import may_get
from distro.installation.context import Installation
from distro.installation.release_files import read_files
from distro.letter import Filler, compile_letter
from distro.letter.templates import Templates
from distro.mailing.compose import context_for, files_of
from distro.mailing.signers import signers_of
from distro.mailing.transport import send_in_turn
from distro.model import Edition, Outcome, State
from distro.readings import UNDECIDED, Choices
from distro.relay.endpoint import ConnectionBrokenError, RelayRefusedError
from distro.relay.message import Message
from distro.settings.load import Settings
from distro.store import consents
from distro.submit import release_of
from distro.tokens import SecretKeys

_PATIENCE = 60  # seconds for the whole of it


@dataclass(frozen=True, slots=True)
class Tried:
    """The end of one edition's test letter."""

    language: str
    outcome: Outcome


def send_test(
    installation: Installation, files: Sequence[Path], to: str, choices: Choices = UNDECIDED
) -> list[Tried]:
    """Send every edition of a release to one address.

    Raises RefusedError for somebody who said no, or who is outside a trial, DistroError when the
    relay cannot be reached.
    """
    settings = installation.settings
    address, reason = addresses.judge(to)
    if reason:
        raise UsageError(f"{to}: {reason}")
    if not may_get(settings, address):
        raise RefusedError(
            f"{address} is not in [site] allow, and the environment is"
            f' "{settings.site.environment}": nothing was sent',
            hint=f'Add "{address}" to allow in {settings.where}.',
        )
    _check_wish(installation, address)
    readings = read_files(settings, files, choices)
    release, enclosed = release_of(readings), files_of(readings)
    messages = [
        (e.language, _message(settings, e, address, release.languages, enclosed))
        for e in release.editions
    ]
    relay = settings.relay[0]
    try:
        return asyncio.run(asyncio.wait_for(_send(settings, messages), _PATIENCE))
    except (RelayRefusedError, ConnectionBrokenError, TimeoutError, ssl.SSLError, OSError) as error:
        raise DistroError(
            f"the relay {relay.name} did not take it ({error or type(error).__name__})",
            code="relay_refused_test",
        ) from None


def _check_wish(installation: Installation, address: str) -> None:
    """Raise RefusedError for somebody who refused: that holds for a test as well."""
    who = book.by_address(installation.store, address)
    said = (
        consents.refusals(installation.store, who.id)
        if who
        else [
            *filter(
                None, consent.said_before(installation.store, installation.hashes_of, [address])
            )
        ]
    )
    if said:
        raise RefusedError(
            f"{address} may not be written to ({', '.join(said)})",
            hint="A test goes to a colleague, at another address.",
        )


def _message(
    settings: Settings,
    edition: Edition,
    address: str,
    languages: tuple[str, ...],
    files: dict[str, bytes],
) -> Message:
    envelope = context_for(
        settings,
        edition,
        "0",
        datetime.now().astimezone(),
        languages=languages,
        subject_prefix="[Test] ",
        files=files,
    )
    letter = compile_letter(edition, envelope, Templates(settings.templates))
    # Its links are not signed by this installation: a test cannot unsubscribe anybody.
    filler = Filler(
        letter,
        distribution=0,
        site_url=settings.site.url,
        keys=SecretKeys((b"test",), str(envelope.when).encode()),
        signers=signers_of(settings, envelope.sender_address),
    )
    return Message(envelope.sender_address, address, filler.fill(0, 0, address, ""))


async def _send(settings: Settings, messages: list[tuple[str, Message]]) -> list[Tried]:
    tried: list[Tried] = []
    await send_in_turn(
        settings.relay[0],
        [message for _, message in messages],
        lambda n, outcome: tried.append(Tried(messages[n][0], outcome)),
        seconds=_PATIENCE,
    )
    return tried + [
        Tried(language, Outcome(State.QUEUED, text="the connection ended before it"))
        for language, _ in messages[len(tried) :]
    ]
