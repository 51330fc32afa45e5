"""Check whose a data folder is, and let the members of one group use the server in it.

They get the way to Redis, which holds the book and the ledger, as a user who may not run the
server. Secrets, what readers asked of us (consent.jsonl), journals, locks and everything else in
the folder stay its owner's alone.
"""

import contextlib
import grp
import os
import pwd
import secrets
import stat
from pathlib import Path

from distro.errors import DistroError, SettingsError

REDIS = "redis"  # the server's own folder
MEMBER = "member"  # the server's user for them
_KEY_FILE = "member-password"
SOCKET = "redis.sock"  # the server finds it beside its files, whatever the length of their path
# No setgid bit and no change of owner where the group is right already: hardened units forbid both
# (RestrictSUIDSGID, @privileged).
_FOR_MEMBERS = {
    ".": 0o710,
    "host": 0o640,
    REDIS: 0o710,
    f"{REDIS}/{_KEY_FILE}": 0o640,
    f"{REDIS}/{SOCKET}": 0o660,
}


def group_id(name: str) -> int:
    """Return the number of a group that this process may give its files to. Raises
    SettingsError.
    """
    try:
        found = grp.getgrnam(name).gr_gid
    except KeyError:
        raise SettingsError(
            f'[site] group: this machine has no group "{name}"', hint=f"addgroup {name}"
        ) from None
    if os.geteuid() != 0 and found not in (os.getegid(), *os.getgroups()):
        raise SettingsError(
            f"[site] group: {owner_name(os.geteuid())}, as whom distro runs, is not in the group"
            f' "{name}"',
            hint=f"adduser {owner_name(os.geteuid())} {name}   then start distro anew",
        )
    return found


def check_ours(data: Path) -> None:
    """Check that this process owns the folder that it is to share. Raises SettingsError."""
    if data.stat().st_uid != os.geteuid():
        raise SettingsError(
            f"[site] group: {data} belongs to {owner_name(data.stat().st_uid)}, and only they may"
            " share it",
            hint=f"Start distro as {owner_name(data.stat().st_uid)}",
        )


def share(data: Path, group: int) -> None:
    """Let the group use the server that runs in this data folder."""
    for name, mode in _FOR_MEMBERS.items():
        path = data / name
        with contextlib.suppress(FileNotFoundError):
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
                continue  # not made by us: it stays as it is
            if found.st_gid != group:
                os.chown(path, -1, group, follow_symlinks=False)
            path.chmod(mode)


def member_password(data: Path) -> str:
    """Return the password of the members' user of the server that runs here."""
    return (data / REDIS / _KEY_FILE).read_text(encoding="ascii").strip()


def renew_member_password(data: Path) -> str:
    """Make it anew, so that who has left the group is out at the next start."""
    path = data / REDIS / _KEY_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w"
    ) as file:
        file.write(secrets.token_hex(24))
    return member_password(data)


def close(data: Path) -> str:
    """Take back what was shared: nobody but the owner reaches the server. Return the members'
    password, of which there is none.
    """
    password = data / REDIS / _KEY_FILE
    if password.exists():
        for path, mode in ((data, 0o700), (data / "host", 0o600), (data / REDIS, 0o700)):
            with contextlib.suppress(FileNotFoundError):
                path.chmod(mode)
        password.unlink()
    return ""


def owner_of(data: Path) -> str:
    """Return the name of the user whose data folder this is; "" when it is ours, or nobody's
    yet.
    """
    try:
        found = data.stat().st_uid
    except OSError:
        return ""
    return "" if found == os.geteuid() or os.geteuid() == 0 else owner_name(found)


def refused(path: str, data: Path) -> DistroError | None:
    """Return what to tell somebody who may not touch this path of another user's data folder; None:
    the folder is theirs.
    """
    owner = owner_of(data if data.exists() else data.parent)
    if not owner or not path.startswith(str(data)):
        return None
    return DistroError(
        f"this needs {path}, which only {owner} may use",
        hint=(
            f"sudo -u {owner} distro …   or, for what needs no secrets, a group: [site] group,"
            " docs/deploy.md"
        ),
    )


def owner_name(user: int) -> str:
    """Return a user's name, or their number where they have none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
