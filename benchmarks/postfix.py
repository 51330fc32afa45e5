"""Into a real Postfix that delivers into Maildirs, beside what smtp-source does to the same server.

usage: python benchmarks/postfix.py [READERS=20000]     needs root and Debian's postfix package

A Postfix of its own in a temporary folder (queue, logs, Maildirs), which offers PIPELINING and CHUNKING. Afterwards every
Maildir is counted: each reader has exactly one letter.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from installation import Installation, free_port
from wire import fitted

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


@contextlib.contextmanager
def postfix(folder: Path) -> Iterator[int]:
    """A Postfix in a folder; gives its port."""
    if os.geteuid() or not shutil.which("postfix", path="/usr/sbin"):
        raise SystemExit("needs root and Postfix: apt install postfix")
    port, owner = free_port(), pwd.getpwnam("postfix")
    folder.chmod(0o755)
    for name in ("conf", "queue", "data", "boxes"):
        (folder / name).mkdir()
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    os.chown(folder / "boxes", owner.pw_uid, owner.pw_gid)
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid))
    (folder / "conf" / "master.cf").write_text(MASTER.format(port=port))
    run = ["/usr/sbin/postfix", "-c", str(folder / "conf")]
    subprocess.run([*run, "start"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        subprocess.run([*run, "abort"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def delivered(folder: Path, expected: int, seconds: float = 600) -> Counter[str]:
    """Letters by recipient once all are in the Maildir; read from their To lines."""
    box, end = folder / "boxes" / "all" / "new", time.monotonic() + seconds
    while not box.exists() or sum(1 for _ in os.scandir(box)) < expected:
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    found: Counter[str] = Counter()
    for entry in os.scandir(box):
        head = Path(entry.path).read_bytes()[:4000]
        found[head.partition(b"Delivered-To: ")[2].partition(b"\n")[0].decode()] += 1
    return found


def main(readers: int = 20_000) -> int:
    with tempfile.TemporaryDirectory(prefix="distro-p-", ignore_cleanup_errors=True) as name, postfix(Path(name)) as port, tempfile.TemporaryDirectory(prefix="distro-q-", ignore_cleanup_errors=True) as ours:
        with Installation(Path(ours), relay=port) as office:
            office.book(readers, languages=("en", "es", "fr"))
            files, size = fitted(office, 0, 40_000)
            told = office.rest(office.submit(files))
            rate = readers / ((int(told["last_accepted_at"]) - int(told["submitted_at"])) / 1000)
            found = delivered(Path(name), readers)
            print(f"letters of {size:,} bytes in Maildirs: {sum(found.values()):,} for {len(found):,} readers, most for one {max(found.values())}")
            began = time.monotonic()
            subprocess.run(["/usr/sbin/smtp-source", "-d", "-s", "20", "-l", str(size), "-m", str(readers), "-f", "a@press.example", "-t", "b@a.example", f"127.0.0.1:{port}"], check=True)
            theirs = readers / (time.monotonic() - began)
            print(f"into Postfix: distro {rate:,.0f}/s, smtp-source {theirs:,.0f}/s, ratio {rate / theirs:.2f}")
            return not (len(found) == readers == sum(found.values()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
