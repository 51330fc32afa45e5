"""What following a release on the office's page costs: the web process' share of all CPU of a run
with 50 viewers, one kill -9 of it in the middle; what each viewer saw last is the truth.

usage: python benchmarks/viewers.py [READERS] [VIEWERS] [KILLS=1]    needs Postfix's smtp-sink
"""

import contextlib
import http.client
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from running import Running, smtp_sink
from wire import release

from distro.store import sessions, users

BAR = 0.02  # of all CPU of the run


class Viewer(threading.Thread):
    """A browser's EventSource: comes back with the last id it knows."""

    def __init__(self, port: int, path: str, cookie: str) -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.cookie = port, path, cookie
        self.known, self.seen, self.last = "", 0, dict[str, Any]()
        self.over = False
        self.back = 0  # times that the accepted went down

    def run(self) -> None:
        """Follow until it is over."""
        while not self.over:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._follow()
            time.sleep(0.2)

    def _follow(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(
            "GET", self.path, headers={"Cookie": self.cookie, "Last-Event-ID": self.known}
        )
        answer = connection.getresponse()
        for raw in answer:
            name, _, text = raw.decode().strip().partition(": ")
            if name == "id":
                self.known = text
            elif name == "data" and text.startswith("{"):
                now = json.loads(text)
                before = self.last.get("counts", {}).get("accepted", 0)
                self.back += now["counts"]["accepted"] < before
                self.last, self.seen = now, self.seen + 1
            elif (name, text) == ("event", "over"):
                self.over = True
                return


def cpu(installation: Running) -> dict[int, tuple[bool, float]]:
    """CPU seconds of every process so far, and whether it is the web's."""
    found = {}
    for process in installation.processes():
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            found[process.pid] = ("web" in process.cmdline(), times.user + times.system)
    return found


def spent(looks: list[dict[int, tuple[bool, float]]]) -> tuple[float, float]:
    """CPU seconds of the web, and of all, between the first look and the last of each process."""
    web = everything = 0.0
    for pid in {pid for look in looks for pid in look}:
        mine = [look[pid] for look in looks if pid in look]
        begun = mine[0][1] if pid in looks[0] else 0.0
        seconds = mine[-1][1] - begun
        everything += seconds
        web += seconds if mine[0][0] else 0.0
    return web, everything


def main(readers: int = 100_000, viewers: int = 50, kills: int = 1) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="distro-v-") as folder,
        smtp_sink() as port,
        Running(Path(folder), relay=port) as installation,
    ):
        installation.book(readers)
        users.add(installation.store, "ana", "viewer")
        ana = users.get(installation.store, "ana")
        cookie = f"distro={sessions.begin(installation.store, 'ana', ana.epoch if ana else '')}"
        looks = [cpu(installation)]
        number = installation.submit(release(installation.folder, 1, 38)[:1])
        path = f"/office/releases/D{number}/live"
        watching = [Viewer(installation.web, path, cookie) for _ in range(viewers)]
        for viewer in watching:
            viewer.start()
        began, killed = time.monotonic(), not kills
        while not all(viewer.over for viewer in watching):
            looks.append(cpu(installation))
            if not killed and time.monotonic() - began > 3:
                killed = True
                web = [pid for pid, (is_web, _) in looks[-1].items() if is_web]
                psutil.Process(web[0]).kill()
            if time.monotonic() - began > 600:
                break
            time.sleep(0.2)
        looks.append(cpu(installation))
        of_web, everything = spent(looks)
        result = installation.rest(number)
        truth = int(
            json.loads(installation.run("report", f"D{number}", "--json"))["counts"]["accepted"]
        )
    wrong = [v for v in watching if v.last.get("counts", {}).get("accepted") != truth or v.back]
    share = of_web / everything
    events = sum(v.seen for v in watching) / max(1, viewers)
    print(
        f"{viewers} viewers of {readers:,} letters, web killed {kills} times: {of_web:.1f} s of"
        f" {everything:.1f} s of CPU, {100 * share:.1f} % (bar {100 * BAR:.0f} %);"
        f" {len(wrong)} viewers did not end with the truth ({result['state']}); {events:.0f}"
        " events each"
    )
    return bool(wrong) or share > BAR


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
