"""Past this machine: 10 and 100 million recipients on 10 and 100 worker hosts and one Redis with
two replicas.

usage: python benchmarks/simulation.py [WORKER_US=100] [COMMIT_US=230] [LETTER_US=8]
[CONNECTIONS=20]

A model, not a measurement. It is fed with measured costs: CPU of a sending process a letter, of
Redis a group commit (fixed) and a letter in it (`benchmarks/ledger.py` at two group sizes gives
both), and bytes a recipient. A host has two cores; a group is what its processes have ready when
they commit, at least every 4 ms; Redis is one thread; WAIT for a replica adds a round trip of 0.3
ms to a commit, not to Redis' CPU.
"""

import sys

CORES, INTERVAL, REPLICA = 2, 0.004, 0.0003
BYTES, AOF = 35.7, 150  # of memory a recipient; of append-only file a letter


def rate_of(
    hosts: int, worker: float, commit: float, letter: float, connections: int
) -> tuple[float, str, float]:
    """Letters a second, what limits them, and letters in a group commit."""
    processes = hosts * CORES
    lanes = connections / CORES
    by_workers = hosts * CORES / worker
    # Each process commits when two thirds of its lanes have ended, or after the interval; Redis
    # serves all of them in turn.
    group = max(1.0, lanes * 2 / 3)
    by_redis = group / (commit + letter * group)
    rate = min(by_workers, by_redis)
    # A Redis that is full makes everybody wait, and groups grow up to the lanes: that is what it
    # can do at most.
    if by_redis < by_workers:
        group = lanes
        by_redis = group / (commit + letter * group)
        rate = min(by_workers, by_redis)
    wait = group / max(rate / processes, 1e-9)
    limit = "Redis, one thread" if by_redis < by_workers else "the workers' cores"
    return rate, limit + (", commits wait for the replica" if wait < REPLICA else ""), group


def main(
    worker_us: float = 100, commit_us: float = 230, letter_us: float = 8, connections: int = 20
) -> int:
    print(
        "| recipients | hosts | letters/s | minutes | a group | what limits | ledger in Redis |"
        " append-only file |\n|---|---|---|---|---|---|---|---|"
    )
    for recipients in (10_000_000, 100_000_000):
        for hosts in (1, 10, 100):
            rate, limit, group = rate_of(
                hosts, worker_us / 1e6, commit_us / 1e6, letter_us / 1e6, int(connections)
            )
            print(
                f"| {recipients:,} | {hosts} | {rate:,.0f} | {recipients / rate / 60:,.0f} |"
                f" {group:.0f} | {limit} | {recipients * BYTES / 2**30:.1f} GB |"
                f" {recipients * AOF / 2**30:.0f} GB |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))  # type: ignore[arg-type]
