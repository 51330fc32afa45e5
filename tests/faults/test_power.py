"""The power is cut: Redis' append-only file keeps what was synced, the journals what the page cache
had written, or less.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.rig import CONNECTIONS, Rig, Verdict, children
from tests.faults.sink import Sink, jitter

pytestmark = pytest.mark.faults
_KEPT = 400  # bytes at the end of a journal that may be lost


@pytest.fixture
def shim(tmp_path: Path) -> str:
    """The library that notes how much of each file was promised."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("needs a C compiler: apt install gcc libc6-dev")
    library = tmp_path / "shim.so"
    subprocess.run(
        [
            compiler,
            "-shared",
            "-fPIC",
            "-O1",
            "-o",
            str(library),
            str(Path(__file__).with_name("shim.c")),
            "-ldl",
        ],
        check=True,
    )
    return str(library)


def power_cut(rig: Rig, dice: random.Random) -> None:
    """Everything dies at once, and the files are what a disk would have kept."""
    rig.left_down |= {"redis", *rig.parts}
    server = psutil.Process(rig.redis_pid())
    server.suspend()  # Redis first: whatever it acknowledged was synced before
    for name, process in rig.parts.items():
        if name.startswith("worker"):
            for child in children(process):
                child.kill()
        process.kill()
        process.wait()
    server.send_signal(signal.SIGKILL)
    assert rig.keeper is not None
    rig.keeper.wait(20)
    for noted in rig.server.folder.rglob("*.synced"):
        os.truncate(noted.with_suffix(""), int(noted.read_text()))
    for path in rig.folder.rglob("journal/*.log"):
        raw = path.read_bytes()
        head, _, rest = raw.partition(b"\n")
        kept = max(0, len(rest) - dice.randrange(_KEPT))
        # The next boot has another id.
        path.write_bytes(head.replace(b"boot=", b"boot=before-") + b"\n" + rest[:kept])
    rig.start_redis()
    rig.left_down -= {"redis", *rig.parts}


def rehearse(
    folder: Path, shim: str, policy: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> Verdict:
    dice = random.Random(seed)
    with monkeypatch.context() as patch, Sink(gap=jitter(seed, 0.01)) as sink:
        patch.setenv("LD_PRELOAD", shim)
        with Rig(
            folder, sink, redis_config=(f"CONFIG SET appendfsync {policy}",), policy="hold"
        ) as rig:
            rig.under_way(800)
            for share in (0.3, 0.6):
                rig.until(lambda s=share: len(sink.taken) > 800 * s)  # type: ignore[misc]
                time.sleep(dice.random() * 0.2)
                power_cut(rig, dice)
            rig.rest(seconds=60)
            return rig.verdict()


@pytest.mark.parametrize("seed", [1, 2])
def test_with_appendfsync_always_a_power_cut_duplicates_nobody_in_silence(
    seed: int, folder: Path, shim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rehearse(folder, shim, "always", seed, monkeypatch)
    # Two cuts, each with two processes whose intents (two a connection) the next boot cannot tell
    # from begun letters.
    found.check(doubts=2 * 2 * 2 * CONNECTIONS)
    assert not found.twice, "hold never repeats"


def test_with_everysec_the_oracle_sees_silent_duplicates(
    folder: Path, shim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cut with a promise that is a second old must be seen; else the test above proves
    nothing.
    """
    found = rehearse(folder, shim, "everysec", 1, monkeypatch)
    with pytest.raises(AssertionError):
        found.check()
    assert found.silent or found.false or found.lost or found.findings
