"""One seeded run with mixed faults: what happens, when, and to whom is a function of the seed."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from distro.model import DistributionId
from distro.store import connect
from tests.faults.rig import CONNECTIONS, Rig, Verdict
from tests.faults.sink import DROP, RESET, Reply, Sink, jitter

FAULTS = (
    "child",
    "child",
    "worker",
    "sweep",
    "redis",
    "redis-term",
    "all",
    "stop briefly",
    "stop for two leases",
    "cut redis",
    "lose evalsha",
    "lose brpop",
    "lose lpush",
    "hold redis",
    "flush broker",
    "repeat wake-ups",
    "flush scripts",
    "cut relay",
)
DOUBTFUL = {
    "child": CONNECTIONS,
    "worker": CONNECTIONS,
    "all": 2 * CONNECTIONS,
    "stop for two leases": 2 * CONNECTIONS,
    "cut relay": 2 * CONNECTIONS,
    "hold redis": 2 * CONNECTIONS,
}


@dataclass(frozen=True)
class Run:
    """What a seed did, and what was found afterwards."""

    seed: int
    faults: tuple[str, ...]
    verdict: Verdict
    seconds: float
    state: str
    broken: int  # connections that the receiving server itself broke after a message's end

    @property
    def bound(self) -> int:
        """How many may be in doubt: the connections of each process that was killed or judged, of
        all at a power cut.
        """
        return self.broken + sum(DOUBTFUL.get(f, 0) for f in self.faults)


class Temper:
    """A receiving server as the world has them: some addresses unknown, some greylisted, some
    connections dropped.
    """

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.greylisted: set[str] = set()
        self.unknown = dice.random() * 0.08
        self.grey = dice.choice((0.0, 0.0, 0.03))
        self.drops = dice.choice((0.0, 0.0, 0.002))
        self.broken = 0

    def __call__(self, verb: str, to: str) -> Reply:
        share = random.Random(to).random()
        if verb == "RCPT" and share < self.unknown:
            return "550 5.1.1 no such user here"
        if verb == "RCPT" and share > 1 - self.grey and to not in self.greylisted:
            self.greylisted.add(to)
            return "450 4.2.0 greylisted, come back later"
        if verb == "END" and self.dice.random() < self.drops:
            self.broken += 1
            return self.dice.choice((DROP, RESET))
        return None


def run(
    seed: int, readers: int, folder: Path, faults: int = 6, kinds: tuple[str, ...] = FAULTS
) -> Run:
    """A distribution under faults; each comes when the sending has got so far."""
    dice = random.Random(seed)
    began = time.monotonic()
    plan = sorted((dice.uniform(0.02, 0.95), dice.choice(kinds)) for _ in range(faults))
    temper = Temper(random.Random(seed * 7 + 1))
    with (
        Sink(gap=jitter(seed, dice.choice((0.005, 0.02, 0.05))), reply=temper) as sink,
        Rig(folder, sink, through_proxy=True) as rig,
    ):
        rig.under_way(readers)
        for share, what in plan:
            rig.until(
                lambda s=share: (  # type: ignore[misc]
                    len(sink.taken) >= s * readers or rig.row().get("state") == "sent"
                ),
                60,
                jump=True,
            )
            do(rig, what, dice)
        state = rig.rest()["state"]
        return Run(
            seed,
            tuple(what for _, what in plan),
            rig.verdict(),
            time.monotonic() - began,
            state,
            temper.broken,
        )


def do(rig: Rig, what: str, dice: random.Random) -> None:
    """One fault, now."""
    assert rig.proxy is not None
    if what in ("child", "worker", "sweep", "redis", "redis-term", "all"):
        rig.kill(what, dice)
    elif what.startswith("stop"):
        with rig.standing_still(dice.choice("ab")):
            time.sleep(7.5 if "leases" in what else 1.0)
    elif what == "cut redis":
        rig.proxy.cut()
    elif what.startswith("lose"):
        rig.proxy.lose[what.split()[1].upper().encode()] = dice.randint(1, 4)
    elif what == "hold redis":
        rig.proxy.leased = True
        time.sleep(4)  # longer than a lease
        rig.proxy.leased = False
    elif what == "flush broker":
        # A connection of its own: one that reconnects must not end in the ledger's database.
        broker = connect(rig.server.url(1), patience=100)
        broker.command("FLUSHDB")
        broker.close()
    elif what == "repeat wake-ups":
        from distro.flow.wake import Wake
        from distro.queue.app import make_app
        from distro.queue.publish import publish

        app = make_app(rig.installation.broker)
        publish(
            app, [Wake(DistributionId("1"), n, deliver=True) for n in (-1, -1, 0, 0, 1, 99)] * 2
        )
        app.close()
    elif what == "flush scripts":
        rig.store.command("SCRIPT", "FLUSH")
    elif what == "cut relay":
        rig.sink.cut()
