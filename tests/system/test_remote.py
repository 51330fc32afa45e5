"""The same commands, typed where distro runs and on a laptop: the same words, files, exit codes."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.installation import RELEASE
from tests.support.server import free_port

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

_SETTINGS = """
data = "var"
[site]
environment = "production"
listen = "127.0.0.1:{port}"
url = "http://127.0.0.1:{port}"
[sender]
name = "Press"
address = "press@press.example"
postal_address = "1 Harbour Street"
[[relay]]
url = "smtp://127.0.0.1:1?tls=off"
"""
_STEPS = (
    ("subscribers", "import", "people.csv", "--list", "journalists"),
    ("subscribers", "import", "bad.csv", "--list", "journalists", "--json"),
    ("segments", "list"),
    ("check", "release.md"),
    ("check", "release.md", "--json"),
    ("check", "bad.md"),
    ("plan", "release.md", "--to", "journalists", "--json"),
    ("plan", "release.md", "--to", "jornalists"),
    ("submit", "release.md", "--to", "journalists", "--at", "2099-01-01 10:00 UTC", "--json"),
    ("submit", "release.md", "--to", "journalists", "--at", "2099-01-01 10:00 UTC"),
    ("report", "D1"),
    ("report", "D1", "--json"),
    ("report", "D1", "--csv", "d1.csv"),
    ("explain", "ana@daily.example", "--json"),
    ("subscribers", "export", "book.csv"),
    ("subscribers", "edit", "ana@daily.example", "--set", "outlet=Weekly"),
    ("halt", "D1", "--reason", "wrong photo"),
    ("resume", "D1", "--json"),
    ("cancel", "D1", "--yes", "--reason", "off"),
    ("preview", "release.md", "--out", "letters", "--json"),
    ("report", "D9"),
    ("report", "--json", "D9"),
    ("nothing",),
    ("report", "--colour"),
    ("explain", "nobody@x.example"),
)
# What is another each time: moments, keys of links, hosts.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:\+\d\d:\d\d|Z)?|\d+ [A-Z][a-z]+ \d{4} [\d:]+|key=[\w.-]+"
    r"|127\.0\.0\.1:\d+|\b\d\d:\d\d:\d\d\b"
)


@dataclass
class Side:
    """An office of its own, and the folder in which its commands are typed."""

    folder: Path
    port: int
    far: bool
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def desk(self) -> Path:
        """Return where somebody types."""
        return self.folder / ("laptop" if self.far else "office")

    def type(self, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Type a command."""
        words = [str(Path(sys.executable).with_name("distro")), *args]
        return subprocess.run(
            words,
            cwd=self.desk,
            env=os.environ | self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def desk(folder: Path) -> None:
    """Put the files of a press officer into a folder."""
    folder.mkdir(exist_ok=True)
    people = (
        "email,name,language,country\nana@daily.example,Ana,en,CH\nben@daily.example,Ben,en,FR\n"
    )
    (folder / "people.csv").write_text(people)
    (folder / "bad.csv").write_text("email\nnobody\n")
    text = RELEASE.format(headline="Towns agree", language="en", body="They agreed today.")
    (folder / "release.md").write_text(
        text.replace("---\nheadline", "---\nattachments: [facts.txt]\nheadline")
    )
    (folder / "facts.txt").write_text("Twelve towns.\n")
    (folder / "bad.md").write_text("---\nheadline: X\nembargo: tomorrow-ish\n---\n{{name}}\n")


@contextlib.contextmanager
def running(folder: Path, *, far: bool) -> Iterator[Side]:
    """An office under `distro up`; `far`: commands are typed on a laptop that logged in."""
    side = Side(folder, free_port(), far)
    office = folder / "office"
    office.mkdir(parents=True)
    (office / "distro.toml").write_text(_SETTINGS.format(port=side.port))
    desk(side.desk)
    words = [sys.executable, "-W", "ignore", "-m", "distro", "up"]
    up = subprocess.Popen(words, cwd=office, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{side.port}/healthz")
        near = Side(folder, side.port, far=False)
        token = json.loads(near.type("users", "add", "ana", "--role", "admin", "--json").stdout)
        side.environment = {"XDG_CONFIG_HOME": str(folder / "config")}
        url = [f"http://127.0.0.1:{side.port}"] if far else []
        done = side.type("login", *url, stdin=token["token"] + "\n")
        assert done.returncode == 0, done.stderr
        yield side
    finally:
        up.terminate()
        up.wait(30)


def wait_for(url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def told(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, _TIME.sub("#", done.stdout), _TIME.sub("#", done.stderr)


def test_every_step_says_and_writes_the_same_from_afar(tmp_path: Path) -> None:
    with running(tmp_path / "a", far=False) as near, running(tmp_path / "b", far=True) as far:
        for step in _STEPS:
            here, there = near.type(*step), far.type(*step)
            assert told(here) == told(there), step
            assert here.returncode in (0, 1, 2)
        for name in ("d1.csv", "book.csv", "letters/index.html"):
            here_file, there_file = near.desk / name, far.desk / name
            assert _TIME.sub("#", here_file.read_text()) == _TIME.sub("#", there_file.read_text())
        told_of = json.loads(near.type("report", "D1", "--json").stdout)
        assert told_of["state"] == "cancelled"


def test_what_keeps_the_installation_is_not_done_from_afar(tmp_path: Path) -> None:
    with running(tmp_path, far=True) as side:
        from distro.cli.remote import Parcel, Site, _lines

        token = (tmp_path / "config" / "distro" / "token").read_text().strip()
        site = Site(f"http://127.0.0.1:{side.port}", token)
        secret = tmp_path / "secret.txt"
        secret.write_text("hunter2")
        for args in (
            ["backup", "x"],
            ["up"],
            ["init", "/tmp/x"],
            ["check", str(secret)],
            ["check", "../../../../etc/passwd"],
            ["report", "D1", "--config", "/etc/passwd"],
            ["check", "in0/x.md", "--online"],
            ["subscribers", "export", "/tmp/book.csv"],
        ):
            lines = list(_lines(site, Parcel(args), []))
            assert lines[-1]["exit"] in (1, 2), args
            assert "hunter2" not in json.dumps(lines)
            assert "root:" not in json.dumps(lines)
        done = side.type("subscribers", "list", "--search", "x")
        assert (done.returncode, done.stdout) == (0, "Nobody is found.\n")
        assert side.type("logout").returncode == 0
        assert "no distro.toml" in side.type("report").stderr
