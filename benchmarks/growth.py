"""How cost grows with the list: one distribution of each size on the wire, as a table and as
docs/growth.svg.

usage: python benchmarks/growth.py [SIZES=10000,100000,1000000]     a million takes a quarter of an
hour on two cores
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from running import Running, smtp_sink
from wire import cpu, fitted, memory

Row = tuple[int, float, float, float, float]


def measure(readers: int) -> Row:
    """Recipients, seconds, us of CPU a letter, MB of the largest sending process, bytes of Redis a
    recipient of this distribution.
    """
    with (
        tempfile.TemporaryDirectory(prefix="distro-g-", ignore_cleanup_errors=True) as folder,
        smtp_sink() as port,
        Running(Path(folder), relay=port) as installation,
    ):
        installation.book(readers, languages=("en", "es", "fr"))
        files, _ = fitted(installation, 0, 40_000)
        before = sum(cpu(installation).values())
        number = installation.submit(files)
        result = installation.rest(number, 3600)
        began = time.monotonic()
        report = json.loads(installation.run("report", f"D{number}", "--json"))
        took = time.monotonic() - began
        if not report["balanced"] or report["counts"]["accepted"] != readers:
            raise SystemExit(f"the report does not add up: {report}")
        print(
            f"{readers:,}: {readers:,} accepted, the report balances and took {took:.2f} s as a"
            " command",
            file=sys.stderr,
            flush=True,
        )
        spent = (sum(cpu(installation).values()) - before) / readers * 1e6
        seconds = (int(result["last_accepted_at"]) - int(result["submitted_at"])) / 1000
        keys = [f"{key}:{number}" for key in ("aud", "led", "rec", "cnt", "bat", "todo")]
        used = sum(int(installation.store.command("MEMORY", "USAGE", key) or 0) for key in keys)
        return readers, seconds, spent, memory(installation), used / readers


def plot(rows: list[Row], path: Path) -> None:
    """CPU a letter by size, both axes from zero up; sizes by power of ten."""
    import math

    width, height, top = 640, 260, max(r[2] for r in rows) * 1.2
    points = [
        (70 + (math.log10(r[0]) - 4) * 260, height - 40 - r[2] / top * (height - 70), r)
        for r in rows
    ]
    marks = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="5"/><text x="{x:.0f}" y="{y - 12:.0f}"'
        f' text-anchor="middle">{r[2]:.0f} µs</text><text x="{x:.0f}" y="{height - 16}"'
        f' text-anchor="middle">{r[0]:,}</text>'
        for x, y, r in points
    )
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="13" role="img" aria-label="CPU a letter by'
        f' audience"><rect width="{width}" height="{height}" fill="#fff"/><text x="16" y="20">CPU a'
        f' letter, all processes and Redis, by audience</text><line x1="50" y1="{height - 40}"'
        f' x2="{width - 20}" y2="{height - 40}" stroke="#999"/><polyline points="{line}"'
        f' fill="none" stroke="#1a4f8b" stroke-width="2"/><g fill="#1a4f8b">{marks}</g></svg>\n',
        encoding="utf-8",
    )


def main(sizes: str = "10000,100000,1000000") -> int:
    rows = []
    print(
        "| recipients | seconds | letters/s | CPU a letter, µs | a sending process, MB | Redis,"
        " bytes a recipient |\n|---|---|---|---|---|---|"
    )
    for size in map(int, sizes.split(",")):
        rows.append(measure(size))
        n, seconds, spent, megabytes, used = rows[-1]
        print(
            f"| {n:,} | {seconds:.1f} | {n / seconds:,.0f} | {spent:.0f} | {megabytes:.0f} |"
            f" {used:.1f} |",
            flush=True,
        )
    plot(rows, Path(__file__).parents[1] / "docs" / "growth.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
