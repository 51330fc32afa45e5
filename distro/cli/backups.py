"""backup, restore: a copy of everything, and an installation from it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, Yes, actor, described, settings

if TYPE_CHECKING:
    from distro.admin.backup import BackupInfo, BackupKey

_KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="A file with the key instead of a passphrase; the first backup makes it.",
        metavar="FILE",
    ),
]
_VARIABLE = "DISTRO_BACKUP_PASSPHRASE"


_File = Annotated[
    Path, typer.Argument(help="The file to write.", metavar="FILE", show_default=False)
]


def backup(
    file: _File,
    key_file: _KeyFile = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Write an encrypted copy of everything at one moment, while sending continues.

    The passphrase is asked for, or read from DISTRO_BACKUP_PASSPHRASE. The file is in the age
    format (age-encryption.org).

    Examples:

        distro backup /mnt/backups/monday.age
        distro backup monday.age --key-file /root/backup.key
    """
    from distro.admin import backup as copies
    from distro.installation.context import open_installation

    lock = _key(key_file, fresh=True)
    with open_installation(settings(config)) as installation:
        made = copies.backup(installation, file, lock)
    if as_json:
        output.document(
            {
                "file": str(file),
                "at": made.at,
                "people": made.people,
                "distributions": made.distributions,
                "bytes": made.size,
                "audit_log": made.log,
            }
        )
    else:
        output.say(
            f"{file}: {output.count(made.people, 'person', 'people')},"
            f" {output.count(made.distributions, 'distribution')}, {made.size:,} bytes, as of"
            f" {output.clock(made.at)}"
        )
        if made.log:
            output.say(f"The audit log ended with {made.log} (distro audit log verify --head …)")
        output.say(
            f"Keep {key_file or 'the passphrase'} elsewhere: nobody opens the file without it."
        )
    return 0


_RestoreFile = Annotated[
    Path,
    typer.Argument(help="A file that `distro backup` wrote.", metavar="FILE", show_default=False),
]


def restore(
    file: _RestoreFile,
    key_file: _KeyFile = None,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Fill an empty installation from a backup. Nothing is sent before you say so: unfinished
    distributions are halted.

    People who unsubscribed since then stay unsubscribed if this host's consent file has it. `distro
    up` must not run.

    Examples:

        distro restore /mnt/backups/monday.age
    """
    from distro.admin import backup as copies
    from distro.errors import RefusedError
    from distro.installation.context import is_up, open_installation

    found = settings(config)
    if is_up(found.data):
        raise RefusedError(
            f"`distro up` runs on {found.data}", hint="Stop it first; start it again afterwards."
        )
    key = _key(key_file, fresh=False)
    with copies.workplace(found.data) as folder:
        about = copies.unpack(file, key, folder)
        question = (
            f"A copy of {about['at']} with {about['people']:,} people. Restore it into"
            f" {found.data}?"
        )
        if not yes and sys.stdin.isatty() and not typer.confirm(question):
            return 1
        copies.keep_secrets(found, folder)
        with open_installation(found) as installation:
            done = copies.restore(installation, about, folder, actor=actor())
    if as_json:
        _restored_json(file, done)
    else:
        _show_restored(file, done)
    return 0


def _restored_json(file: Path, done: "BackupInfo") -> None:
    output.document(
        {
            "file": str(file),
            "at": done.at,
            "people": done.people,
            "distributions": done.distributions,
            "halted": list(done.halted),
            "newer_facts": done.newer,
        }
    )


def _show_restored(file: Path, done: "BackupInfo") -> None:
    output.say(
        f"{file}: {output.count(done.people, 'person', 'people')} and"
        f" {output.count(done.distributions, 'distribution')} as of {output.clock(done.at)}"
    )
    if done.newer:
        output.say(
            f"  {output.count(done.newer, 'newer wish', 'newer wishes')} of readers in this host's"
            " consent file hold"
        )
    for distribution in done.halted:
        output.say(
            f"  {distribution} was unfinished and is halted: distro report {distribution}, then"
            " cancel or resume"
        )
    output.say("Next: distro up")


def _key(key_file: Path | None, *, fresh: bool) -> "BackupKey":
    from distro.admin.backup import BackupKey
    from distro.errors import UsageError

    if key_file:
        return BackupKey(key_file=key_file)
    phrase = os.environ.get(_VARIABLE, "")
    if not phrase and sys.stdin.isatty():
        phrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=fresh)
    if not phrase:
        raise UsageError(
            "there is no passphrase", hint=f"Set {_VARIABLE}, or name a file: --key-file FILE"
        )
    if fresh and len(phrase) < 12:
        raise UsageError(
            "the passphrase is shorter than 12 characters",
            hint="A few words are easy to keep and hard to guess.",
        )
    return BackupKey(phrase)


def add_to(app: typer.Typer) -> None:
    """Put the commands into the tree."""
    described(app, backup)
    described(app, restore)
