"""Whose a data folder is, and who else may use the server in it: the members of one group (`[site] group`), nobody more.

They get the way to Redis, which holds the book and the ledger. Secrets, what readers asked of us (consent.jsonl),
journals and everything else in the folder stay its owner's alone.
"""

import contextlib
import grp
import os
import pwd
from pathlib import Path

from distro.errors import DistroError, SettingsError

REDIS = "redis"            # the server's own folder
SOCKET = "redis.sock"      # the server finds it beside its files, whatever the length of their path
# No setgid bit and no change of owner where the group is right already: hardened units forbid both (RestrictSUIDSGID, @privileged).
_FOR_MEMBERS = {
    ".": 0o710, "host": 0o640, "up.lock": 0o640,
    REDIS: 0o710, f"{REDIS}/password": 0o640, f"{REDIS}/users.lock": 0o640, f"{REDIS}/keeper.lock": 0o640, f"{REDIS}/{SOCKET}": 0o660,
}


def group_id(name: str) -> int:
    """Return the number of a group that this process may give its files to. Raises SettingsError."""
    try:
        found = grp.getgrnam(name).gr_gid
    except KeyError:
        raise SettingsError(f'[site] group: this machine has no group "{name}"', hint=f"addgroup {name}") from None
    if os.geteuid() != 0 and found not in (os.getegid(), *os.getgroups()):
        raise SettingsError(f'[site] group: {owner_name(os.geteuid())}, as whom distro runs, is not in the group "{name}"', hint=f"adduser {owner_name(os.geteuid())} {name}   then start distro anew")
    return found


def share(data: Path, group: int) -> None:
    """Let the group use the server that runs in this data folder."""
    for name, mode in _FOR_MEMBERS.items():
        path = data / name
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_gid != group:
                os.chown(path, -1, group)
            path.chmod(mode)


def close(data: Path) -> None:
    """Take it back: without the folder nobody reaches the server in it."""
    with contextlib.suppress(FileNotFoundError):
        (data / REDIS).chmod(0o700)


def owner_of(data: Path) -> str:
    """Return the name of the user whose data folder this is; "" when it is ours, or nobody's yet."""
    try:
        found = data.stat().st_uid
    except OSError:
        return ""
    return "" if found == os.geteuid() or os.geteuid() == 0 else owner_name(found)


def refused(path: str, data: Path) -> DistroError | None:
    """Return what to tell somebody who may not touch this path of another user's data folder; None: the folder is theirs."""
    owner = owner_of(data if data.exists() else data.parent)
    if not owner or not path.startswith(str(data)):
        return None
    return DistroError(f"this needs {path}, which only {owner} may use", hint=f"sudo -u {owner} distro …   or, for what needs no secrets, a group: [site] group, docs/deploy.md")


def owner_name(user: int) -> str:
    """Return a user's name, or their number where they have none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
