"""Settings: all problems at once, variables over the file, secrets masked."""

from pathlib import Path

import pytest

from distro.errors import SettingsError
from distro.settings.load import load


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "distro.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[site]\nurl = "http://press.example"\ntimezone = "Mars"\n[in_doubt]\nafter ='
        ' "soon"\n[sender]\ncolour = "red"\n',
    )

    with pytest.raises(SettingsError) as error:
        load(path)

    sentences = "\n".join(error.value.details)
    assert "site.url" in sentences
    assert "https" in sentences
    assert "site.timezone" in sentences
    assert "in_doubt.after" in sentences
    assert "sender.colour: there is no such setting" in sentences


def test_a_variable_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[site]\nurl = "https://press.example"\ntimezone = "Europe/Zurich"\n')
    monkeypatch.setenv("DISTRO_SITE__TIMEZONE", "Africa/Nairobi")

    found = load(path)

    assert (found.site.timezone, found.site.url) == ("Africa/Nairobi", "https://press.example")


def test_folders_are_meant_from_where_the_file_lies(tmp_path: Path) -> None:
    assert load(write(tmp_path, 'data = "./here"\n')).data == tmp_path / "here"


def test_a_relay_tells_its_parts_and_hides_its_secret(tmp_path: Path) -> None:
    relay = load(
        write(tmp_path, '[[relay]]\nurl = "smtp://user:p%40ss@relay.example:587"\n')
    ).relay[0]

    assert (relay.host, relay.port, relay.tls, relay.user, relay.password()) == (
        "relay.example",
        587,
        "starttls",
        "user",
        "p@ss",
    )
    assert "p%40ss" not in repr(relay)
    assert relay.name == "relay.example:587"


@pytest.mark.parametrize(
    "url",
    [
        "relay.example",
        "http://relay.example",
        "smtp://",
        "smtp://a:b",
        "smtp://relay.example?tls=maybe",
    ],
)
def test_a_relay_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError):
        load(write(tmp_path, f'[[relay]]\nurl = "{url}"\n'))


@pytest.mark.parametrize("text", ["redis = ", "nonsense = 1\n", "[relay]\nurl = 3\n"])
def test_a_bad_file_is_an_error_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"distro\.toml"):
        load(write(tmp_path, text))


def test_a_missing_file_is_an_error_only_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(needed=False).embedded
    with pytest.raises(SettingsError, match="there is no"):
        load()
