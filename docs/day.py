"""Run a day at the press office and write what it prints: docs/a-day-at-the-press-office.md.

`python docs/day.py` writes the page, and with `--pictures` the letters as a phone shows them
(Debian's Chromium). `tests/system/test_day.py` runs the same and compares.

Times are moved to a year that is still to come and has the same calendar and the same change of the
clocks; the page shows 2027.
"""

import email
import email.policy
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from distro.demo.mailbox import Mailbox

HERE = Path(__file__).parent
PAGE = HERE / "a-day-at-the-press-office.md"
SHOWN, RUN = "2027", "2094"
SETTINGS = """
[site]
url = "http://127.0.0.1:{web}"
listen = "127.0.0.1:{web}"
timezone = "Europe/Zurich"
[sender]
name = "Agency Press Office"
address = "press@agency.example"
postal_address = "1 Example Street, Geneva"
[approval]
required = 1
[[relay]]
url = "smtp://127.0.0.1:{smtp}?tls=off"
connections = 2
"""
_MOVING = (
    (re.compile(r"distro_[\w-]{43}"), "distro_…"),
    (re.compile(r"http://127\.0\.0\.1:\d+\S*"), "https://press.agency.example/…"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "…"),
    (re.compile(r"\d{1,2} [A-Z][a-z]+ 20\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\d{1,2} [A-Z][a-z]+ 20\d\d \d\d:\d\d"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "TIME"),
    (re.compile(r"(some of them   ).*"), r"\1…"),
    (re.compile(r"\d+\.\d s"), "0.0 s"),
    (re.compile(r"machine:\S+"), "machine:admin"),
)


class Day:
    """An installation of its own, with a mailbox for a relay, and a clock that can be moved."""

    def __init__(self, folder: Path, mailbox: Mailbox, web: int) -> None:
        self.folder, self.mailbox, self.web = folder, mailbox, web
        self.tokens: dict[str, str] = {}
        shutil.copytree(HERE / "day", folder)
        self.clock = folder / "clock"
        self.clock.write_text("0", encoding="ascii")
        for path in folder.rglob("*.md"):
            path.write_text(path.read_text(encoding="utf-8").replace(SHOWN, RUN), encoding="utf-8")
        (folder / "distro.toml").write_text(SETTINGS.format(web=web, smtp=mailbox.port))
        (folder / "subscribers").mkdir()

    def environment(self, who: str = "") -> dict[str, str]:
        """Return what a person's command finds."""
        known = {key: text for key, text in os.environ.items() if not key.startswith("DISTRO_")}
        token = {"DISTRO_TOKEN": self.tokens[who]} if who in self.tokens else {}
        home = {"XDG_CONFIG_HOME": str(self.folder / "nobody")}
        return known | token | home | {"DISTRO_CLOCK": str(self.clock), "COLUMNS": "100"}

    def lines(self, line: str) -> str:
        """Do one line of the page and return what it prints."""
        if line.startswith("wait "):
            self.wait(*line.split()[1:])
            return ""
        if line.startswith("clock "):
            self.move(line.split()[1])
            return ""
        who, _, command = line.partition("$ ")
        words = shlex.split(command.replace(SHOWN, RUN))[1:]
        done = subprocess.run(
            [sys.executable, "-m", "distro", *words],
            cwd=self.folder,
            env=self.environment(who),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        token = re.search(r"distro_[\w-]{43}", said)
        if token:
            self.tokens[command.split()[3]] = token[0]
        return f"{line}\n{steady(said)}"

    def move(self, moment: str) -> None:
        """Let the ledger's clock show a moment of the page."""
        at = datetime.fromisoformat(moment.replace(SHOWN, RUN)).timestamp() + 1
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(int((at - time.time()) * 1000)), encoding="ascii")
        fresh.rename(self.clock)

    def wait(self, distribution: str, state: str) -> None:
        """Wait until a distribution is sent, or its trusted readers have it."""
        import json

        end = time.monotonic() + 60
        while time.monotonic() < end:
            command = [sys.executable, "-m", "distro", "report", distribution, "--json"]
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment(),
                capture_output=True,
                check=False,
                timeout=60,
            )
            found = json.loads(done.stdout) if done.returncode == 0 else {}
            tier = (found.get("tiers") or [{"counts": {}}])[0]
            early = tier["counts"].get("accepted") == tier.get("audience")
            if found.get("state") == state or (state == "trusted" and early):
                return
            time.sleep(0.2)
        raise SystemExit(f"{distribution} is not {state} after a minute: {found}")


def steady(said: str) -> str:
    """Return what a command printed without what differs from run to run."""
    said = said.replace(RUN, SHOWN)
    for pattern, text in _MOVING:
        said = pattern.sub(text, said)
    return "\n".join(line.rstrip() for line in said.strip().splitlines())


def page(day: Day) -> str:
    """Return the page: the template, each command followed by what it printed."""
    found, inside = [], False
    for line in (HERE / "day" / "day.md.in").read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = line == "```console"
            found.append(line)
        elif inside:
            said = day.lines(line)
            if said:
                found += [*said.splitlines(), ""]
        else:
            found.append(line)
    text = "\n".join(found) + "\n"
    return re.sub(r"\n\n+```\n", "\n```\n", text)


def run(folder: Path) -> tuple[str, list[tuple[str, Path]]]:
    """Run the day in a folder; return the page and the letters."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        web = free.getsockname()[1]
    with Mailbox(folder / "mail") as mailbox:
        day = Day(folder / "office", mailbox, web)
        with (folder / "up.log").open("w") as log:
            up = subprocess.Popen(
                [sys.executable, "-m", "distro", "up"],
                cwd=day.folder,
                env=day.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            _ready(f"http://127.0.0.1:{web}/readyz")
            text = page(day)
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)
        return text, list(mailbox.accepted)


def _ready(url: str) -> None:
    opened = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if opened(url, timeout=2).status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("distro up was not ready")


def pictured(letters: list[tuple[str, Path]]) -> Iterator[tuple[str, str]]:
    """Yield the name of each picture with the HTML of its letter: the first English one of its
    kind.
    """
    wanted = {
        "embargo": "EMBARGO UNTIL",
        "correction": "CORRECTION",
        "hold": "PLEASE HOLD",
        "kill": "PLEASE DO NOT USE",
    }
    for name, words in wanted.items():
        for _, path in letters:
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            plain, html = message.get_body(("plain",)), message.get_body(("html",))
            if plain and html and plain.get_content().startswith(words):
                yield name, str(html.get_content()).replace(RUN, SHOWN)
                break


def pictures(letters: list[tuple[str, Path]]) -> None:
    """Draw the letters at the width of a phone."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        for name, html in pictured(letters):
            view = browser.new_page(viewport={"width": 375, "height": 640}, device_scale_factor=2)
            view.set_content(html)
            view.screenshot(path=str(HERE / "pictures" / f"day-{name}.png"))
            view.close()
        browser.close()


def main() -> None:
    """Write the page, and the pictures where they are asked for."""
    with tempfile.TemporaryDirectory(prefix="distro-day-") as folder:
        text, letters = run(Path(folder))
        PAGE.write_text(text, encoding="utf-8")
        if "--pictures" in sys.argv:
            pictures(letters)


if __name__ == "__main__":
    main()
