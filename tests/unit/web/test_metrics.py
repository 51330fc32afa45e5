"""What Prometheus is shown: figures of the ledger, to who has the key, in a bounded number."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from starlette.testclient import TestClient

from distro.admin import metrics
from distro.demo.mailbox import Mailbox
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.reports.summary import report
from distro.store import Store, distributions, keys
from distro.store.embedded import Embedded
from distro.web.application import create_app
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

KEY = "a-key-of-some-length"
MONITORING = Path(__file__).parents[3] / "monitoring"


def found(installation: Installation) -> dict[str, dict[tuple[str, ...], float]]:
    """Return name -> values of its labels -> figure."""
    text = metrics.exposition(installation).decode()
    families = text_string_to_metric_families(text)
    figures: dict[str, dict[tuple[str, ...], float]] = {}
    for family in families:
        for sample in family.samples:
            figures.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return figures


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store, mailbox: Mailbox) -> Installation:
    made = make_installation(
        tmp_path,
        server,
        store,
        site={"metrics_key": KEY},
        relay=[{"url": f"smtp://127.0.0.1:{mailbox.port}?tls=off"}],
    )
    add_readers(store, 6, folder=tmp_path)
    return made


def publish(installation: Installation, folder: Path, headline: str) -> None:
    path = write_release(folder, headline=headline, body=f"{headline}: agreed today.")
    submit(installation, Order(files=[path], to="journalists"))
    story = Story(installation)
    try:
        story.run()
    finally:
        story.stop()


def test_the_figures_are_those_of_the_report(installation: Installation, tmp_path: Path) -> None:
    publish(installation, tmp_path, "Towns agree a plan")
    number = distributions.newest(installation.store)[0]
    counted = report(installation.store, number, "UTC").fields["counts"]
    figures = found(installation)
    assert counted["accepted"] == 6
    shown = {state: figures["distro_recipients"]["sent", state] for state in counted}
    assert shown == counted
    assert figures["distro_distributions"]["sent",] == 1
    assert figures["distro_subscribers"][()] == 6
    assert figures["distro_longest_silence_seconds"][()] == 0


def test_more_releases_add_no_series(installation: Installation, tmp_path: Path) -> None:
    before = {name: set(series) for name, series in found(installation).items()}
    publish(installation, tmp_path, "Towns agree a plan")
    publish(installation, tmp_path, "Bridges will be mended")
    assert {name: set(series) for name, series in found(installation).items()} == before


def test_letters_that_wait_are_a_silence(installation: Installation, tmp_path: Path) -> None:
    path = write_release(tmp_path)
    submit(installation, Order(files=[path], to="journalists"))
    number = distributions.newest(installation.store)[0]
    store = installation.store
    assert found(installation)["distro_longest_silence_seconds"][()] == 0  # not begun
    since = store.now_ms() - 90_000
    store.command("HSET", keys.distribution(number), "state", "sending", "began_at", since)
    store.command("SADD", keys.RUNNING, number)
    store.command("BITFIELD", keys.counters(number), "SET", "i32", "#0", 6)
    assert 89 < found(installation)["distro_longest_silence_seconds"][()] < 120


def test_only_who_has_the_key_is_shown_them(installation: Installation) -> None:
    client = TestClient(create_app(installation))
    for shown in ({}, {"authorization": f"Bearer {KEY}x"}, {"authorization": f"Basic {KEY}"}):
        answer = client.get("/metrics", headers=shown)
        assert (answer.status_code, answer.content) == (401, b"")
    answer = client.get("/metrics", headers={"authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == metrics.CONTENT_TYPE
    assert b"distro_build_info" in answer.content


def test_without_a_key_there_is_no_such_page(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    client = TestClient(create_app(make_installation(tmp_path, server, store)))
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    with pytest.raises(ValidationError, match="metrics_key"):
        make_installation(tmp_path, server, store, site={"metrics_key": "short"})


def test_rules_and_dashboard_ask_for_what_there_is(installation: Installation) -> None:
    there = set(found(installation))
    for file in ("alerts.yml", "dashboard.json"):
        text = (MONITORING / file).read_text("utf-8")
        asked = set(re.findall(r"\bdistro_[a-z_]+", text))
        assert asked
        assert asked <= there, file
    json.loads((MONITORING / "dashboard.json").read_text("utf-8"))


@pytest.mark.skipif(not shutil.which("promtool"), reason="apt install prometheus")
@pytest.mark.parametrize(
    "words",
    [["check", "metrics"], ["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]],
)
def test_prometheus_own_tool_finds_nothing(installation: Installation, words: list[str]) -> None:
    done = subprocess.run(
        ["promtool", *words],
        input=metrics.exposition(installation),
        cwd=MONITORING,
        capture_output=True,
        check=False,
    )
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    assert "error" not in said.lower()
