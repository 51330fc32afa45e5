"""Bounces from an mbox to ledger and book, on one core: `distro feedback read`.

usage: python benchmarks/returns.py [BOUNCES=10000]

Every reader of a distribution bounces, in ten different ways. `distro up` runs beside it, its sweep
too; the command has one core. Reference in the same run: the standard library's parser alone, over
the same file.
"""

import email
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from running import Running, smtp_sink
from wire import release

from distro.incoming.sources.files import messages
from distro.store import keys
from distro.tokens import return_token
from tests.support.returned import Sent, bounce

BAR = 60.0  # seconds for 10,000
RETURN_PATH = "bounces@press.example"
WAYS = (
    ("5.1.1", "550 5.1.1 User unknown"),
    ("5.2.2", "552 5.2.2 Mailbox full"),
    ("5.7.1", "554 5.7.1 Message not accepted for policy reasons"),
    ("5.7.26", "550 5.7.26 Unauthenticated email is not accepted"),
    ("5.4.4", "Host or domain name not found"),
    ("4.4.7", "delivery time expired"),
    ("5.0.0", "550 No such person"),
    ("5.3.4", "552 5.3.4 Message too large"),
    ("5.2.1", "550 5.2.1 The user account is disabled"),
    ("5.0.0", "550 gargle"),
)


def write_mbox(installation: Running, path: Path, count: int) -> None:
    dice, key = random.Random(7), installation.installation.keys.signing[0]
    ids = installation.store.raw(keys.audience("1"))
    rows = [int.from_bytes(ids[n * 4 : n * 4 + 4], "big") for n in range(count)]
    addresses = installation.store.pipeline([("GET", keys.subscriber(n)) for n in rows])
    local, _, domain = RETURN_PATH.partition("@")
    with path.open("wb") as file:
        for n, row in enumerate(addresses):
            whom = row.partition(b'"email":')[2].split(b'"')[1].decode()
            sender = f"{local}+{return_token(key, 1, n)}@{domain}"
            head = f"From: press@press.example\nTo: {whom}\nSubject: Plan\n" + "X-Filler: y\n" * 20
            status, said = dice.choice(WAYS)
            raw = bounce(Sent(sender, whom, head.encode() + b"\r\n\r\n"), status=status, said=said)
            file.write(b"From MAILER-DAEMON Thu Nov 26 10:00:00 2026\n" + raw + b"\n")


def main(count: int = 10_000) -> int:
    extra = f'[feedback]\nreturn_path = "{RETURN_PATH}"\n'
    with (
        tempfile.TemporaryDirectory(prefix="distro-b-", ignore_cleanup_errors=True) as folder,
        smtp_sink() as sink,
        Running(Path(folder), relay=sink, extra=extra) as installation,
    ):
        installation.book(count, domains=tuple(f"paper{n}.example" for n in range(50)))
        result = installation.rest(installation.submit(release(installation.folder, 1, 2)))
        assert result["state"] == "sent", result
        mbox = Path(folder) / "bounces.mbox"
        write_mbox(installation, mbox, count)
        began = time.process_time()
        parsed = sum(bool(email.message_from_bytes(raw)) for _, raw in messages(str(mbox)))
        reference = time.process_time() - began
        before, began = os.times(), time.monotonic()
        subprocess.run(
            ["taskset", "-c", "0", sys.executable, "-m", "distro", "feedback", "read", str(mbox)],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds, after = time.monotonic() - began, os.times()
        cpu = after.children_user + after.children_system
        cpu -= before.children_user + before.children_system
        back = installation.store.raw(keys.states("1")).count(b"b")
        assert back == parsed == count, (back, parsed)
    bar = BAR * count / 10_000
    print(
        f"{count:,} bounces on one core: {seconds:.1f} s (bar {bar:.0f}), {cpu / count * 1e3:.2f}"
        f" ms of CPU each, {cpu / reference:.1f} x the standard library's parser; all recorded"
    )
    return int(seconds > bar)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
