"""Every benchmark in turn: `make bench` (half an hour on a quiet machine), `make bench-quick` (a
minute, whether they work).
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
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
    ("book.py", "1000000"),
]
QUICK = [
    ("ledger.py", "100000"),
    ("latency.py", "8"),
    ("pace.py",),
    ("wire.py", "3000", "40000", "1"),
]


def main(quick: bool) -> int:
    found = 0
    for name, *words in QUICK if quick else FULL:
        if name in ("wire.py", "loops.py", "doubt.py", "live_page.py") and not shutil.which(
            "smtp-sink", path="/usr/sbin:/usr/bin"
        ):
            print(f"{name}: needs smtp-sink and smtp-source (apt install postfix)")
            continue
        print(f"\n== {name} {' '.join(words)}", flush=True)
        began = time.monotonic()
        code = subprocess.run([sys.executable, str(HERE / name), *words], check=False).returncode
        if code:
            print(f"{name}: exit {code}: a bar is not met, or it broke")
        # A quick run only asks whether the benchmarks work: on a shared machine a bar proves
        # nothing.
        found |= code > 1 if quick else code != 0
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main("quick" in sys.argv[1:]))
