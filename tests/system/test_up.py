"""`distro up` with real processes: Redis, a Celery worker, the sweep, the pages, an SMTP server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from distro.demo.mailbox import Mailbox
from tests.support.installation import write_release
from tests.support.server import free_port

pytestmark = pytest.mark.system
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Up:
    """An installation in a folder, driven by the command line."""

    def __init__(self, folder: Path, smtp: int) -> None:
        self.folder = folder
        self.web = free_port()
        (folder / "distro.toml").write_text(
            f'[site]\nurl = "http://127.0.0.1:{self.web}"\nlisten ='
            f' "127.0.0.1:{self.web}"\n[in_doubt]\nafter = "1s"\n[worker]\nprocesses = 2\nbatch ='
            f' 50\n[[relay]]\nurl = "smtp://127.0.0.1:{smtp}?tls=off"\nconnections = 4\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "distro", "up"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.until(lambda: _ok(f"http://127.0.0.1:{self.web}/readyz"), 40)

    def until(self, true: Any, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, (self.folder / "up.log").read_text()[-2000:]
            time.sleep(0.1)

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "distro", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done.stderr + done.stdout
        assert "Traceback" not in done.stderr + done.stdout
        return done.stdout if code == 0 else done.stdout + done.stderr

    def noted(self, *words: str) -> str:
        """What a command says, warnings included."""
        done = subprocess.run(
            [sys.executable, "-m", "distro", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr + done.stdout
        return done.stdout + done.stderr

    def report(self, distribution: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.run("report", distribution, "--json"))
        assert sum(document["counts"].values()) == document["audience"]
        return document

    def sent(self, distribution: str, seconds: float = 60) -> dict[str, Any]:
        self.until(lambda: self.report(distribution)["state"] == "sent", seconds)
        return self.report(distribution)

    def parts(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGTERM) -> list[psutil.Process]:
        """Stop it; gives what still lives afterwards."""
        assert self.process is not None
        parts = self.parts() if self.process.poll() is None else []
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
            self.process.wait(60)
        _, alive = psutil.wait_procs(parts, timeout=30)
        return [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def command_of(process: psutil.Process) -> str:
    """The command line; "" of one that has ended meanwhile, or was killed and is not yet waited
    for.
    """
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie is one
        return ""


def _ok(url: str) -> bool:
    try:
        with _OPEN(url, timeout=2) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[Up, Mailbox]]:
    with Mailbox(
        tmp_path / "mailbox",
        pace=0.004,
        refuse=lambda a: "550 5.1.1 unknown" if a.startswith("r7@") else None,
    ) as mailbox:
        found = Up(tmp_path, mailbox.port)
        found.start()
        yield found, mailbox
        assert found.process is not None
        for process in (
            [*found.parts(), psutil.Process(found.process.pid)]
            if found.process.poll() is None
            else []
        ):
            process.kill()
        found.process.wait(20)


def book(up: Up, count: int) -> None:
    (up.folder / "book.csv").write_text(
        "email,name,language\n"
        + "".join(f"r{i}@{'ab'[i % 2]}.example,Reader {i},en\n" for i in range(count))
    )
    up.run("subscribers", "import", "book.csv", "--list", "press", "--yes")


def test_the_main_job(up: tuple[Up, Mailbox], tmp_path: Path) -> None:
    """Import, plan, submit, report, explain, export, unsubscribe, the rest; stopped in order,
    nothing left behind.
    """
    installation, mailbox = up
    book(installation, 60)
    write_release(tmp_path)
    assert "60 will get it" in installation.run("plan", "release.md", "--to", "press")

    distribution = json.loads(
        installation.run("submit", "release.md", "--to", "press", "--now", "--json")
    )["distribution"]
    result = installation.sent(distribution)

    assert (result["counts"]["accepted"], result["counts"]["failed"], result["balanced"]) == (
        59,
        1,
        True,
    )
    assert len(mailbox.accepted) == 59 == len({a for a, _ in mailbox.accepted})
    assert "no such mailbox" in installation.run("report", distribution)
    assert "was sent D1" in installation.run("explain", "r3@b.example")
    assert "✓ it balances" in installation.run("audit", distribution)
    installation.run("report", distribution, "--csv", "out.csv")
    assert len((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()) == 61

    assert "already have" in installation.run(
        "submit", "release.md", "--to", "press", "--now", code=1
    )
    installation.run("subscribers", "unsubscribe", "r3@b.example", "--yes")
    (tmp_path / "more.csv").write_text("email\nnew@a.example\n")
    installation.run("subscribers", "import", "more.csv", "--list", "press", "--yes")
    installation.sent(
        json.loads(installation.run("submit", "release.md", "--to", "press", "--now", "--json"))[
            "distribution"
        ]
    )
    assert mailbox.accepted[-1][0] == "new@a.example"
    assert len(mailbox.accepted) == 60

    assert installation.stop() == []


@pytest.mark.faults  # for its length
def test_a_worker_child_killed_in_the_middle(up: tuple[Up, Mailbox], tmp_path: Path) -> None:
    """kill -9 of sending processes: nobody lost, nobody twice outside those counted."""
    installation, mailbox = up
    book(installation, 400)
    write_release(tmp_path)
    distribution = json.loads(
        installation.run("submit", "release.md", "--to", "press", "--now", "--json")
    )["distribution"]
    for due in (60, 160):
        installation.until(lambda due=due: len(mailbox.accepted) > due, 30)
        children = [p for p in installation.parts() if "worker" in command_of(p)]
        children[-1].kill()

    result = installation.sent(distribution)

    twice = len(mailbox.accepted) - len({a for a, _ in mailbox.accepted})
    assert result["balanced"]
    assert result["counts"]["accepted"] + result["counts"]["in_doubt"] == 399
    assert len({a for a, _ in mailbox.accepted}) >= 399 - result["counts"]["in_doubt"]
    assert twice <= result["possibly_twice"] <= 8


@pytest.mark.faults  # for its length
def test_when_up_is_killed_its_parts_go(up: tuple[Up, Mailbox], tmp_path: Path) -> None:
    installation, mailbox = up
    book(installation, 200)
    write_release(tmp_path)
    distribution = json.loads(
        installation.run("submit", "release.md", "--to", "press", "--now", "--json")
    )["distribution"]
    installation.until(lambda: len(mailbox.accepted) > 20, 30)

    assert installation.stop(signal.SIGKILL) == []
    installation.start()
    result = installation.sent(distribution)
    assert (
        result["counts"]["accepted"] + result["counts"]["failed"] + result["counts"]["in_doubt"]
        == 200
    )


@pytest.mark.faults  # for its length
def test_halt_stops_and_resume_goes_on(up: tuple[Up, Mailbox], tmp_path: Path) -> None:
    """Promise 7: no body begins more than a second after the halt was acknowledged."""
    installation, mailbox = up
    book(installation, 400)
    write_release(tmp_path)
    distribution = json.loads(
        installation.run("submit", "release.md", "--to", "press", "--now", "--json")
    )["distribution"]
    installation.until(lambda: len(mailbox.accepted) > 20, 30)

    installation.run("halt", distribution, "--reason", "wrong photo")
    time.sleep(1)
    after = len(mailbox.accepted)
    assert "wrong photo" in installation.run("report", distribution)
    assert len(mailbox.accepted) == after < 399

    installation.run("resume", distribution)
    result = installation.sent(distribution)
    assert result["counts"]["accepted"] == 399 == len({a for a, _ in mailbox.accepted})


@pytest.mark.faults  # for its length
def test_a_relay_that_is_away_leaves_everyone_queued(tmp_path: Path) -> None:
    installation = Up(tmp_path, 1)
    installation.start()
    try:
        book(installation, 5)
        write_release(tmp_path)
        done = subprocess.run(
            [sys.executable, "-m", "distro", "submit", "release.md", "--to", "press", "--now"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0
        assert "does not answer" in done.stderr
        installation.until(lambda: "frozen" in (tmp_path / "up.log").read_text(), 20)
        result = installation.report("D1")
        assert result["counts"]["queued"] == 5
    finally:
        assert installation.stop() == []


@pytest.mark.faults  # for its length
def test_the_demo_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "distro", "demo", "--exit"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert "✓ balanced" in done.stdout
    assert "killed with -9" in done.stdout
    assert "The mailbox holds a letter for each of 196 people" in done.stdout


@pytest.mark.faults  # for its length
def test_edited_settings_are_noticed_and_read_again_on_hup(
    up: tuple[Up, Mailbox], tmp_path: Path
) -> None:
    """Until then report, submit and doctor say which part runs with older ones; a wrong line
    changes nothing.
    """
    installation, _ = up
    book(installation, 3)
    write_release(tmp_path)
    installation.run("submit", "release.md", "--to", "press", "--now")
    installation.sent("D1")
    settings = (tmp_path / "distro.toml").read_text()
    assert "older settings" not in installation.noted("report", "D1")
    (tmp_path / "distro.toml").write_text(
        settings.replace(
            "[in_doubt]",
            "[sender]\nname = 'Another House'\naddress = 'press@other.example'\n[in_doubt]",
        )
    )
    installation.until(
        lambda: (
            "sweep, web and worker run with older settings" in installation.noted("report", "D1")
        ),
        15,
    )
    assert "older settings" in installation.noted("doctor")

    assert installation.process is not None
    before = {p.pid for p in installation.parts() if "redis" in command_of(p)}
    os.kill(installation.process.pid, signal.SIGHUP)
    installation.until(lambda: "settings are read again" in (tmp_path / "up.log").read_text(), 10)
    installation.until(
        lambda: (
            _ok(f"http://127.0.0.1:{installation.web}/readyz")
            and "older settings" not in installation.noted("report", "D1")
        ),
        60,
    )
    assert before <= {p.pid for p in installation.parts()}, "Redis was not to be stopped"

    (tmp_path / "distro.toml").write_text("nonsense = 1\n")
    os.kill(installation.process.pid, signal.SIGHUP)
    installation.until(
        lambda: "everything goes on with the former ones" in (tmp_path / "up.log").read_text(), 10
    )
    assert _ok(f"http://127.0.0.1:{installation.web}/readyz")
    (tmp_path / "distro.toml").write_text(settings)
    assert installation.stop() == []


def test_a_port_that_another_program_has_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (tmp_path / "distro.toml").write_text(f'[site]\nlisten = "127.0.0.1:{port}"\n')
        done = subprocess.run(
            [sys.executable, "-m", "distro", "web"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode == 1
    assert (
        f"the pages cannot listen on 127.0.0.1:{port}: another program has that port" in done.stderr
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("busy", ["pages", "mailbox"])
def test_up_says_at_once_that_a_port_is_taken(busy: str, tmp_path: Path) -> None:
    """And ends: a part that dies again and again says it once a minute, to nobody."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken, free = other.getsockname()[1], free_port()
        pages, relay = (taken, free) if busy == "pages" else (free, taken)
        (tmp_path / "distro.toml").write_text(
            f'[site]\nurl = "http://127.0.0.1:{pages}"\nlisten ='
            f' "127.0.0.1:{pages}"\n[[relay]]\nurl = "smtp://127.0.0.1:{relay}?tls=off"\n'
        )
        done = subprocess.run(
            [sys.executable, "-m", "distro", "up", "--mailbox"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode == 1
    assert f"the {busy} cannot listen on 127.0.0.1:{taken}" in done.stderr
    assert "another program has that port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.faults  # for its length
@pytest.mark.parametrize("end", ["TERM", "HUP", "KILL", "closed pipe"])
def test_the_demo_ends_cleanly_however_it_ends(end: str, tmp_path: Path) -> None:
    """No process stays; and no folder but after kill -9, which leaves nobody to take it away."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    # Under nohup it would stay ignored, as it should.
    demo = subprocess.Popen(
        [sys.executable, "-m", "distro", "demo", "--exit"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if "submit" in line:
            break
    if end != "closed pipe":
        demo.send_signal(getattr(signal, f"SIG{end}"))
        demo.stdout.read()
    demo.stdout.close()
    demo.wait(60)
    until = time.monotonic() + 30
    while left := [p for p in psutil.process_iter() if str(folder) in command_of(p)]:
        assert time.monotonic() < until, [command_of(p) for p in left]
        time.sleep(0.2)
    assert end == "KILL" or list(folder.iterdir()) == []
    assert (
        demo.returncode in {"TERM": (143,), "HUP": (129,), "KILL": (-9,), "closed pipe": (1,)}[end]
    )
