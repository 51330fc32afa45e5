"""A Postfix of its own in a folder, which delivers into a Maildir; needs root and Debian's
package.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.server import free_port

AVAILABLE = os.geteuid() == 0 and shutil.which("postfix", path="/usr/sbin") is not None
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.press.example
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = a.example, b.example, c.example, d.example
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
in_flow_delay = 0
default_process_limit = 100
smtpd_client_connection_count_limit = 0
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def _without(lines: str, others: str) -> str:
    """Return settings without those that others set too: Postfix warns of each."""
    names = {line.partition("=")[0].strip() for line in others.splitlines()} - {""}
    kept = (line for line in lines.splitlines() if line.partition("=")[0].strip() not in names)
    return "\n".join(kept) + "\n"


@contextlib.contextmanager
def postfix(folder: Path, main: str = "", master: str = "") -> Iterator[int]:
    """A Postfix in a folder; gives its port. Letters arrive in `boxes/all/new`.

    `main` and `master` are further lines of its configuration; the last of a name counts.
    """
    port, owner = free_port(), pwd.getpwnam("postfix")
    folder.chmod(0o755)
    for name in ("conf", "queue", "data", "boxes"):
        (folder / name).mkdir()
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    os.chown(folder / "boxes", owner.pw_uid, owner.pw_gid)
    (folder / "conf" / "main.cf").write_text(
        _without(MAIN, main).format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid) + main
    )
    (folder / "conf" / "master.cf").write_text(MASTER.format(port=port) + master)
    run = ["/usr/sbin/postfix", "-c", str(folder / "conf")]
    subprocess.run(
        [*run, "start"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        subprocess.run(
            [*run, "abort"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
