"""Every benchmark in turn: `make bench` (half an hour on a quiet machine), `make bench-quick` (a
minute, whether they work).
"""

import runpy
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
BROKE = 70  # EX_SOFTWARE
FULL = [
    ("ledger.py", "1000000"),
    ("latency.py",),
    ("wire.py", "100000", "40000", "3"),
    ("wire.py", "100000", "1000", "3", "40"),
    ("loops.py", "3000"),
    ("doubt.py", "20"),
    ("doubt.py", "20", "3"),
    ("orders.py", "50"),
    ("pace.py",),
    ("live_page.py", "100000", "2"),
    ("viewers.py", "100000", "50", "0"),
    ("office.py", "100000", "1000000"),
    ("book.py", "1000000"),
    ("returns.py", "10000"),
]
QUICK = [
    ("ledger.py", "100000"),
    ("latency.py", "8"),
    ("pace.py",),
    ("office.py", "2000", "20000"),
    ("wire.py", "3000", "40000", "1"),
    ("returns.py", "500"),
]

SINK = ("wire.py", "loops.py", "doubt.py", "live_page.py", "viewers.py")  # need Postfix's


def main(quick: bool) -> int:
    found = 0
    for name, *words in QUICK if quick else FULL:
        if name in SINK and not shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"):
            print(f"{name}: needs smtp-sink and smtp-source (apt install postfix)")
            continue
        print(f"\n== {name} {' '.join(words)}", flush=True)
        began = time.monotonic()
        command = [sys.executable, __file__, "one", name, *words]
        code = subprocess.run(command, check=False).returncode
        if code:
            print(f"{name}: exit {code}: {'a bar is not met' if code == 1 else 'it broke'}")
        # A quick run only asks whether the benchmarks work: on a shared machine a bar proves
        # nothing.
        found |= code > 1 if quick else code != 0
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
    return found


def one(name: str, words: list[str]) -> int:
    """Run one benchmark; give 0, 1 where a bar is not met, and BROKE where it fell over."""
    sys.argv = [name, *words]
    try:
        runpy.run_path(str(HERE / name), run_name="__main__")
    except Exception:  # noqa: BLE001 - whatever it is, it is told apart from a bar
        traceback.print_exc()
        return BROKE
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        sys.exit(one(sys.argv[2], sys.argv[3:]))
    sys.exit(main("quick" in sys.argv[1:]))
