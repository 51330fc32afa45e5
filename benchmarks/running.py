"""An installation in a temporary folder for benchmarks: `distro up`, a book, and Postfix's
smtp-sink.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import psutil

from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.installation.secrets import host_id, load_keys
from distro.queue.publish import Publisher
from distro.settings.load import load
from distro.store import connect, keys
from distro.store.embedded import Embedded

SETTINGS = """\
data = "./var"
[site]
url = "http://127.0.0.1:{web}"
listen = "127.0.0.1:{web}"
[limits]
usual_least = 100000000
{extra}
[[relay]]
url = "smtp://127.0.0.1:{relay}?tls=off"
connections = {connections}
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Postfix's smtp-sink on a free port."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if not program:
        raise SystemExit("needs smtp-sink and smtp-source: apt install postfix")
    port = free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, *options, f"127.0.0.1:{port}", "1024"], stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(0.3)
        yield port
    finally:
        process.kill()
        process.wait()


class Running:
    """`distro up` in a folder; its store is open for reading."""

    def __init__(self, folder: Path, *, relay: int, connections: int = 20, extra: str = "") -> None:
        self.folder = folder
        self.web = free_port()
        (folder / "distro.toml").write_text(
            SETTINGS.format(web=self.web, relay=relay, connections=connections, extra=extra)
        )
        self.settings = load(folder / "distro.toml")

    def __enter__(self) -> Self:
        with (self.folder / "up.log").open("wb") as log:
            self.up = subprocess.Popen(
                [sys.executable, "-m", "distro", "up"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if opener.open(f"http://127.0.0.1:{self.web}/readyz", timeout=2).status == 200:
                    break
            if time.monotonic() > end or self.up.poll() is not None:
                raise SystemExit((self.folder / "up.log").read_text()[-2000:])
            time.sleep(0.1)
        server = Embedded(self.settings.data)
        self.store = connect(server.url())
        self.installation = Installation(
            self.settings,
            self.store,
            server.url(),
            server.broker_url(),
            load_keys(self.settings, self.store),
            host_id(self.settings.data),
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.up.send_signal(signal.SIGTERM)
        try:
            self.up.wait(60)
        except subprocess.TimeoutExpired:
            for process in self.processes():
                process.kill()

    def processes(self) -> list[psutil.Process]:
        """Everything that runs."""
        with contextlib.suppress(psutil.Error):
            own = psutil.Process(self.up.pid)
            return [own, *own.children(recursive=True)]
        return []

    def run(self, *words: str) -> str:
        """A command, as a person types it."""
        return subprocess.run(
            [sys.executable, "-m", "distro", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
        ).stdout

    def book(
        self,
        readers: int,
        *,
        languages: Sequence[str] = ("en",),
        domains: Sequence[str] = ("a.example", "b.example", "c.example", "d.example"),
    ) -> None:
        path = self.folder / "book.csv"
        with path.open("w", encoding="utf-8") as out:
            out.write("email,name,kind,language,country\n")
            out.writelines(
                f"reader{i}@{domains[i % len(domains)]},Reader"
                f" {i},journalist,{languages[i % len(languages)]},CH\n"
                for i in range(readers)
            )
        self.run("subscribers", "import", str(path), "--list", "journalists", "--yes")

    def submit(self, files: Sequence[Path], to: str = "journalists") -> str:
        """Submit as the command does: the wake-up is published once the script has committed."""
        publisher = Publisher(self.installation)
        number = submit(self.installation, Order(files=list(files), to=to)).id
        publisher.advance(number)
        return number

    def rest(self, number: str, seconds: float = 1800) -> dict[str, str]:
        """Until a distribution is at rest; gives its facts. Looks seldom, so that looking costs
        nothing.
        """
        end = time.monotonic() + seconds
        while (row := self.store.hash(keys.distribution(number))).get("state") not in (
            "sent",
            "halted",
            "cancelled",
        ):
            if time.monotonic() > end:
                raise SystemExit(f"D{number} is still {row.get('state')}")
            time.sleep(0.5)
        return row
