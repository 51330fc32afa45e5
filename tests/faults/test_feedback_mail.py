"""A real Postfix bounces, and what comes back reaches the right recipient by every way: a Maildir,
a Dovecot by IMAP, LMTP, a pipe.
"""

import shutil
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import trustme

from distro.admin.feedback_ways import examine_feedback
from distro.audience import book
from distro.demo.mailbox import Mailbox
from distro.flow.submission import Order, submit
from distro.incoming import processing, suggestions
from distro.incoming.mailroom import arrived
from distro.incoming.sources import files, follow_all, imap
from distro.installation.context import Installation
from distro.mailing import transport
from distro.model import State
from distro.reports.locate import locate
from distro.store import Store, consents, distributions, keys, returns
from distro.store.embedded import Embedded
from tests.support import dovecot, postfix
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.server import free_port
from tests.support.story import Story

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        not (postfix.AVAILABLE and dovecot.AVAILABLE),
        reason="needs root, Postfix and Dovecot: apt install postfix dovecot-imapd",
    ),
]
REPLIES = {
    "reader0": "550 5.1.1 User unknown",
    "reader1": "552 5.2.2 Mailbox full",
    "reader2": "554 5.7.1 Refused by policy",
    "reader3": "450 4.2.0 Try again later",  # for ever: given up after seconds
}
CAUSES = {
    "reader0": ("unknown_user", True),
    "reader1": ("mailbox_full", False),
    "reader2": ("refused_by_policy", False),
    "reader3": ("system", False),
}
MAIN = """
virtual_mailbox_domains = press.example
recipient_delimiter = +
virtual_transport = {transport}
default_transport = smtp:[127.0.0.1]:{receiver}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
maximal_queue_lifetime = 2s
bounce_queue_lifetime = 1h
smtputf8_enable = no
"""
MASTER = """
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
"""
PATIENCE = 60.0
# Postfix's pipe runs as somebody who may not look into root's folders, where Python may be.
PACKAGES = ":".join((str(Path(__file__).parents[2]), sysconfig.get_paths()["purelib"]))
PIPE = f"/usr/bin/env PYTHONPATH={PACKAGES} /usr/bin/python3"


def wait_for(done: Callable[[], bool], act: Callable[[], object] = lambda: None) -> None:
    """Wait until something is so, doing something meanwhile."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        act()
        time.sleep(0.1)


class MailSystem:
    """A Postfix that is our relay, and hands back to us what bounces."""

    def __init__(self, folder: Path, receiver: int, how: str = "virtual") -> None:
        for above in (folder, *folder.parents[:3]):
            above.chmod(above.stat().st_mode | 0o055)  # Postfix's own user looks in
        self.folder = folder / "postfix"
        self.folder.mkdir()
        self.lmtp = free_port()
        self.receiver = receiver
        ways = {"virtual": "virtual", "lmtp": f"lmtp:inet:127.0.0.1:{self.lmtp}", "pipe": "distro:"}
        self.how = ways[how]
        self.settings = folder / "pipe.toml"

    @property
    def maildir(self) -> Path:
        return self.folder / "boxes" / "all"

    def started(self) -> AbstractContextManager[int]:
        main = MAIN.format(transport=self.how, receiver=self.receiver)
        reads = f"{PIPE} -m distro feedback read - --config {self.settings}"
        pipe = f"distro unix - n n - 2 pipe user=nobody argv={reads}"
        return postfix.postfix(
            self.folder, main, f"{MASTER}{pipe} --recipient ${{original_recipient}}\n"
        )


def send_to_all(installation: Installation, folder: Path) -> None:
    """Send a release to five readers through the relay, until everybody is accepted."""
    submit(installation, Order(files=[write_release(folder)], to="journalists"))
    story = Story(installation, pool_of=transport.pool_of(installation.settings, 0, 1))
    try:
        wait_for(lambda: installation.store.raw(keys.states("1")) == b"a" * 5, lambda: story.run(1))
    finally:
        story.stop()


def expect_all(installation: Installation) -> None:
    """Check that each failure is on the right recipient, and only the dead address suppressed."""
    store = installation.store
    number = distributions.newest(store, 1)[0]
    for name, (cause, hard) in CAUSES.items():
        who = next(
            w
            for n in range(1, 6)
            if (w := book.by_id(store, n)) is not None and w.email.startswith(name)
        )
        standing = locate(store, number, who.id)
        assert standing.state is State.BOUNCED
        back = returns.of_recipient(store, number, standing.ordinal)
        assert back is not None
        assert (back.cause, back.grade) == (cause, "hard" if hard else "soft")
        assert consents.refusals(store, who.id) == (["suppressed"] if hard else [])
    assert store.raw(keys.states(number)).count(b"a") == 1


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Mailbox]:
    """The receivers' server."""

    def refuse(recipient: str) -> str | None:
        return REPLIES.get(recipient.partition("@")[0])

    with Mailbox(tmp_path / "received", refuse=refuse) as found:
        yield found


def office(
    folder: Path, server: Embedded, store: Store, port: int, **feedback: object
) -> Installation:
    installation = make_installation(
        folder,
        server,
        store,
        relay=[{"url": f"smtp://127.0.0.1:{port}?tls=off", "connections": 2}],
        feedback={"return_path": "bounces@press.example", **feedback},
    )
    add_readers(store, 5, folder=folder)
    return installation


def all_back(installation: Installation) -> bool:
    return installation.store.raw(keys.states("1")).count(b"b") == len(CAUSES)


def test_by_a_maildir(tmp_path: Path, server: Embedded, store: Store, receiver: Mailbox) -> None:
    system = MailSystem(tmp_path, receiver.port)
    with system.started() as port:
        installation = office(tmp_path, server, store, port)
        send_to_all(installation, tmp_path)
        room = processing.mailroom(installation)

        def read() -> None:
            for name, raw in files.messages(str(system.maildir)):
                room.put(arrived(raw, name))
            processing.once(installation)

        wait_for(lambda: all_back(installation), read)
        expect_all(installation)


@pytest.mark.parametrize("secure", [False, True], ids=["on this machine", "TLS"])
def test_by_imap_with_idle(
    tmp_path: Path, server: Embedded, store: Store, receiver: Mailbox, secure: bool
) -> None:
    system = MailSystem(tmp_path, receiver.port)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    made = authority.issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for n, blob in enumerate(made.cert_chain_pems):
        blob.write_to_path(str(tmp_path / "cert.pem"), append=n > 0)
    files_ = (tmp_path / "cert.pem", tmp_path / "key.pem") if secure else None
    stop = threading.Event()
    with (
        system.started() as port,
        dovecot.dovecot(tmp_path / "dovecot", system.maildir, files_) as imap_port,
    ):
        scheme = "imaps" if secure else "imap"
        url = f"{scheme}://press:{dovecot.PASSWORD}@127.0.0.1:{imap_port}/INBOX"
        feedback = {"imap": url, "imap_ca_file": str(tmp_path / "ca.pem")}
        installation = office(tmp_path, server, store, port, **feedback)
        follow_all(installation.settings, stop)
        try:
            send_to_all(installation, tmp_path)
            wait_for(lambda: all_back(installation), lambda: processing.once(installation))
            expect_all(installation)
        finally:
            stop.set()
        # Each is marked, and fetched no second time.
        seen: list[bytes] = []
        with imap.opened(imap.Mailbox.at(url, str(tmp_path / "ca.pem"))) as mailbox:
            assert mailbox.mark == imap.MARK
            imap.fetch(mailbox, lambda _, raw: seen.append(raw))
        assert seen == []


def test_by_lmtp(tmp_path: Path, server: Embedded, store: Store, receiver: Mailbox) -> None:
    system = MailSystem(tmp_path, receiver.port, "lmtp")
    stop = threading.Event()
    with system.started() as port:
        installation = office(tmp_path, server, store, port, lmtp=f"127.0.0.1:{system.lmtp}")
        follow_all(installation.settings, stop)
        try:
            send_to_all(installation, tmp_path)
            wait_for(lambda: all_back(installation), lambda: processing.once(installation))
            expect_all(installation)
        finally:
            stop.set()
        assert suggestions.open_suggestions(installation) == []


def test_by_a_pipe(tmp_path: Path, server: Embedded, store: Store, receiver: Mailbox) -> None:
    """A user who may write to the mailroom and nothing else keeps it; it is carried out later."""
    system = MailSystem(tmp_path, receiver.port, "pipe")
    with system.started() as port:
        installation = office(tmp_path, server, store, port)
        data = installation.settings.data
        system.settings.write_text(f'data = "{data}"\n', encoding="utf-8")
        data.chmod(0o711)
        room = processing.mailroom(installation)
        room.folder.mkdir(exist_ok=True)
        shutil.chown(room.folder, "nobody")
        send_to_all(installation, tmp_path)
        wait_for(lambda: all_back(installation), lambda: processing.once(installation))
        expect_all(installation)


def test_the_probe_of_doctor_comes_back(
    tmp_path: Path, server: Embedded, store: Store, receiver: Mailbox
) -> None:
    system = MailSystem(tmp_path, receiver.port, "lmtp")
    stop = threading.Event()
    with system.started() as port:
        installation = office(tmp_path, server, store, port, lmtp=f"127.0.0.1:{system.lmtp}")
        follow_all(installation.settings, stop)
        worker = threading.Thread(target=_process, args=(installation, stop))
        worker.start()
        try:
            found = [f for f in examine_feedback(installation) if f.about == "Bounces"]
        finally:
            stop.set()
            worker.join()
    assert [(f.grade, f.text) for f in found] == [
        ("ok", "a probe to bounces@press.example came back")
    ]


def _process(installation: Installation, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        processing.once(installation)
