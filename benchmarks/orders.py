"""How soon a halt, a cancel and an unsubscribe stop letters: bodies begun after the
acknowledgement, and the last one's delay.

usage: python benchmarks/orders.py [HALTS=50] [READERS=20000]

Two worker hosts, real processes; half of the halts at full speed, half at one letter a second.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from distro.audience.consent import UNSUBSCRIBED
from distro.flow.orders import cancel, halt, resume
from distro.model import DistributionId
from distro.store import keys
from tests.faults.rig import Rig
from tests.faults.sink import Sink


def late(sink: Sink, acknowledged: float, only: str = "") -> list[float]:
    """Seconds after the acknowledgement of every body begun after it."""
    return [
        at - acknowledged for who, at in list(sink.begun) if at > acknowledged and only in ("", who)
    ]


def halts(
    count: int, readers: int, gap: float, connections: int, pause: float
) -> list[list[float]]:
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="distro-o-") as folder,
        Sink(gap=lambda: gap) as sink,
        Rig(Path(folder), sink, connections=connections) as rig,
    ):
        rig.under_way(readers, 2)
        for _ in range(count):
            time.sleep(random.uniform(0.1, pause))
            halt(rig.installation, DistributionId("1"), actor="bench", reason="measured")
            acknowledged = time.time()
            time.sleep(1.3)
            found.append(late(sink, acknowledged))
            if rig.row()["state"] == "halted":
                resume(rig.installation, DistributionId("1"), actor="bench", reason="measured")
            before = len(sink.taken)
            rig.until(lambda b=before: len(sink.taken) > b or rig.row()["state"] == "sent", 30)  # type: ignore[misc]
            if rig.row()["state"] == "sent":
                break
    return found


def cancels(count: int, readers: int) -> list[list[float]]:
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="distro-o-") as folder,
        Sink() as sink,
        Rig(Path(folder), sink) as rig,
    ):
        rig.fill(readers)
        for n in range(count):
            number = rig.submit(headline=f"Story number {n}")
            before = len(sink.taken)
            rig.until(lambda b=before: len(sink.taken) > b + 50, 30)  # type: ignore[misc]
            time.sleep(random.uniform(0, 0.3))
            cancel(rig.installation, DistributionId(number), actor="bench", reason="measured")
            acknowledged = time.time()
            time.sleep(1.3)
            found.append(late(sink, acknowledged))
    return found


def unsubscribes(count: int, readers: int) -> list[list[float]]:
    """People whose turn is near leave while the letters go out."""
    gone: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory(prefix="distro-o-") as folder,
        Sink(gap=lambda: 0.002) as sink,
        Rig(Path(folder), sink) as rig,
    ):
        rig.under_way(readers, 20)
        for _ in range(count):
            states, audience = rig.store.raw(keys.states("1")), rig.store.raw(keys.audience("1"))
            at = states.find(b"q", random.randrange(len(states)))
            if at < 0:
                continue
            number = int.from_bytes(audience[at * 4 : at * 4 + 4], "big")
            rig.installation.consent.record(
                rig.store, subscriber=number, address="", act=UNSUBSCRIBED, source="bench"
            )
            gone[f"reader{number - 1}"] = time.time()
            time.sleep(0.02)
        rig.rest()
        return [
            [s for who, begun in sink.begun if who.split("@")[0] == name and (s := begun - at) > 0]
            for name, at in gone.items()
        ]


def say(what: str, found: list[list[float]]) -> int:
    late_ones = [s for one in found for s in one]
    over = sum(s > 1 for s in late_ones)
    print(
        f"{what}: {len(found)} measured, bodies begun after the acknowledgement {len(late_ones)}"
        f" (most for one {max(map(len, found), default=0)}), the last"
        f" {max(late_ones, default=0) * 1000:.0f} ms after it, over 1 s: {over}",
        flush=True,
    )
    return over


def main(count: int = 50, readers: int = 20_000) -> int:
    over = say("halts at full speed", halts(count // 2, readers * 3, 0.0, 20, 0.4))
    over += say("halts at one letter a second", halts(count - count // 2, 2000, 2.0, 1, 1.2))
    over += say("cancels at full speed", cancels(10, readers // 2))
    over += say("unsubscribes", unsubscribes(50, readers // 2))
    return bool(over)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
