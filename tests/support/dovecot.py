"""A Dovecot of its own in a folder, which serves one Maildir by IMAP; needs root and Debian's
package.
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.server import free_port

AVAILABLE = os.geteuid() == 0 and shutil.which("dovecot", path="/usr/sbin") is not None
PASSWORD = "secret-of-the-mailbox"
CONF = """\
base_dir = {run}
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
mail_location = maildir:{maildir}
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
default_internal_user = dovecot
default_login_user = dovenull
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


@contextlib.contextmanager
def dovecot(
    folder: Path, maildir: Path, certificate: tuple[Path, Path] | None = None
) -> Iterator[int]:
    """A Dovecot in a folder; gives its port: of IMAP with TLS where a certificate and its key are
    given.
    """
    owner, port, tls_port = pwd.getpwnam("postfix"), free_port(), free_port()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / "home").mkdir()
    os.chown(folder / "home", owner.pw_uid, owner.pw_gid)
    run = tempfile.mkdtemp(prefix="dovecot-")  # short: the names of sockets are (unix(7))
    files = f"ssl_cert = <{certificate[0]}\nssl_key = <{certificate[1]}" if certificate else ""
    (folder / "dovecot.conf").write_text(
        CONF.format(
            folder=folder,
            run=run,
            maildir=maildir,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            password=PASSWORD,
            port=0 if certificate else port,
            tls_port=tls_port if certificate else 0,
            ssl="required" if certificate else "no",
            certificate=files,
        )
    )
    found = tls_port if certificate else port
    server = subprocess.Popen(
        ["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(found, folder)
        yield found
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(run, ignore_errors=True)


def _wait(port: int, folder: Path) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > end:
                log = folder / "dovecot.log"
                raise AssertionError(log.read_text() if log.exists() else "no log") from None
            time.sleep(0.05)
        else:
            return
