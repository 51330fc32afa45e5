"""The services of compose.yaml, started by hand in an empty folder with nothing but their
environment.
"""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from distro.store import Store
from distro.store.embedded import Embedded
from tests.support.installation import write_release
from tests.support.server import free_port

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
SERVICES: dict[str, Any] = YAML(typ="safe").load(
    (ROOT / "compose.yaml").read_text(encoding="utf-8")
)["services"]
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def environment_of(service: str, **variables: str) -> dict[str, str]:
    """What Compose puts into a service's environment: ${NAME:-default}, nothing set."""
    found = {}
    for name, value in SERVICES[service]["environment"].items():
        found[name] = re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", lambda m: m[2] or "", str(value))
    return {name: value for name, value in {**found, **variables}.items() if value}


class Containers:
    """Processes in the place of containers."""

    def __init__(self, folder: Path, server: Embedded) -> None:
        self.folder, self.smtp, self.pages, self.web = folder, free_port(), free_port(), free_port()
        self.records = {
            "DISTRO_REDIS": server.url(),
            "DISTRO_BROKER": server.broker_url(),
            "DISTRO_DATA": str(folder / "var"),
            "DISTRO_SITE__LISTEN": f"127.0.0.1:{self.web}",
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.log = (folder / "log").open("wb")

    def environment(self, service: str) -> dict[str, str]:
        own = environment_of(
            service, **(self.records if service != "sink" else {"DISTRO_DATA": str(self.folder)})
        )
        if "DISTRO_RELAY" in own:
            own["DISTRO_RELAY"] = own["DISTRO_RELAY"].replace("sink:2525", f"127.0.0.1:{self.smtp}")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            **own,
        }

    def start(self, service: str, *words: str) -> None:
        self.running.append(
            subprocess.Popen(
                [sys.executable, "-m", "distro", *words],
                cwd=self.folder,
                env=self.environment(service),
                stdout=self.log,
                stderr=self.log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "distro", *words],
            cwd=self.folder,
            env=self.environment("cli"),
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def healthy(self) -> bool:
        return (
            subprocess.run(
                [sys.executable, "-m", "distro.admin.health_check"],
                cwd=self.folder,
                env=self.environment("worker"),
                capture_output=True,
                timeout=60,
            ).returncode
            == 0
        )

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait(60)
        self.log.close()


@pytest.mark.faults  # for its length
def test_the_services_start_from_their_environment_alone(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    assert store.command("PING")
    here = Containers(tmp_path, server)
    try:
        assert SERVICES["sink"]["command"] == ["mailbox", "--host", "0.0.0.0", "--port", "2525"]
        here.start("sink", "mailbox", "--port", str(here.smtp), "--pages", str(here.pages))
        for service in ("worker", "sweep", "web"):
            here.start(service, SERVICES[service]["command"])
        until(lambda: ok(f"http://127.0.0.1:{here.web}/readyz"), here)
        until(here.healthy, here)

        (tmp_path / "office").mkdir()
        (tmp_path / "office" / "readers.csv").write_text(
            "email,name,language\nana@sample.example,Ana,en\nben@elsewhere.example,Ben,en\n"
        )
        write_release(tmp_path / "office", name="release.md")
        here.run("subscribers", "import", "office/readers.csv", "--list", "press", "--yes")
        # Trial: the other is not on the allow-list.
        assert "1 recipient" in here.run("submit", "office/release.md", "--to", "press", "--now")
        until(lambda: "Towns agree a plan" in read(f"http://127.0.0.1:{here.pages}/mailbox"), here)
        assert "1 = 1 accepted" in here.run("watch", "D1")
    finally:
        here.stop()


def until(true: Any, here: Containers, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, (here.folder / "log").read_text()[-3000:]
        time.sleep(0.2)


def read(url: str) -> str:
    try:
        with _OPEN(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def ok(url: str) -> bool:
    return bool(read(url))
