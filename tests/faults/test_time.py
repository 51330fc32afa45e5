"""Time: clocks that differ, two sweeps, a machine that slept, a night when the clocks change."""

import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from distro.times import parse_time
from tests.faults.rig import Rig
from tests.faults.sink import Sink, jitter

pytestmark = pytest.mark.faults
SKEW = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long skew(void) { static long s; static int read; if (!read) { char *t = getenv("SKEW"); s = t ? atol(t) : 0; read = 1; } return s; }
int clock_gettime(clockid_t id, struct timespec *ts) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int r = real(id, ts);
    if (r == 0 && id == CLOCK_REALTIME) ts->tv_sec += skew();
    return r;
}
"""  # noqa: E501


def test_workers_whose_clocks_differ_by_two_minutes(folder: Path) -> None:
    """Leases and retries go by Redis' clock alone; a start needs both clocks, so the slower host
    decides.
    """
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler: apt install gcc libc6-dev")
    (folder / "skew.c").write_text(SKEW)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", str(folder / "skew.so"), str(folder / "skew.c"), "-ldl"],
        check=True,
    )

    def skewed(part: str) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(folder / "skew.so"),
            "SKEW": "60" if part.endswith("a") else "-60",
        }

    with Sink(gap=jitter(1, 0.01)) as sink, Rig(folder, sink, environment=skewed) as rig:
        rig.under_way(600, 200)
        rig.kill("child")
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=5)


def test_never_early(folder: Path) -> None:
    """Four sweeps' worth of eagerness, and no letter before its minute; then within two seconds of
    it.
    """
    with Sink() as sink, Rig(folder, sink) as rig:
        rig.fill(50)
        start = time.time() + 6
        rig.submit(at=datetime.fromtimestamp(start).astimezone().isoformat())
        assert rig.rest()["state"] == "sent"
        first = min(t.begun for t in sink.taken)
        assert start <= first < start + 3
        rig.verdict().check(doubts=0)


def test_cancelled_just_before_the_start_nobody_gets_it(folder: Path) -> None:
    with Sink() as sink, Rig(folder, sink) as rig:
        rig.fill(50)
        start = time.time() + 5
        rig.submit(at=datetime.fromtimestamp(start).astimezone().isoformat())
        rig.until(lambda: "frozen_at" in rig.row())
        rig.until(lambda: time.time() > start - 0.7)
        done = rig.command("cancel", "D1", "--yes").wait(20)
        result = rig.rest(states=("cancelled", "sent"))
        assert (done == 0) == (result["state"] == "cancelled")  # else it came too late, and said so
        if result["state"] == "cancelled":
            rig.until(lambda: time.time() > start + 2)
            begun = [t for t in sink.taken if t.begun > int(result["cancelled_at"]) / 1000 + 1]
            assert not begun


def test_a_machine_that_was_down_for_a_day_asks_whether_it_is_still_news(folder: Path) -> None:
    """In the middle of a sending everything stops for a day; the continuation is halted and says
    why; resume goes on.
    """
    with Sink(gap=jitter(1, 0.3)) as sink, Rig(folder, sink) as rig:
        rig.under_way(400, 100)
        rig.left_down |= set(rig.parts)
        for part in ("worker a", "worker b", "sweep a", "sweep b"):
            rig.parts[part].terminate()
            rig.parts[part].wait(60)
        rig.move_clock(86_400_000)
        before = len(sink.taken)
        rig.left_down.clear()
        result = rig.rest()
        assert (result["state"], result["guard"], len(sink.taken)) == ("halted", "stale", before)
        assert "1440 minutes" in result["reason"] or "1439 minutes" in result["reason"]
        assert rig.command("resume", "D1").wait(20) == 0
        assert rig.rest()["state"] == "sent"
        rig.verdict().check(doubts=0)


@pytest.mark.parametrize(
    ("said", "utc"),
    [
        ("2026-03-29 01:59 Europe/Zurich", "2026-03-29T00:59:00+00:00"),
        ("2026-03-29 03:00 Europe/Zurich", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_the_night_of_a_clock_change(said: str, utc: str) -> None:
    """The hour that comes twice means the first; the one that does not exist is refused."""
    assert parse_time(said).timestamp() == datetime.fromisoformat(utc).timestamp()
    with pytest.raises(ValueError, match="does not exist"):
        parse_time("2026-03-29 02:30 Europe/Zurich")
