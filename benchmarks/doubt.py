"""Truly in doubt after `kill -9` of a sending process with 20 connections to a fast relay: at most
3 of 20, median of 20 kills.

usage: python benchmarks/doubt.py [KILLS=20] [UNANSWERED=0] [RELAY=smtp-sink|log]

The relay is Postfix's smtp-sink (Debian: apt install postfix), which answers in well under 20 ms;
`log` is the rehearsals' own receiving server, which notes every letter and is slower (one Python
thread), so that more are in flight at a kill.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from running import smtp_sink

from distro.store import keys
from tests.faults.rig import Rig, children
from tests.faults.sink import Sink


def main(kills: int = 20, unanswered: int = 0, relay: str = "smtp-sink") -> int:
    found: list[int] = []
    with (
        tempfile.TemporaryDirectory(prefix="distro-d-") as folder,
        Sink() as sink,
        smtp_sink() as port,
    ):
        if relay == "smtp-sink":
            sink.port = port
        with Rig(
            Path(folder), sink, connections=20, policy="hold", batch=1000, unanswered=unanswered
        ) as rig:
            rig.left_down |= {"worker b"}
            rig.parts["worker b"].kill()
            rig.fill(20_000)
            for n in range(kills):
                number = rig.submit(headline=f"Story number {n}")
                rig.until(lambda m=number: rig.store.raw(keys.states(m)).count(b"a") > 500)  # type: ignore[misc]
                time.sleep(random.random() * 0.5)
                for child in children(rig.parts["worker a"]):
                    child.kill()
                rig.rest(number)
                states = rig.store.raw(keys.states(number))
                assert states.count(b"a") + states.count(b"u") == len(states), states
                found.append(states.count(b"u"))
                print(
                    f"kill {n + 1}: {states.count(b'u')} in doubt of 20 connections,"
                    f" {states.count(b'a'):,} accepted",
                    flush=True,
                )
    median = statistics.median(found)
    print(
        f"in doubt after kill -9 with 20 connections to {relay}, unanswered = {unanswered or 20}:"
        f" median {median:g}, most {max(found)}, of {kills} kills; the bar is 3"
    )
    return median > 3


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:]))  # type: ignore[arg-type]
