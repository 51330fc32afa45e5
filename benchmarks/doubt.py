"""Truly in doubt after `kill -9` of a sending process with 20 connections to a fast relay: at most 3 of 20, median of 20 kills.

usage: python benchmarks/doubt.py [KILLS=20]
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.faults.house import House, children
from tests.faults.sink import Sink, jitter


def main(kills: int = 20) -> int:
    found: list[int] = []
    with tempfile.TemporaryDirectory(prefix="distro-d-") as folder, Sink(gap=jitter(1, 0.0005)) as sink:
        house = House(Path(folder), sink, connections=20, policy="hold")
        try:
            house.start()
            house.held |= {"worker b"}
            house.parts["worker b"].kill()
            house.fill(20_000)
            for n in range(kills):
                number = house.submit(headline=f"Story number {n}")
                house.until(lambda m=number: house.store.raw(f"led:{m}").count(b"a") > 500)  # type: ignore[misc]
                time.sleep(random.random() * 0.3)
                for child in children(house.parts["worker a"]):
                    child.kill()
                house.rest(number)
                states = house.store.raw(f"led:{number}")
                found.append(states.count(b"u"))
                print(f"kill {n + 1}: {states.count(b'u')} in doubt of 20 connections, {states.count(b'a'):,} accepted", flush=True)
            house.verdict(*(str(n + 1) for n in range(kills))).check()
        finally:
            house.stop()
    median = statistics.median(found)
    print(f"in doubt after kill -9 with 20 connections: median {median:g}, most {max(found)}, of {kills} kills; the bar is 3")
    return median > 3


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
