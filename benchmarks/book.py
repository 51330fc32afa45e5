"""The book at size: import, what a subscriber takes of memory, segments, `plan` on the command
line, export.

usage: python benchmarks/book.py [ROWS=1000000]

`distro up` runs beside it, as for its users. A segment is timed inside Redis (its slow log), the
commands as a person waits for them. Reference in the same run: `csv.reader` over the same file and
as many plain SETs of a row, which is the least it could be.
"""

import csv
import random
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from running import Running

from distro.audience.segments import Segments
from distro.store.audience_scripts import count

BARS = {"import": 60.0, "memory": 600.0, "bitmaps": 1.0, "dates": 30.0, "script": 10.0, "plan": 2.0}
BITMAPS = "journalists and language:es and beats:migration and not country:US"
DATES = "journalists and language:es and joined:>2025-06-30 and age:<40"


def write(path: Path, rows: int) -> None:
    dice, first = random.Random(7), date(2020, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            ("email", "name", "kind", "language", "country", "beats", "outlet", "joined", "age")
        )
        for n in range(rows):
            writer.writerow(
                (
                    f"reader{n}@{dice.choice('abcdefgh')}.example",
                    f"Reader {n}",
                    dice.choice(("journalist", "partner")),
                    dice.choice(("en", "es", "fr", "ar")),
                    dice.choice(("CH", "MX", "US", "KE", "JO")),
                    ";".join(dice.sample(("migration", "labour", "health", "climate"), 2)),
                    f"Outlet {dice.randrange(3000)}",
                    first + timedelta(dice.randrange(2500)),
                    dice.randrange(20, 80),
                )
            )


def reference(installation: Running, path: Path) -> float:
    """Seconds of reading the file and of one plain SET a row, five hundred in a round trip."""
    began = time.monotonic()
    piece: list[tuple[bytes | str | float, ...]] = []
    with path.open(encoding="utf-8", newline="") as file:
        for n, cells in enumerate(csv.reader(file)):
            piece.append(("SET", f"tmp:{n}", ";".join(cells), "EX", 60))
            if len(piece) == 500:
                installation.store.pipeline(piece)
                piece = []
    installation.store.command("FLUSHDB", "SYNC")
    return time.monotonic() - began


def used(installation: Running) -> int:
    """Bytes that Redis holds."""
    return int(installation.store.command("INFO", "memory")["used_memory"])


def slowlog(installation: Running) -> list[tuple[int, int, int, list[bytes]]]:
    """Number, time, microseconds and words of what Redis took long for."""
    return list(installation.store.command("SLOWLOG", "GET", -1))


def script_ms(installation: Running, expression: str) -> tuple[float, int]:
    """Milliseconds that Redis was busy with a count, median of nine, and the answer."""
    segments = Segments(installation.store, {})
    times = []
    for _ in range(9):
        installation.store.command("SLOWLOG", "RESET")
        found = installation.store.call(count(segments.program(segments.expand(expression))))
        times.append(
            sum(entry[2] for entry in slowlog(installation) if bytes(entry[3][0]) == b"EVALSHA")
            / 1000
        )
    return sorted(times)[4], found


def main(rows: int = 1_000_000) -> int:
    missed = 0

    def say(what: str, value: float, unit: str, bar: str, beside: str = "") -> None:
        nonlocal missed
        over = value > BARS[bar]
        missed += over
        print(
            f"{what:<58} {value:>9,.2f} {unit} (bar {BARS[bar]:g}{', NOT met' if over else ''})"
            f" {beside}",
            flush=True,
        )

    with (
        tempfile.TemporaryDirectory(prefix="distro-b-") as folder,
        Running(Path(folder), relay=1) as installation,
    ):
        path = installation.folder / "book.csv"
        write(path, rows)
        least = reference(installation, path)
        empty = used(installation)
        installation.store.command(
            "CONFIG", "SET", "slowlog-log-slower-than", 1000, "slowlog-max-len", 100_000
        )
        installation.store.command("SLOWLOG", "RESET")
        began = time.monotonic()
        installation.run("subscribers", "import", str(path), "--list", "journalists", "--yes")
        seconds = time.monotonic() - began
        say(
            "import, seconds a million rows",
            seconds * 1e6 / rows,
            "s",
            "import",
            f"{seconds / least:.1f} x reading the file and one SET a row",
        )
        slow = sorted(
            (entry[2] / 1000, b" ".join(entry[3][:5])[:70].decode(errors="replace"))
            for entry in slowlog(installation)
        )
        say(
            "slowest script of it",
            slow[-1][0],
            "ms",
            "script",
            f"{slow[-1][1]}; {sum(ms > BARS['script'] for ms, _ in slow)} of {len(slow)} over it,"
            f" the hundredth slowest {slow[-100][0] if len(slow) > 99 else 0:.1f}",
        )
        say("a subscriber in Redis", (used(installation) - empty) / rows, "bytes", "memory")
        installation.store.command("CONFIG", "SET", "slowlog-log-slower-than", 0)
        for bar, expression in (("bitmaps", BITMAPS), ("dates", DATES)):
            ms, found = script_ms(installation, expression)
            say(f"{expression[:44]}… {found:,}", ms, "ms", bar)
        installation.store.command("CONFIG", "SET", "slowlog-log-slower-than", -1)
        for expression in ('outlet:"Outlet 77"', 'name:"reader 77"', "email:reader77*"):
            began = time.monotonic()
            segments = Segments(installation.store, {})
            found = installation.store.call(count(segments.program(segments.expand(expression))))
            print(f"{expression:<58} {time.monotonic() - began:>9,.2f} s   {found:,}", flush=True)
        release = installation.folder / "release.md"
        release.write_text(
            "---\nheadline: Winter plan\nlanguage: en\ncontacts: [{name: Desk, email:"
            " d@p.example}]\n---\n\nThe harbour towns agreed a plan.\n"
        )
        began = time.monotonic()
        installation.run("plan", str(release), "--to", DATES)
        say("plan over it, as a command", time.monotonic() - began, "s", "plan")
        began = time.monotonic()
        installation.run("subscribers", "export", str(installation.folder / "out.csv"))
        print(f"{'export, as a command':<58} {time.monotonic() - began:>9,.2f} s", flush=True)
        began = time.monotonic()
        installation.run(
            "subscribers",
            "import",
            str(installation.folder / "out.csv"),
            "--list",
            "journalists",
            "--yes",
        )
        print(
            f"{'import of that again (nothing changes)':<58} {time.monotonic() - began:>9,.2f} s",
            flush=True,
        )
    return missed > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
