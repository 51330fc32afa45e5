"""Into a real Postfix that delivers into Maildirs, beside what smtp-source does to the same server.

usage: python benchmarks/postfix.py [READERS=20000]     needs root and Debian's postfix package

A Postfix of its own in a temporary folder (queue, logs, Maildirs), which offers PIPELINING and
CHUNKING. Afterwards every Maildir is counted: each reader has exactly one letter.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from running import Running
from wire import fitted

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.postfix import AVAILABLE, postfix


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
    if not AVAILABLE:
        raise SystemExit("needs root and Postfix: apt install postfix")
    with (
        tempfile.TemporaryDirectory(prefix="distro-p-", ignore_cleanup_errors=True) as name,
        postfix(Path(name)) as port,
        tempfile.TemporaryDirectory(prefix="distro-q-", ignore_cleanup_errors=True) as ours,
    ):
        with Running(Path(ours), relay=port) as installation:
            installation.book(readers, languages=("en", "es", "fr"))
            files, size = fitted(installation, 0, 40_000)
            result = installation.rest(installation.submit(files))
            rate = readers / (
                (int(result["last_accepted_at"]) - int(result["submitted_at"])) / 1000
            )
            found = delivered(Path(name), readers)
            print(
                f"letters of {size:,} bytes in Maildirs: {sum(found.values()):,} for {len(found):,}"
                f" readers, most for one {max(found.values())}"
            )
            began = time.monotonic()
            subprocess.run(
                [
                    "/usr/sbin/smtp-source",
                    "-d",
                    "-s",
                    "20",
                    "-l",
                    str(size),
                    "-m",
                    str(readers),
                    "-f",
                    "a@press.example",
                    "-t",
                    "b@a.example",
                    f"127.0.0.1:{port}",
                ],
                check=True,
            )
            theirs = readers / (time.monotonic() - began)
            print(
                f"into Postfix: distro {rate:,.0f}/s, smtp-source {theirs:,.0f}/s, ratio"
                f" {rate / theirs:.2f}"
            )
            return not (len(found) == readers == sum(found.values()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
