"""Write everything that an installation knows into one encrypted file (age-encryption.org/v1), and
restore an installation from it.

The copy is of one instant, taken while sending goes on. After `restore` whatever was unfinished
stands halted, every newer "no" in this host's consent file holds, and no number that was given out
since is given out again.
"""

import contextlib
import io
import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from distro import log
from distro.errors import InputFileError, RefusedError, UsageError
from distro.flow import orders
from distro.installation.context import Installation
from distro.lib.files import read_text, replaced
from distro.model import DistributionId, DistributionState
from distro.settings.load import Settings
from distro.store import audit_log, data_format, distributions, dump, keys, subscriber_rows
from distro.subscribers import people
from distro.times import rfc3339

_FORMAT = 1
# Numbers left out, for those given out since the copy was made.
_AHEAD = {keys.LAST_SUBSCRIBER: 65_536, keys.LAST_DISTRIBUTION: 1_000, keys.LAST_IMPORT: 1_000}
_MOVING = (keys.DUE, keys.RUNNING, keys.SETTLING)
_UNFINISHED = (
    DistributionState.SCHEDULED,
    DistributionState.FREEZING,
    DistributionState.SENDING,
)
_WORKPLACE = "backup-"
_FILES = ("consent.jsonl", "secrets.json")


@dataclass(frozen=True, slots=True)
class BackupKey:
    """Encrypt and decrypt backups, by a passphrase or by a key file (made at the first backup)."""

    passphrase: str = field(default="", repr=False)
    key_file: Path | None = None

    def encrypt(self, inner: Path, out: Path) -> None:
        """Write the encrypted file; by a passphrase it passes through memory."""
        import pyrage

        if self.key_file is None:
            out.write_bytes(pyrage.passphrase.encrypt(inner.read_bytes(), self.passphrase))
            return
        if not self.key_file.exists():
            self.key_file.touch(mode=0o600)
            self.key_file.write_text(f"{pyrage.x25519.Identity.generate()}\n", encoding="ascii")
        pyrage.encrypt_file(str(inner), str(out), [self._identity().to_public()])

    def decrypt(self, path: Path, inner: Path) -> None:
        """Write what was encrypted; raises InputFileError when this is not its key, or the file is
        not whole.
        """
        import pyrage

        try:
            if self.key_file is None:
                inner.write_bytes(pyrage.passphrase.decrypt(path.read_bytes(), self.passphrase))
            else:
                pyrage.decrypt_file(str(path), str(inner), [self._identity()])
        except FileNotFoundError as error:
            raise InputFileError(f"{error.filename or path}: there is no such file") from None
        except (pyrage.DecryptError, OSError) as error:
            key = "passphrase" if self.key_file is None else "key file"
            raise InputFileError(
                f"{path.name} cannot be opened with this {key} ({str(error).rstrip('.').lower()})",
                hint=f"Is it the {key} of that backup, and the file whole?",
            ) from None

    def _identity(self) -> Any:
        import pyrage

        try:
            return pyrage.x25519.Identity.from_str(
                read_text(self.key_file or Path(), 10_000).strip()
            )
        except FileNotFoundError:
            raise InputFileError(f"{self.key_file}: there is no such key file") from None
        except (pyrage.IdentityError, UnicodeDecodeError):
            raise UsageError(
                f"{self.key_file} is no key file",
                code="bad_backup_key",
            ) from None


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """The contents of a backup file, in numbers."""

    at: str  # RFC 3339
    people: int
    distributions: int
    size: int = 0  # bytes of the file
    log: str = ""  # the end of the audit log, LINE:HASH
    halted: tuple[str, ...] = ()
    newer: int = 0  # facts of this host that the copy did not have


def backup(installation: Installation, path: Path, lock: BackupKey) -> BackupInfo:
    """Write a copy beside what goes on; an old file is replaced only by a whole new one."""
    zone = installation.settings.site.timezone
    if not path.parent.is_dir():
        raise InputFileError(f"{path.parent}: there is no such folder")
    with workplace(installation.settings.data) as folder:
        rdb, inner, closed = folder / "redis.rdb", folder / "inner.tar", folder / "closed"
        now, log_end = installation.store.now_ms(), str(audit_log.head(installation.store))
        with rdb.open("wb") as out:
            dump.take(installation.url, out)
        about = {
            "format": _FORMAT,
            "at": rfc3339(now, zone),
            "at_ms": now,
            "people": subscriber_rows.count_everyone(installation.store),
            "distributions": len(distributions.newest(installation.store)),
            "database": _database(installation),
            "data_format": data_format.FORMAT,
            "audit_log": log_end,
        }
        with tarfile.open(inner, "w") as tar:
            _add(tar, "about.json", json.dumps(about).encode())
            tar.add(rdb, "redis.rdb")
            # After the instant: a wish between the two is in the copy twice, never not at all.
            for name in _FILES:
                with contextlib.suppress(FileNotFoundError):
                    _add(tar, name, (installation.settings.data / name).read_bytes())
        lock.encrypt(inner, closed)
        with replaced(path) as out, closed.open("rb") as whole:
            shutil.copyfileobj(whole, out)
    return BackupInfo(
        str(about["at"]),
        int(str(about["people"])),
        int(str(about["distributions"])),
        path.stat().st_size,
        log=log_end,
    )


@contextlib.contextmanager
def workplace(data: Path) -> Iterator[Path]:
    """Give a folder for what is not encrypted, beside the book itself: never on the target, never
    in a shared folder.

    What a killed backup or restore left in clear goes first.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in data.glob(f"{_WORKPLACE}*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_WORKPLACE, dir=data) as folder:
        yield Path(folder)


def unpack(path: Path, lock: BackupKey, folder: Path) -> dict[str, object]:
    """Open a backup into a folder; gives what it says about itself. Raises InputFileError."""
    if not path.is_file():
        raise InputFileError(f"{path}: there is no such file")
    inner = folder / "inner.tar"
    lock.decrypt(path, inner)
    try:
        with tarfile.open(inner) as tar:
            tar.extractall(folder, filter="data")
        about: dict[str, object] = json.loads((folder / "about.json").read_bytes())
    except (tarfile.TarError, OSError, ValueError) as error:
        raise InputFileError(f"{path.name} is not a backup of distro ({error})") from None
    if about.get("format") != _FORMAT:
        raise InputFileError(
            f"{path.name} was written by another version of distro (format {about.get('format')})",
            hint="Restore it with that version.",
        )
    return about


def keep_secrets(settings: Settings, folder: Path) -> None:
    """Put the secrets that sign the links of old letters where the installation reads them.

    It must happen before the installation is opened. Raises RefusedError where others are there.
    """
    there, here = folder / "secrets.json", settings.data / "secrets.json"
    if here.exists() and here.read_bytes() != there.read_bytes():
        raise RefusedError(
            f"{here} is of another installation: links in letters of the backup would not work",
            hint="Restore into an empty data folder (`data = …` in distro.toml).",
        )
    if not here.exists():
        here.parent.mkdir(parents=True, exist_ok=True)
        here.touch(mode=0o600)
        here.write_bytes(there.read_bytes())


def restore(
    installation: Installation, about: dict[str, object], folder: Path, *, actor: str
) -> BackupInfo:
    """Fill an empty Redis from an unpacked backup; nothing of it is sent before a person says
    so.
    """
    store, written = installation.store, int(str(about.get("data_format", 1)))
    if written > data_format.FORMAT:
        raise data_format.newer("this backup", written)
    if store.holds_data():
        raise RefusedError(
            "this installation has a book already",
            hint=(
                "Restore into an empty data folder (`data = …` in distro.toml), or an empty Redis;"
                " what a broken restore left there has to go."
            ),
        )
    # What makes workers and sweeps move comes last, when everything unfinished stands halted:
    # whoever dies in between sends nothing.
    with dump.reading(folder / "redis.rdb", int(str(about["database"]))) as source:
        dump.copy_all(source, store, without=_MOVING)
        for key, ahead in _AHEAD.items():
            store.skip(key, ahead)
        halted = _halt_unfinished(installation, str(about["at"]), actor)
        _merge_consent(installation, folder / "consent.jsonl")
        newer = installation.consent.replay(
            store,
            whole=True,
            each=lambda fact: (
                people.again(installation, fact) if fact.at > int(str(about["at_ms"])) else None
            ),
        )
        dump.copy(source, store, _MOVING)
    data_format.migrate(store, written)
    for distribution in halted:
        distributions.not_due(store, distribution)
    log.get().info(
        "restored", of=str(about["at"]), people=about["people"], halted=len(halted), newer=newer
    )
    return BackupInfo(
        str(about["at"]),
        int(str(about["people"])),
        int(str(about["distributions"])),
        halted=tuple(d.label for d in halted),
        newer=newer,
    )


def _halt_unfinished(installation: Installation, at: str, actor: str) -> list[DistributionId]:
    """Halt what is not sent yet, and return it.

    Whoever got a letter after the copy was made would get it again; only a person can say that
    this is right.
    """
    halted = []
    for number in reversed(distributions.newest(installation.store)):
        found = distributions.get(installation.store, number)
        if found and found.state in _UNFINISHED:
            reason = (
                f"restored from a copy of {at}; who got it after that would get it again: cancel"
                " it, or resume if nothing went out"
            )
            orders.halt(installation, number, actor=actor, reason=reason)
            halted.append(number)
    return halted


def _merge_consent(installation: Installation, old: Path) -> None:
    """Put the facts of the copy's file that this host's file does not have before its own."""
    path = installation.consent.path
    mine = path.read_bytes().splitlines() if path.exists() else []
    known = set(mine)
    theirs = (
        [line for line in old.read_bytes().splitlines() if line not in known]
        if old.exists()
        else []
    )
    if theirs:
        with replaced(path) as file:
            file.write(b"\n".join([*theirs, *mine]) + b"\n")


def _database(installation: Installation) -> int:
    parts = urlsplit(installation.url)
    return int(
        parse_qs(parts.query).get(
            "db",
            [
                (
                    parts.path.strip("/")
                    if parts.scheme in ("redis", "rediss") and parts.path.strip("/")
                    else "0"
                )
            ],
        )[0]
    )


def _add(tar: tarfile.TarFile, name: str, raw: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(raw), int(time.time()), 0o600
    tar.addfile(info, io.BytesIO(raw))
