"""Load or make the signing keys, the pepper of address hashes and the host id of a data folder."""

import contextlib
import json
import os
import secrets
from pathlib import Path

from distro.errors import DistroError, StoreGoneError
from distro.settings.load import Settings
from distro.store import Store, keys
from distro.store.data_folder import owner_of
from distro.tokens import SecretKeys


def _kept(path: Path, fresh: str) -> str:
    """Return the text of a private file, made with `fresh` the first time."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(3)}")
    own.touch(mode=0o600)
    own.write_text(fresh, encoding="utf-8")
    with contextlib.suppress(FileExistsError):
        os.link(own, path)  # the first of two starters wins
    own.unlink()
    return path.read_text(encoding="utf-8")


def host_id(data: Path) -> str:
    """Return a host is its data folder, with a random id inside."""
    try:
        return _kept(data / "host", "h" + secrets.token_hex(4)).strip()
    except OSError as error:
        raise DistroError(
            f"{data} cannot be written ({error.strerror})",
            hint="Look at `data = …` in distro.toml.",
        ) from None


def load_keys(settings: Settings, store: Store) -> SecretKeys:
    """Return the keys: links are signed with [secret] keys, else with the data folder's own.

    The pepper is Redis's, for ever. A member of [site] group may not read the folder's key: they
    sign no links.
    """
    if is_member(settings):
        return SecretKeys(
            tuple(k.get_secret_value().encode() for k in settings.secret.keys), _pepper(store)
        )
    kept = json.loads(
        _kept(
            settings.data / "secrets.json",
            json.dumps({"sign": secrets.token_hex(32), "pepper": secrets.token_hex(32)}),
        )
    )
    store.keep_pepper(kept["pepper"])
    signing = tuple(k.get_secret_value().encode() for k in settings.secret.keys) or (
        kept["sign"].encode(),
    )
    return SecretKeys(signing, _pepper(store))


def _pepper(store: Store) -> bytes:
    found = store.text(keys.PEPPER).encode()
    if not found:
        raise StoreGoneError("Redis holds no key for addresses", code="no_pepper")
    return found


def is_member(settings: Settings) -> bool:
    """Return whether this process uses somebody else's installation, as a member of [site] group:
    without its keys.
    """
    return bool(settings.embedded and settings.site.group and owner_of(settings.data))
