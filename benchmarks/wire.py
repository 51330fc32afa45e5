"""A whole distribution into Postfix's smtp-sink, beside what smtp-source does to it: the ratio, and
who spends how much CPU.

usage: python benchmarks/wire.py [READERS=100000] [SIZE=40000] [PAIRS=3] [CONNECTIONS=20]
[PROCESSES=0: as the settings say] [rsa|ed25519: signed so]

Submit to last outcome written, three editions, `distro up` with everything it runs. Reference in
the same minute: `smtp-source -d` with the same size, count and connections. Needs Debian's postfix
package (smtp-sink, smtp-source).
"""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil
from running import Running, smtp_sink

from distro.letter.dkim import load_signer, make_key

SENTENCE = "the harbour towns agreed a shared plan for the winter season. "


def release(folder: Path, number: int, paragraphs: int) -> list[Path]:
    """Three editions of a release."""
    files = []
    for language in ("en", "es", "fr"):
        path = folder / f"r{number}.{language}.md"
        body = "".join(f"\nParagraph {i} of {number}: {SENTENCE * 4}\n" for i in range(paragraphs))
        path.write_text(
            f"---\nid: winter-{number}\nheadline: Winter plan number {number} {language}\nlanguage:"
            f" {language}\ncontacts: [{{name: Desk, email: desk@press.example}}]\n---\n{body}"
        )
        files.append(path)
    return files


def fitted(installation: Running, number: int, size: int) -> tuple[list[Path], int]:
    """As many paragraphs as make a letter of about this size."""

    def measured(paragraphs: int) -> tuple[list[Path], int]:
        files = release(installation.folder, number, paragraphs)
        out = installation.folder / f"out{number}-{paragraphs}"
        installation.run("preview", *map(str, files), "--out", str(out))
        return files, max(p.stat().st_size for p in out.glob("*.eml"))

    few, many = measured(2)[1], measured(22)[1]
    return measured(max(1, round(2 + (size - few) * 20 / (many - few))))


def cpu(installation: Running) -> dict[str, float]:
    """Seconds of CPU by part."""
    found: dict[str, float] = defaultdict(float)
    for process in installation.processes():
        try:
            times, words = process.cpu_times(), " ".join(process.cmdline())
            parent = process.parent()
            inner = (
                parent is not None and "worker" in " ".join(parent.cmdline()) and "worker" in words
            )
        except psutil.Error:
            continue
        part = (
            "redis"
            if "valkey" in words
            else (
                "sending"
                if inner
                else next((p for p in ("worker", "sweep", "web", "embedded") if p in words), "up")
            )
        )
        found[part] += times.user + times.system
    return found


def memory(installation: Running) -> float:
    """MB of the largest sending process, what it shares with others counted by its part."""
    found = [0.0]
    for process in installation.processes():
        with contextlib.suppress(psutil.Error, AttributeError):
            parent = process.parent()
            if (
                parent is not None
                and "worker" in " ".join(parent.cmdline())
                and "worker" in " ".join(process.cmdline())
            ):
                found.append(process.memory_full_info().pss / 2**20)
    return max(found)


def raw_sign(kind: str) -> float:
    """Microseconds of CPU of one signature, without anything around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key.pem"
        path.write_bytes(make_key(kind))
        signer = load_signer("press.example", "k", path)
    began = time.process_time()
    for _ in range(1000):
        signer.sign(b"x" * 1000)
    return (time.process_time() - began) * 1000


def main(
    readers: int = 100_000,
    size: int = 40_000,
    pairs: int = 3,
    connections: int = 20,
    processes: int = 0,
    dkim: str = "",
) -> int:
    ratios, costs = [], []
    with tempfile.TemporaryDirectory(prefix="distro-w-") as folder, smtp_sink() as port:
        extra = f"[worker]\nprocesses = {processes}\n"
        if dkim:
            (Path(folder) / "key.pem").write_bytes(make_key(dkim))
            extra += f'[dkim]\n{"key" if dkim == "rsa" else "ed25519_key"} = "key.pem"\n'
        with Running(
            Path(folder), relay=port, connections=connections, extra=extra
        ) as installation:
            installation.book(readers, languages=("en", "es", "fr"))
            for n in range(pairs):
                files, bytes_ = fitted(installation, n, size)
                before = cpu(installation)
                number = installation.submit(files)
                result = installation.rest(number)
                spent = {
                    part: (seconds - before[part]) / readers * 1e6
                    for part, seconds in cpu(installation).items()
                }
                ours = readers / (
                    (int(result["last_accepted_at"]) - int(result["submitted_at"])) / 1000
                )
                began = time.monotonic()
                subprocess.run(
                    [
                        "/usr/sbin/smtp-source",
                        "-d",
                        "-s",
                        str(connections),
                        "-l",
                        str(bytes_),
                        "-m",
                        str(readers),
                        "-f",
                        "a@press.example",
                        "-t",
                        "b@a.example",
                        f"127.0.0.1:{port}",
                    ],
                    check=True,
                )
                theirs = readers / (time.monotonic() - began)
                ratios.append(ours / theirs)
                costs.append(sum(spent.values()))
                first = (int(result["first_accepted_at"]) - int(result["submitted_at"])) / 1000
                print(
                    f"{bytes_:,} bytes: distro {ours:,.0f}/s, smtp-source {theirs:,.0f}/s, ratio"
                    f" {ours / theirs:.2f}, {costs[-1]:.0f} us of CPU a letter: "
                    + ", ".join(
                        f"{part} {us:.0f}"
                        for part, us in sorted(spent.items(), key=lambda p: -p[1])
                    )
                    + f"; first letter after {first:.2f} s, a sending process has"
                    f" {memory(installation):.0f} MB (PSS)",
                    flush=True,
                )
    if dkim:
        print(f"one raw {dkim} signature: {raw_sign(dkim):.0f} us")
    print(
        f"median of {pairs}: ratio {statistics.median(ratios):.2f} (bar 1.00),"
        f" {statistics.median(costs):.0f} us of CPU a letter (bar 120 at 40 KB)"
    )
    return statistics.median(ratios) < 1.0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:6]), *sys.argv[6:]))  # type: ignore[arg-type]
