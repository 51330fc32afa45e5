"""What following the live page costs a sending: pairs of runs, with and without viewers, the ratio
of their rates.

usage: python benchmarks/live_page.py [READERS] [PAIRS]     needs Postfix's smtp-sink on the PATH
(Debian: postfix)
"""

import contextlib
import statistics
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

from running import Running, smtp_sink
from wire import release

from distro.model import DistributionId
from distro.reports import live

VIEWERS = 3
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def rate(installation: Running, n: int, readers: int, *, watched: bool) -> float:
    """Letters a second from first to last of one distribution."""
    number = installation.submit(release(installation.folder, n, 38)[:1])
    if watched:
        link = live.link(installation.installation, DistributionId(number))
        for _ in range(VIEWERS):
            threading.Thread(
                target=_follow, args=(link.replace("?", "/events?"),), daemon=True
            ).start()
    result = installation.rest(number)
    return readers * 1000 / (int(result["last_accepted_at"]) - int(result["first_accepted_at"]))


def _follow(url: str) -> None:
    with contextlib.suppress(OSError), _open(url, timeout=60) as stream:
        for line in stream:
            if line.startswith(b"event: over"):
                return


def main(readers: int = 40_000, pairs: int = 4) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="distro-v-") as folder,
        smtp_sink() as port,
        Running(Path(folder), relay=port) as installation,
    ):
        installation.book(readers)
        rate(installation, 0, readers, watched=False)  # warm
        ratios = []
        for pair in range(pairs):
            order = (False, True) if pair % 2 else (True, False)
            rates = {
                watched: rate(installation, 2 * pair + k + 1, readers, watched=watched)
                for k, watched in enumerate(order)
            }
            ratios.append(rates[True] / rates[False])
            print(
                f"with {VIEWERS} viewers {rates[True]:.0f}/s, without {rates[False]:.0f}/s, ratio"
                f" {ratios[-1]:.3f}",
                flush=True,
            )
        print(
            f"median ratio {statistics.median(ratios):.3f} over {pairs} pairs of {readers:,}"
            " letters (bar: 0.98)"
        )
    return statistics.median(ratios) < 0.98


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
