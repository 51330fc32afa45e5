"""The first ten minutes: from an empty folder to a report, with only what the README and the errors
say.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from distro.demo.mailbox import Mailbox
from tests.support.server import free_port

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
TEXT = """Home
About us
News

Town opens a second library
It stands beside the harbour

ALBERWICK, 24 November 2026 – The town opened a second library on Tuesday. It has 40,000 books and a reading room that is open until midnight.

"A library is a room where nobody asks what you came for," said the mayor, Ines Calloway.

Contact: Paul Meier, press officer, meier@town.example, +41 22 555 01 02
Share
"""  # noqa: E501


class Newcomer:
    """Types commands and reads what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.up: subprocess.Popen[bytes] | None = None

    def type(self, line: str, code: int = 0) -> str:
        """Type a command line; gives everything that was printed."""
        words = [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', line)]
        assert words[0] == "distro"
        done = subprocess.run(
            [sys.executable, "-m", "distro", *words[1:]],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    def start(self, *words: str) -> None:
        with (self.folder / "up.log").open("wb") as log:
            self.up = subprocess.Popen(
                [sys.executable, "-m", "distro", "up", *words],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        end = time.monotonic() + 40
        while not re.search("sending process(es live| lives)", self._doctor()):
            assert time.monotonic() < end, (self.folder / "up.log").read_text()
            time.sleep(0.2)

    def _doctor(self) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "distro", "doctor"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return done.stdout

    def stop(self) -> None:
        if self.up and self.up.poll() is None:
            os.kill(self.up.pid, signal.SIGTERM)
            self.up.wait(60)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    found = Newcomer(tmp_path)
    yield found
    found.stop()


@pytest.mark.faults  # for its length
def test_from_an_empty_folder_to_a_report(newcomer: Newcomer, tmp_path: Path) -> None:
    assert "distro up" in newcomer.type("distro init")
    smtp, web = free_port(), free_port()
    settings = (
        (tmp_path / "distro.toml")
        .read_text()
        .replace("127.0.0.1:2525?", f"127.0.0.1:{smtp}?")
        .replace("127.0.0.1:8025", f"127.0.0.1:{web}")
    )
    (tmp_path / "distro.toml").write_text(
        settings.replace('environment = "trial"', 'environment = "production"')
    )
    newcomer.start()

    # A spreadsheet export with a wrong column, then with a bad row: the errors say what to do.
    (tmp_path / "press.csv").write_text(
        "\ufeffName;E-Mail-Adres;language\nAna"
        " Rivas;ana@daily.example;en\nBen;ben-at-daily;en\nZoë;zoe@daily.example;fr\n",
        encoding="utf-8",
    )
    assert 'Rename "E-Mail-Adres" to email' in newcomer.type(
        "distro subscribers import press.csv --list journalists", code=1
    )
    (tmp_path / "press.csv").write_text(
        (tmp_path / "press.csv").read_text(encoding="utf-8").replace("E-Mail-Adres", "email"),
        encoding="utf-8",
    )
    said = newcomer.type("distro subscribers import press.csv --list journalists", code=1)
    assert "line 3" in said
    assert "--skip-bad-rows" in said
    assert "2 new" in newcomer.type(
        "distro subscribers import press.csv --list journalists --skip-bad-rows"
    )

    (tmp_path / "library.txt").write_text(TEXT, encoding="utf-8")
    said = newcomer.type("distro check library.txt")
    assert "Town opens a second library" in said
    assert "Next: distro preview library.txt" in said
    assert "bytes of HTML" in newcomer.type("distro preview library.txt")
    assert "Did you mean journalists (2 people)?" in newcomer.type(
        "distro plan library.txt --to journalist", code=2
    )
    assert "2 will get it" in newcomer.type("distro plan library.txt --to journalists")

    # The relay is down: warned, safe, and repaired by its coming back.
    said = newcomer.type("distro submit library.txt --to journalists --now")
    assert "does not answer" in said
    assert "library" in newcomer.type("distro report")
    assert "Relay" in newcomer.type("distro doctor", code=1)
    with Mailbox(tmp_path / "mailbox", port=smtp) as mailbox:
        end = time.monotonic() + 60
        while "sent" not in newcomer.type("distro report").split("D1", 1)[1].split()[:1]:
            assert time.monotonic() < end, newcomer.type("distro report D1")
            time.sleep(0.5)
        assert sorted(a for a, _ in mailbox.accepted) == ["ana@daily.example", "zoe@daily.example"]
        assert "2 = 2 accepted" in newcomer.type("distro watch D1")
        assert "As a page, live" in newcomer.type("distro report D1 --html report.html")
        assert "The book balances" in (tmp_path / "report.html").read_text(encoding="utf-8")
        assert "was sent D1" in newcomer.type("distro explain ana@daily.example")


@pytest.mark.faults  # for its length
def test_the_commands_that_init_prints_work_as_printed(newcomer: Newcomer, tmp_path: Path) -> None:
    """A first send in four languages, into a mailbox on this machine whose letters a browser
    shows.
    """
    busy = [port for port in (2525, 8025, 8026) if not is_free(port)]
    if busy:
        pytest.skip(
            f"another program has port {busy[0]} of this machine: stop it to test what `distro"
            " init` prints"
        )
    printed = newcomer.type("distro init")
    first, *rest = [
        line.split("#")[0].strip() for line in printed.splitlines() if line.startswith("  distro ")
    ]
    assert first == "distro up --mailbox"
    assert len(rest) == 4
    newcomer.start("--mailbox")
    for line in rest:
        said = newcomer.type(
            line.replace(
                "releases/first.*.md",
                " ".join(
                    f"releases/{path.name}"
                    for path in sorted((tmp_path / "releases").glob("first.*.md"))
                ),
            )
        )
    assert "8 recipients" in said
    assert "8 = 8 accepted" in newcomer.type("distro watch D1")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        "http://127.0.0.1:8026/mailbox", timeout=10
    ) as answer:
        page = answer.read().decode()
    for word in (
        "Harbour library opens",
        "La bibliothèque du port",
        "La biblioteca del puerto",
        "مكتبة الميناء",
    ):
        assert word in page


def is_free(port: int) -> bool:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.faults  # for its length
def test_the_built_wheel_runs_the_demo_outside_the_repository(tmp_path: Path) -> None:
    """The wheel alone carries templates and sample data."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [
            *pip,
            "wheel",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "-w",
            str(tmp_path / "dist"),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "dist").glob("distro_press-*.whl")
    subprocess.run(
        [
            *pip,
            "install",
            "--no-deps",
            "--no-index",
            "--target",
            str(tmp_path / "site"),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    here = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}

    where = subprocess.run(
        [sys.executable, "-c", "import distro; print(distro.__file__)"],
        cwd=tmp_path,
        env=here,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert where.startswith(str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "distro", "demo", "--exit"],
        cwd=tmp_path,
        env=here,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert "✓ balanced" in done.stdout
