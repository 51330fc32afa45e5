"""A submit wakes a worker itself, and only for what is committed; the sweep repairs the rest."""

from pathlib import Path

import pytest
import redis

from distro.cli.main import run
from distro.store import Store, distributions
from distro.store.embedded import Embedded
from tests.support.installation import add_readers, write_release

SETTINGS = """\
redis = "{redis}"
broker = "{broker}"
data = "{folder}/var"
[site]
environment = "production"
[[relay]]
url = "smtp://127.0.0.1:1?tls=off"
"""


@pytest.fixture
def folder(tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with its settings file, readers and a release."""
    broker = redis.Redis.from_url(server.url().replace("db=0", "db=1"))
    broker.flushdb()
    broker.close()
    text = SETTINGS.format(redis=server.url(), broker=server.broker_url(), folder=tmp_path)
    (tmp_path / "distro.toml").write_text(text)
    add_readers(store, 2, folder=tmp_path)
    write_release(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def waiting(server: Embedded) -> int:
    """Return how many wake-ups wait in the broker."""
    broker = redis.Redis.from_url(server.url().replace("db=0", "db=1"))
    try:
        return int(broker.llen("distro"))
    finally:
        broker.close()


def test_a_submit_wakes_a_worker(folder: Path, server: Embedded, store: Store) -> None:
    assert run(["submit", "release.md", "--to", "journalists", "--now"]) == 0

    assert waiting(server) == 1
    assert len(distributions.newest(store)) == 1


def test_a_refused_submit_wakes_nobody(folder: Path, server: Embedded, store: Store) -> None:
    assert run(["submit", "release.md", "--to", "journalists", "--now"]) == 0
    assert run(["submit", "release.md", "--to", "journalists", "--now", "--as-new"]) == 0
    (folder / "release.md").write_text("no release")
    assert run(["submit", "release.md", "--to", "journalists", "--now"]) == 1

    assert waiting(server) == 2


def test_a_broker_that_is_away_keeps_nobody_from_submitting(
    folder: Path, server: Embedded, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (folder / "distro.toml").read_text()
    away = settings.replace(server.broker_url(), "redis://127.0.0.1:1/1")
    (folder / "distro.toml").write_text(away)

    assert run(["submit", "release.md", "--to", "journalists", "--now"]) == 0

    assert len(distributions.newest(store)) == 1
    assert "Traceback" not in capsys.readouterr().err
