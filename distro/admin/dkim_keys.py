"""Make DKIM keys, and the records to publish for them."""

import os
from pathlib import Path

from distro.errors import RefusedError, SettingsError
from distro.letter.dkim import Signer, load_signer, make_key
from distro.settings.load import Settings


def zone_line(signer: Signer) -> str:
    """Return a TXT record as a zone file has it: strings of at most 255 bytes (RFC 1035
    §3.3.14).
    """
    record = signer.record
    return f"{signer.selector}._domainkey.{signer.domain}. TXT " + " ".join(
        f'"{record[n : n + 250]}"' for n in range(0, len(record), 250)
    )


def make_dkim_keys(settings: Settings) -> list[tuple[Signer, Path, str]]:
    """Make an RSA and an Ed25519 key in the data folder.

    Returns each with its file and the name of its setting. Raises RefusedError where one is there.
    """
    if settings.dkim.key or settings.dkim.ed25519_key:
        raise RefusedError(
            f"there is a key already: {settings.dkim.key or settings.dkim.ed25519_key}",
            hint=(
                "For another one: a new `selector` and no `key` in [dkim], publish the new record,"
                " and keep the old one for a week."
            ),
        )
    domain = settings.dkim.domain or settings.sender.address.rpartition("@")[2]
    found = []
    for kind, selector, setting in (
        ("rsa", settings.dkim.selector, "key"),
        ("ed25519", settings.dkim.ed25519_selector, "ed25519_key"),
    ):
        path = settings.data / "dkim" / f"{selector}.pem"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(make_key(kind))
        except FileExistsError:
            pass  # made before, not named in the settings yet
        except OSError as error:
            raise SettingsError(f"{path} cannot be written ({error.strerror})") from None
        found.append((load_signer(domain, selector, path), path, setting))
    return found
