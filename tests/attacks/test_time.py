"""Files that were made to cost their reader time and memory: ten thousand of them, none over two
seconds or 500 MB.
"""

import contextlib
import gc
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from distro.audience.columns import header_of
from distro.audience.expression import parse
from distro.audience.rows import RowReader
from distro.audience.table import read_table
from distro.errors import DistroError
from distro.letter.templates import Templates
from distro.lib.cpu_limit import TookTooLongError, time_limit
from distro.submit import read
from tests.attacks.hostile import expressions, front_matters, tables, templates, texts

SECONDS, MEGABYTES = 2.0, 500
FULL = os.environ.get("DISTRO_FAULTS") == "all"


def costs(act: Callable[[], object]) -> float:
    """Seconds of the processor, of this process and of the child that reads a workbook."""
    began = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        act()
    except DistroError:
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = after.ru_utime + after.ru_stime - began[1].ru_utime - began[1].ru_stime
    return time.process_time() - began[0] + child


def read_list(path: Path) -> None:
    rows = read_table(path)
    _, cells = next(rows)
    judge = RowReader(header_of(cells, path.name))
    for line, row in rows:
        judge.judge(line, row)


def all_readers(folder: Path, count: int, seed: int) -> float:
    """The longest time that any of `count` hostile files took."""
    share = count // 8
    slowest = 0.0

    def take(name: str, raw: str | bytes, act: Callable[[Path], object]) -> None:
        nonlocal slowest
        path = folder / name
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))
        took = costs(lambda: act(path))
        assert took < SECONDS, (took, name, raw[:80])
        slowest = max(slowest, took)

    for text in texts(share * 2, seed):
        take("r.txt", text, read)
        take("r.md", text, read)
    for text in front_matters(share * 2, seed):
        take("r.md", text, read)
    for text in templates(share // 4, seed):
        take("x.txt", text, lambda path: Templates(path.parent).render("x.txt", {}))
    for raw in tables(share // 2, seed):
        take("c.csv", raw, read_list)
    for text in expressions(share, seed):
        assert costs(lambda text=text: parse(text)) < SECONDS, text[:80]  # type: ignore[misc]
    return slowest


def megabytes(folder: Path, count: int, seed: int) -> float:
    """The most memory that `all_readers` or a child of it held, in a process of its own: other
    tests' children do not count.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(all_readers_and_most, folder, count, seed).result()


def all_readers_and_most(folder: Path, count: int, seed: int) -> float:
    all_readers(folder, count, seed)
    # Not ru_maxrss: it also counts what the process held that started this one, up to exec.
    own = next(
        int(line.split()[1])
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


@pytest.mark.timeout(100)
@pytest.mark.faults  # for its length
def test_no_hostile_file_costs_more_than_a_moment(tmp_path: Path) -> None:
    assert megabytes(tmp_path, 80, seed=int(os.environ.get("DISTRO_SEED", "3"))) < MEGABYTES


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_ten_thousand_hostile_files(tmp_path: Path) -> None:
    """In CI a smaller number; all of them with DISTRO_FAULTS=all."""
    assert megabytes(tmp_path, 10_000 if FULL else 800, seed=41) < MEGABYTES


@pytest.mark.parametrize(
    "text",
    [
        "Towns agree\n\n" + " " * 4000 + "x",
        "Towns agree\n\n" + "[" * 10_000,
        "# Towns\n\n" + "[" * 10_000,
        "# Towns\n\n" + "[a](" * 10_000,
        "# Towns\n\n" + "> " * 5000,
        "Towns\n\n" + "a@" * 20_000,
        "---\nheadline: A\nnotes_to_editors: '" + "[" * 10_000 + "'\n---\nText.\n",
        "---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nheadline: *c\n---\nText.\n",
        "---\nheadline: &x [*x]\n---\nText.\n",
        "---\ncontacts: &x {name: *x}\n---\nText.\n",
    ],
)
@pytest.mark.parametrize("name", ["r.txt", "r.md"])
def test_what_was_slow_is_quick(tmp_path: Path, text: str, name: str) -> None:
    """4,000 spaces took 58 s, 10,000 brackets 6 s, an alias to itself never ended."""
    (tmp_path / name).write_text(text)
    assert costs(lambda: read(tmp_path / name)) < SECONDS


def test_an_error_that_is_swallowed_comes_again() -> None:
    """A callback of the garbage collector swallowed it once, and the file was read to its end."""

    def work() -> None:
        with time_limit(0.1):
            with contextlib.suppress(TookTooLongError):
                while True:
                    pass
            while True:
                pass

    with pytest.raises(TookTooLongError):
        work()
    assert gc.isenabled()
