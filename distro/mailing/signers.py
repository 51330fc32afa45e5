"""Open the DKIM keys that the settings name for one sender."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from distro.letter.dkim import Signer, load_signer
from distro.model import Edition
from distro.settings.load import Settings


def signers_of(settings: Settings, sender_address: str) -> tuple[Signer, ...]:
    """Return what signs letters from this address: an RSA key, an Ed25519 key, both or none; raise
    SettingsError for a bad file.
    """
    dkim = settings.dkim
    domain = dkim.domain or sender_address.rpartition("@")[2]
    keys = ((dkim.selector, dkim.key), (dkim.ed25519_selector, dkim.ed25519_key))
    return tuple(_signer(domain, selector, Path(path)) for selector, path in keys if path)


def check_signers(settings: Settings, editions: Iterable[Edition]) -> None:
    """Raise SettingsError now if the letters of an edition could not be signed later."""
    for sender in {edition.sender for edition in editions}:
        signers_of(settings, settings.sender_named(sender).address)


def _signer(domain: str, selector: str, path: Path) -> Signer:
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0  # `load_signer` says why
    return _loaded(domain, selector, path, changed)


@lru_cache(maxsize=64)
def _loaded(domain: str, selector: str, path: Path, changed: int) -> Signer:
    """Return a key that is read again only when its file has changed: checking an RSA key takes 40
    ms.
    """
    del changed
    return load_signer(domain, selector, path)
