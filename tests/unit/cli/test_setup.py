"""init, doctor, config show, test, watch: the first day."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from distro.admin.doctor import examine
from distro.admin.finding import Grade
from distro.cli.main import run
from distro.errors import NotFoundError, RefusedError
from distro.flow.freeze import advance
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.mailing import test_send
from distro.model import DistributionId, State
from distro.queue.publish import broker_state
from distro.reports.progress import watch
from distro.settings.load import Settings
from distro.store import Store, keys
from distro.store.distributions import find
from distro.store.embedded import Embedded
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.smtp import ScriptedServer
from tests.support.story import Story


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    (tmp_path / "var").mkdir()
    # Pages that nobody serves: on the usual port another test may do it meanwhile.
    return make_installation(tmp_path, server, store, site={"url": "http://127.0.0.1:1"})


def test_init_makes_an_office_that_loads_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "office"]) == 0
    assert "distro up" in capsys.readouterr().out
    assert run(["config", "show", "--config", "office/distro.toml", "--json"]) == 0
    rows = {row["setting"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["site.environment"]["value"], rows["site.environment"]["source"]) == (
        "trial",
        "distro.toml",
    )

    assert run(["init", "office"]) == 1
    assert "nothing was written" in capsys.readouterr().err


def test_config_show_masks_secrets_and_names_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("distro.toml").write_text(
        '[[relay]]\nurl = "smtp://user:hunter2@relay.example:587"\n[secret]\nkeys ='
        ' ["topsecret-0123456789"]\n'
    )
    monkeypatch.setenv("DISTRO_SITE__TIMEZONE", "Africa/Nairobi")
    assert run(["config", "show", "--json"]) == 0
    out = capsys.readouterr().out
    rows = {row["setting"]: row for row in json.loads(out)}
    assert "hunter2" not in out
    assert "topsecret" not in out
    assert rows["relay[0].url"]["value"] == "smtp://user:********@relay.example:587"
    assert rows["site.timezone"]["source"] == "DISTRO_SITE__TIMEZONE"
    assert all(row["meaning"] for row in rows.values())


def test_doctor_finds_what_is_wrong_worst_first(installation: Installation) -> None:
    found = examine(installation)
    assert [f.grade for f in found] == sorted((f.grade for f in found), key=list(Grade).index)
    errors = {f.about: f for f in found if f.grade is Grade.ERROR}
    assert set(errors) == {"Worker", "Relay", "Pages"}  # nothing runs, and port 1 does not answer
    assert "distro up" in errors["Worker"].next
    assert any(
        f.about == "Redis" and "append-only" in f.text and f.grade is Grade.OK for f in found
    )


def test_doctor_sees_a_careless_redis(installation: Installation) -> None:
    installation.store.command("CONFIG", "SET", "appendfsync", "everysec")
    try:
        assert any(f.grade is Grade.ERROR and "everysec" in f.text for f in examine(installation))
    finally:
        installation.store.command("CONFIG", "SET", "appendfsync", "always")


def test_a_test_letter_is_marked_and_counted_nowhere(
    installation: Installation, tmp_path: Path
) -> None:
    with ScriptedServer() as server:
        trying = replace(
            installation,
            settings=Settings(relay=[{"url": f"smtp://127.0.0.1:{server.port}?tls=off"}]),
        )
        tried = test_send.send_test(trying, [write_release(tmp_path)], "me@press.example")

    assert [t.outcome.state for t in tried] == [State.ACCEPTED]
    ((recipient, raw),) = server.messages
    assert recipient == "me@press.example"
    assert b"Subject: [Test] Towns agree a plan" in raw
    assert installation.store.command("EXISTS", keys.distribution("1")) == 0


@pytest.mark.parametrize(
    ("address", "goes"),
    [("me@press.example", True), ("you@House.example", True), ("you@elsewhere.example", False)],
)
def test_a_trial_holds_for_test_letters_too(
    installation: Installation, tmp_path: Path, address: str, goes: bool
) -> None:
    with ScriptedServer() as server:
        trying = replace(
            installation,
            settings=Settings(
                relay=[{"url": f"smtp://127.0.0.1:{server.port}?tls=off"}],
                site={"environment": "trial", "allow": ["me@press.example", "house.example"]},
            ),
        )
        if goes:
            assert test_send.send_test(trying, [write_release(tmp_path)], address)
        else:
            with pytest.raises(RefusedError, match=r"not in \[site\] allow"):
                test_send.send_test(trying, [write_release(tmp_path)], address)
    assert len(server.messages) == goes


def test_watch_ends_when_everyone_was_tried(installation: Installation, tmp_path: Path) -> None:
    add_readers(installation.store, 6, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    looks = watch(installation, DistributionId("1"), every=0.01)
    assert (next(looks).state, next(looks).audience) == ("scheduled", 6)
    advance(installation, DistributionId("1"))
    assert next(looks).tried == 0
    story = Story(installation)
    story.run()
    story.stop()
    last = list(looks)[-1]
    assert (last.state, last.tried, last.over) == ("sent", 6, True)


def test_an_id_may_be_shortened_while_it_is_unambiguous(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 2, folder=tmp_path)
    for headline in ("Harbour plan agreed", "Harbour lights mended", "Winter plan"):
        submit(
            installation,
            Order(
                files=[write_release(tmp_path, headline=headline, body=headline)], to="journalists"
            ),
        )
    assert [
        find(installation.store, t) for t in ("D2", "3", "winter-plan", "win", "harbour-p")
    ] == ["2", "3", "3", "3", "1"]
    for text, words in (
        ("harbour", "could be"),
        ("D9", "no distribution D9"),
        ("", "no distribution"),
        ("spring", "no distribution or release"),
    ):
        with pytest.raises(NotFoundError, match=words):
            find(installation.store, text)


def test_the_broker_is_reached_or_the_reason_said(installation: Installation) -> None:
    assert broker_state(installation.broker) == (0, "")
    assert broker_state("redis://127.0.0.1:1/0")[1]
