"""On a terminal, `submit --now` leaves some seconds for second thoughts; Ctrl-C reaches nobody."""

import json
import os
import pty
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from distro.demo.mailbox import Mailbox
from tests.support.installation import write_release

SETTINGS = """
[site]
url = "http://127.0.0.1:1"
[limits]
grace = "{grace}"
[[relay]]
url = "smtp://127.0.0.1:{port}?tls=off"
"""


def distro(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "distro", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.faults
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("words", "grace", "state"),
    [((), "20s", "cancelled"), (("--no-grace",), "20s", "scheduled"), ((), "0s", "scheduled")],
)
def test_second_thoughts(tmp_path: Path, words: tuple[str, ...], grace: str, state: str) -> None:
    with Mailbox(tmp_path / "box") as mailbox:
        (tmp_path / "distro.toml").write_text(SETTINGS.format(grace=grace, port=mailbox.port))
        (tmp_path / "subscribers").mkdir()
        (tmp_path / "people.csv").write_text("email,name\nana@a.example,Ana\n")
        distro(tmp_path, "subscribers", "import", "people.csv", "--list", "all", "--yes")
        release = write_release(tmp_path)
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "distro", "submit", release.name, "--to", "all", "--now"]
        with subprocess.Popen(
            [*command, *words],
            cwd=tmp_path,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that starts the tests in the background has it ignored.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        ) as process:
            os.write(ours, b"y\n")
            assert process.stdout is not None
            said = ""
            while "Ctrl-C" not in said and (letter := process.stdout.read(1)):
                said += letter
            if "Ctrl-C" in said:
                process.send_signal(signal.SIGINT)
            said += process.stdout.read()
            ended = process.wait(30)
        os.close(ours)
        os.close(theirs)
        report = json.loads(distro(tmp_path, "report", "D1", "--json"))

        assert report["state"] == state, said
        assert (ended, "nobody got it" in said) == (
            (1, True) if state == "cancelled" else (0, False)
        )
        assert not mailbox.accepted
