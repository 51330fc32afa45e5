"""Seeded runs with mixed faults on real processes; the totals of docs/reliability.md.

usage: python benchmarks/reliability.py [RUNS=200] [READERS=2000] [FIRST_SEED=1] [AT_ONCE=2]

Every run: one Redis, two worker hosts with their sweeps, a receiving server with a log; six faults
out of eighteen kinds. Exit 1 if anybody was lost, falsely accepted, or had a second letter without
ever being in doubt.
"""

import collections
import concurrent.futures
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.faults.rehearsal import Run, run


def one(seed: int, readers: int) -> Run | str:
    with tempfile.TemporaryDirectory(prefix="distro-fault-") as folder:
        try:
            return run(seed, readers, Path(folder))
        except Exception as error:  # noqa: BLE001 - one run's trouble is told, the others go on
            return f"seed {seed}: {type(error).__name__}: {str(error)[:1500]}"


def main(runs: int = 200, readers: int = 2000, first: int = 1, at_once: int = 2) -> int:
    kinds: collections.Counter[str] = collections.Counter()
    totals: collections.Counter[str] = collections.Counter()
    states: collections.Counter[str] = collections.Counter()
    bad: list[str] = []
    with concurrent.futures.ProcessPoolExecutor(at_once) as pool:
        for found in pool.map(one, range(first, first + runs), [readers] * runs):
            totals["runs"] += 1
            if isinstance(found, str):
                bad.append(found)
                print(found, flush=True)
                continue
            v = found.verdict
            kinds.update(found.faults)
            states.update(v.counts)
            totals.update(
                recipients=v.audience,
                letters=sum(n for s, n in v.counts.items() if s == "accepted"),
                lost=len(v.lost),
                falsely_accepted=len(v.false),
                twice=len(v.twice),
                twice_without_doubt=len(v.silent),
                ever_in_doubt=v.doubted,
                doubts_allowed=found.bound,
                out_of_balance=len(v.findings),
                seconds=round(found.seconds),
            )
            trouble = (
                v.lost
                or v.false
                or v.silent
                or v.findings
                or v.anew
                or v.doubted > found.bound
                or found.state != "sent"
            )
            print(
                f"seed {found.seed}: {found.state}, {v.counts}, in doubt once {v.doubted} (at most"
                f" {found.bound}), twice {len(v.twice)}, {found.seconds:.0f} s;"
                f" {', '.join(found.faults)}" + ("   TROUBLE" if trouble else ""),
                flush=True,
            )
            if trouble:
                bad.append(f"seed {found.seed}: {json.dumps(v.__dict__, default=str)[:1500]}")
    print(f"\n{dict(totals)}\nstates {dict(states)}\nfaults {dict(kinds)}")
    print("\n".join(bad))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
