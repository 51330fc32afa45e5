"""Pace with four sending processes: letters to a throttled provider never exceed burst + rate x
time; the others go at full speed.

usage: python benchmarks/pace.py [READERS=4000] [RATE=50]
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from running import Running
from wire import release

from tests.faults.sink import Sink

DOMAINS = ("outlook.com", "hotmail.fr", *(f"paper{n}.example" for n in range(6)))


def run(readers: int, extra: str) -> Sink:
    with (
        tempfile.TemporaryDirectory(prefix="distro-r-", ignore_cleanup_errors=True) as folder,
        Sink() as sink,
        Running(
            Path(folder), relay=sink.port, extra=f"[worker]\nprocesses = 4\n{extra}"
        ) as installation,
    ):
        installation.book(readers, languages=("en", "es", "fr"), domains=DOMAINS)
        result = installation.rest(installation.submit(release(installation.folder, 1, 4)))
        assert result["state"] == "sent", result
        return sink


def throttled(address: str) -> bool:
    return address.endswith(DOMAINS[:2])


def main(readers: int = 4000, rate: int = 50) -> int:
    free, paced = run(readers, ""), run(readers, f'[pace]\nrates = {{microsoft = "{rate}/s"}}')
    times = sorted(t.begun for t in paced.taken if throttled(t.recipient))
    # The most letters in any stretch of time, beyond what the bucket allows for it.
    over = max(
        n - m + 1 - (rate + rate * (times[n] - times[m]))
        for m in range(0, len(times), 7)
        for n in range(m, len(times), 7)
    )

    def others(sink: Sink) -> float:
        begun = sorted(t.begun for t in sink.taken if not throttled(t.recipient))
        return len(begun) / (begun[-1] - begun[0])

    seconds = times[-1] - times[0]
    print(
        f"{len(times):,} letters to a provider at {rate}/s, four processes:"
        f" {len(times) / seconds:.1f}/s over {seconds:.1f} s with a burst of {rate}; most beyond"
        f" burst + rate x time in any stretch: {over:.1f} (bar 2; at least {0.8 * rate:.0f}/s)"
    )
    print(
        f"the others: {others(paced):,.0f}/s beside {others(free):,.0f}/s with nobody throttled"
        f" ({others(paced) / others(free):.2f} x)"
    )
    # never beyond what the bucket allows, and not far below it
    return over > 2 or len(times) / seconds < 0.8 * rate


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
