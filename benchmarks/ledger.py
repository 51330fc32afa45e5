"""The ledger at size, without a wire: freeze, group commits, report, memory; everything in Redis as
it really is.

usage: python benchmarks/ledger.py [RECIPIENTS=1000000] [GROUP=8]

Reference beside the commits: what the same Redis does with as many plain SETs of 30 bytes, one
round trip a group.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from distro.flow.freeze import advance
from distro.installation.context import Installation
from distro.installation.secrets import host_id, load_keys
from distro.model import DistributionId, Edition, Outcome, State
from distro.reports import summary
from distro.settings.load import Settings
from distro.store import Store, connect, keys, ledger_scripts, release_scripts
from distro.store.embedded import Embedded, ensured
from distro.store.records import pack_outcome
from distro.store.release_scripts import EditionText, NewDistribution, Submission

EDITION = Edition(language="en", headline="Towns agree a plan", body="Text.")


def installation_of(folder: Path, server: Embedded, store: Store) -> Installation:
    settings = Settings(data=folder / "var", subscribers=folder, templates=folder)
    return Installation(
        settings,
        store,
        server.url(),
        server.broker_url(),
        load_keys(settings, store),
        host_id(settings.data),
    )


def fill(store: Store, recipients: int) -> None:
    """A book of that many, written straight into the index; rows for the first 100,000 only."""
    everyone = (
        b"\x7f" + b"\xff" * (recipients // 8 - 1) + bytes([(0xFF << (7 - recipients % 8)) & 0xFF])
    )
    for key in (keys.EVERYONE, keys.index("lists", "journalists"), keys.index("language", "en")):
        store.command("SET", key, everyone)
    store.command("HSET", keys.COLUMNS, "lists", "index", "language", "index")
    store.command("SADD", keys.values("lists"), "journalists")
    store.command("SADD", keys.values("language"), "en")
    for start in range(1, min(recipients, 100_000), 1000):
        store.pipeline(
            [
                (
                    "SET",
                    keys.subscriber(n),
                    f'{{"email":"reader{n}@a.example","name":["Reader {n}"]}}',
                )
                for n in range(start, start + 1000)
            ]
        )


def frozen(installation: Installation) -> float:
    """Seconds from accepted to frozen."""
    installation.store.call(
        release_scripts.accept(
            Submission(
                slug="plan",
                distribution=NewDistribution(
                    kind="press-release",
                    headline="H",
                    editions=[EditionText.of(EDITION)],
                    expression="journalists",
                    expanded="lists:journalists",
                    actor="",
                    planned=1,
                ),
            )
        )
    )
    began = time.perf_counter()
    advance(installation, DistributionId("1"))
    seconds = time.perf_counter() - began
    assert installation.store.hash(keys.distribution("1"))["state"] == "sending", (
        installation.store.hash(keys.distribution("1"))
    )
    return seconds


def longest(store: Store) -> float:
    """Milliseconds of the slowest script since the last look."""
    found = store.command("SLOWLOG", "GET", 50)
    slow = [entry["duration"] if isinstance(entry, dict) else entry[2] for entry in found]
    store.command("SLOWLOG", "RESET")
    return max(slow, default=0) / 1000


def commits(store: Store, group: int, seconds: float) -> tuple[float, float]:
    """Outcomes a second of one process that commits as fast as it can, and Redis' CPU for each,
    us.
    """

    def cpu() -> float:
        answer = store.command("INFO", "cpu")
        return float(answer["used_cpu_sys"]) + float(answer["used_cpu_user"])

    mine = store.call(ledger_scripts.claim("1", -1, "0a0b0c0d", "h.1.x", 10**7, 10**10))
    assert mine is not None
    cursor, serial, done = mine.first, 0, 0
    previous: tuple[ledger_scripts.Intent, ...] = ()
    before, began = cpu(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        serial += 1
        packed = b"".join(
            pack_outcome(
                i.ordinal,
                State.ACCEPTED,
                mine.token,
                i.attempt,
                Outcome(State.ACCEPTED, 250, queue_id="4XzQ1b2c3D"),
                1,
            )
            for i in previous
        )
        found = store.call(
            ledger_scripts.step(
                ledger_scripts.Step("h.1.x", serial, "1", packed, mine, group, cursor)
            )
        )
        cursor, previous, done = found.cursor, found.intents, done + len(previous)
        if not found.intents:
            store.call(ledger_scripts.release(mine))
            mine = store.call(
                ledger_scripts.claim(
                    "1", -1, f"{random.getrandbits(32):08x}", "h.1.x", 10**7, 10**10
                )
            )
            if mine is None:
                break
            cursor = mine.first
    return done / (time.perf_counter() - began), (cpu() - before) / max(1, done) * 1e6


def sets(store: Store, group: int, seconds: float) -> float:
    """Plain SETs a second, a group in one round trip."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        store.pipeline([("SET", f"tmp:{n}", b"x" * 30, "EX", 60) for n in range(group)])
        done += group
    return done / (time.perf_counter() - began)


def memory(store: Store, keys: list[str]) -> int:
    return sum(int(store.command("MEMORY", "USAGE", key) or 0) for key in keys)


def main(recipients: int = 1_000_000, group: int = 8) -> int:
    missed = 0

    def row(what: str, value: float, bar: float, unit: str) -> None:
        nonlocal missed
        met = value <= bar
        missed += not met
        print(f"{what}: {value:.3g} {unit} (bar {bar:g}{'' if met else ', NOT MET'})", flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="distro-l-", ignore_cleanup_errors=True) as folder,
        ensured(Path(folder), supervised=False) as server,
    ):
        store = connect(server.url())
        store.command("CONFIG", "SET", "slowlog-log-slower-than", 1000)
        installation = installation_of(Path(folder), server, store)
        fill(store, recipients)
        store.command("SLOWLOG", "RESET")
        share = recipients / 1_000_000
        row(f"freeze of {recipients:,}", frozen(installation), 3 * max(share, 0.2), "s")
        row("slowest script of the freeze", longest(store), 10, "ms")
        parts = [
            keys.audience("1"),
            keys.states("1"),
            keys.counters("1"),
            keys.batches("1"),
            keys.todo("1"),
        ]
        row(
            "memory of audience and states",
            memory(store, parts) / recipients,
            7,
            "bytes a recipient",
        )
        row(
            "the same with everyone's last reply",
            memory(store, [*parts, keys.records("1")]) / recipients,
            36,
            "bytes a recipient",
        )
        rate, cpu = commits(store, group, 3)
        plain = sets(store, group, 2)
        print(
            f"group commits of {group}: {rate:,.0f} outcomes a second, {cpu:.0f} us of Redis each;"
            f" {rate / plain:.2f} x as many plain SETs"
        )
        store.command("SETRANGE", keys.states("1"), 0, "a" * recipients)
        began = time.perf_counter()
        summary.report(store, DistributionId("1"), "UTC")
        row(f"report on {recipients:,}, in process", time.perf_counter() - began, 0.3, "s")
        row("slowest script of commits", longest(store), 10, "ms")
    return missed > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
