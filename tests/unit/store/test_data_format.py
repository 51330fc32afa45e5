"""Data of a newer distro is left alone; older data is brought to this format, a step at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from distro.errors import DistroError
from distro.installation.context import open_installation
from distro.settings.load import Settings
from distro.store import Store, data_format, keys
from distro.store.embedded import Embedded


def settings(folder: Path, server: Embedded) -> Settings:
    return Settings(redis=server.url(), data=folder / "var")


def test_a_new_installation_gets_todays_number(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    with open_installation(settings(tmp_path, server)) as installation:
        assert data_format.format_of(installation.store) == data_format.FORMAT
    assert (tmp_path / "var" / "format").read_text() == f"{data_format.FORMAT}\n"


def test_unnumbered_data_takes_every_step(tmp_path: Path, server: Embedded, store: Store) -> None:
    store.command("SET", keys.LAST_SUBSCRIBER, 7)
    store.command("LPUSH", "ring", "1")

    with open_installation(settings(tmp_path, server)) as installation:
        assert data_format.format_of(installation.store) == data_format.FORMAT
        assert not installation.store.command("EXISTS", "ring")
        assert installation.store.text(keys.LAST_SUBSCRIBER) == "7"


@pytest.mark.parametrize("where", ["redis", "folder"])
def test_newer_data_is_refused_and_not_touched(
    tmp_path: Path, server: Embedded, store: Store, where: str
) -> None:
    newer = str(data_format.FORMAT + 1)
    if where == "redis":
        store.command("SET", keys.FORMAT, newer)
    else:
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "format").write_text(newer)

    with (
        pytest.raises(DistroError, match=f"newer distro \\(its format is {newer}"),
        open_installation(settings(tmp_path, server)),
    ):
        pass

    assert store.text(keys.FORMAT) in ("", newer)
    assert not store.text(keys.PEPPER)


def test_every_format_has_a_step_to_the_next() -> None:
    assert sorted(data_format.STEPS) == list(range(1, data_format.FORMAT))


def test_a_distribution_of_before_keeps_when_its_embargo_is_over(store: Store) -> None:
    store.command("ZADD", keys.DISTRIBUTIONS, 1, "7")
    store.command("HSET", keys.distribution("7"), "state", "scheduled", "versions", '{"en": "v"}')
    store.command("SET", keys.edition("v"), '{"embargo": "2099-12-01T10:00:00+01:00"}')

    data_format.migrate(store, 2)
    data_format.migrate(store, 2)

    assert store.command("HGET", keys.distribution("7"), "lift_at") == b"4099798800000"


FORMER = Path(__file__).parents[2] / "support" / "format-1"


def test_a_data_folder_of_the_version_before_goes_on(tmp_path: Path) -> None:
    """`tests/support/format-1` was written by the commit before format numbers (afc562a)."""
    folder = tmp_path / "office"
    subprocess.run(["cp", "-r", FORMER, folder], check=True)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def distro(*words: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "distro", *words],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    assert '"accepted": 3' in distro("report", "D1", "--json")
    assert "balance" in distro("audit", "D1")
    assert "reader0@a.example" in distro("subscribers", "list")
    assert '"state": "scheduled"' in distro("report", "D2", "--json")
    assert "cancelled" in distro("cancel", "D2", "--yes")
    assert (folder / "data" / "format").read_text() == f"{data_format.FORMAT}\n"
