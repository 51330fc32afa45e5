"""What following the live page costs a sending: pairs of runs, with and without viewers, the ratio of their rates.

usage: python benchmarks/live_page.py [READERS] [PAIRS]     needs Postfix's smtp-sink on the PATH (Debian: postfix)
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path

VIEWERS = 3
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Office:
    """`distro up` in a folder, against smtp-sink."""

    def __init__(self, folder: Path, readers: int) -> None:
        self.folder, self.web, smtp = folder, free_port(), free_port()
        self.sink = subprocess.Popen(["smtp-sink", *(["-u", "nobody"] if os.getuid() == 0 else []), f"127.0.0.1:{smtp}", "1000"])
        (folder / "distro.toml").write_text(f'[site]\nurl = "http://127.0.0.1:{self.web}"\nlisten = "127.0.0.1:{self.web}"\n[[relay]]\nurl = "smtp://127.0.0.1:{smtp}?tls=off"\nconnections = 20\n')
        (folder / "book.csv").write_text("email,name,language\n" + "".join(f"r{i}@{'abcd'[i % 4]}.example,Reader {i},en\n" for i in range(readers)))
        self.up = subprocess.Popen([sys.executable, "-m", "distro", "up"], cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while not self._ready():
            time.sleep(0.2)
        self.run("subscribers", "import", "book.csv", "--list", "press")

    def _ready(self) -> bool:
        with contextlib.suppress(OSError), _open(f"http://127.0.0.1:{self.web}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def run(self, *words: str) -> str:
        return subprocess.run([sys.executable, "-m", "distro", *words], cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def rate(self, n: int, readers: int, *, watched: bool) -> float:
        """Letters a second from first to last of one distribution."""
        text = "".join(f"\nParagraph {i} of {n}: {'the harbour towns agreed a shared plan for the winter season. ' * 4}\n" for i in range(38))
        (self.folder / f"r{n}.md").write_text(f"---\nid: winter-{n}\nheadline: Winter plan number {n}\nlanguage: en\n---\n{text}")
        distribution = json.loads(self.run("submit", f"r{n}.md", "--to", "press", "--now", "--json"))["distribution"]
        if watched:
            link = next(line for line in self.run("report", distribution).splitlines() if "/reports/" in line).split()[-1]
            for _ in range(VIEWERS):
                threading.Thread(target=_follow, args=(link.replace("?", "/events?"),), daemon=True).start()
        else:
            self.run("report", distribution)   # the same command beside it, so that only the viewers differ
        while (told := json.loads(self.run("report", distribution, "--json")))["state"] != "sent":
            time.sleep(3)
        first, last = (datetime.fromisoformat(told[k]) for k in ("first_accepted_at", "last_accepted_at"))
        return readers / (last - first).total_seconds()

    def stop(self) -> None:
        self.up.send_signal(signal.SIGTERM)
        self.up.wait(60)
        self.sink.terminate()


def _follow(url: str) -> None:
    with contextlib.suppress(OSError), _open(url, timeout=60) as stream:
        for line in stream:
            if line.startswith(b"event: over"):
                return


def main() -> None:
    readers, pairs = int(sys.argv[1]) if sys.argv[1:] else 40_000, int(sys.argv[2]) if sys.argv[2:] else 4
    with tempfile.TemporaryDirectory() as name:
        office = Office(Path(name), readers)
        try:
            office.rate(0, readers, watched=False)   # warm
            ratios = []
            for pair in range(pairs):
                order = (False, True) if pair % 2 else (True, False)
                rates = {watched: office.rate(2 * pair + k + 1, readers, watched=watched) for k, watched in enumerate(order)}
                ratios.append(rates[True] / rates[False])
                print(f"with {VIEWERS} viewers {rates[True]:.0f}/s, without {rates[False]:.0f}/s, ratio {ratios[-1]:.3f}", flush=True)
            print(f"median ratio {statistics.median(ratios):.3f} over {pairs} pairs of {readers:,} letters (bar: 0.98)")
        finally:
            office.stop()


if __name__ == "__main__":
    main()
