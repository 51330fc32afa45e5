"""The keys that the settings name, for the letters of one sender."""

from pathlib import Path

from distro.letter.dkim import Signer, load_signer
from distro.settings import Settings


def signers_of(settings: Settings, sender_address: str) -> tuple[Signer, ...]:
    """What signs letters from this address: an RSA key, an Ed25519 key, both or none; raises SettingsError for a bad file."""
    dkim = settings.dkim
    domain = dkim.domain or sender_address.rpartition("@")[2]
    keys = ((dkim.selector, dkim.key), (dkim.ed25519_selector, dkim.ed25519_key))
    return tuple(load_signer(domain, selector, Path(path)) for selector, path in keys if path)
