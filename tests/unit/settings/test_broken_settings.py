"""Two thousand broken settings: each is a clear error or none, never a traceback."""

import os
import random
from pathlib import Path

import pytest

from distro.admin.scaffold import SETTINGS
from distro.errors import SettingsError
from distro.settings.describe import load_explained
from distro.settings.load import load

_VALUES = (
    '""',
    "0",
    "-1",
    "1e309",
    "nan",
    "true",
    "[]",
    "{}",
    "[[1]]",
    '"\\u0000"',
    '"a\\nb"',
    '"redis://127.0.0.1:nope"',
    '"redis://[::1"',
    '"unix://"',
    '"smtp://"',
    '"smtp://x:99999"',
    '"sentinel://,"',
    '"amqp://h:1:2"',
    '"http://"',
    '"https://\\u0000"',
    '"../../x"',
    "1979-05-27T07:32:00Z",
    '"∞"',
    '"' + "x" * 5000 + '"',
    "[{}]",
    '[{"url" = 1}]',
    "99999999999999999999",
    '"Europe/Nowhere"',
    '"127.0.0.1"',
    '"127.0.0.1:0"',
    '":"',
    '"@"',
    '"a@b@c"',
    '"60"',
    '"1d2"',
    '"-5s"',
    '"∞s"',
)
_NAMES = (
    "redis",
    "broker",
    "data",
    "subscribers",
    "templates",
    "site.url",
    "site.listen",
    "site.timezone",
    "site.environment",
    "site.allow",
    "site.group",
    "site.trusted_proxies",
    "sender.name",
    "sender.address",
    "sender.postal_address",
    "senders.x.address",
    "brand.logo",
    "brand.accent",
    "dkim.key",
    "dkim.selector",
    "languages.fallback",
    "retry.period",
    "retry.first",
    "retention.receivers",
    "in_doubt.after",
    "in_doubt.policy",
    "in_doubt.evidence",
    "secret.keys",
    "limits.usual_factor",
    "pace.relay",
    "worker.processes",
    "relay",
    "nothing",
    "site",
    "limits",
)


def broken(seed: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """A settings file with something wrong in it, or a variable."""
    chance = random.Random(seed)
    text = SETTINGS
    for _ in range(chance.randrange(1, 4)):
        match chance.randrange(5):
            case 0:
                at = chance.randrange(len(text))
                text = (
                    text[:at]
                    + chance.choice("\"'[]{}=#\n\\\0é,")
                    + text[at + chance.randrange(3) :]
                )
            case 1:
                lines = text.split("\n")
                at = chance.randrange(len(lines))
                lines[at] = lines[at].partition("=")[0] + "= " + chance.choice(_VALUES)
                text = "\n".join(lines)
            case 2:
                text = f"{chance.choice(_NAMES)} = {chance.choice(_VALUES)}\n{text}"
            case 3:
                url, value = chance.choice(_VALUES), chance.choice(_VALUES)
                name = chance.choice(("connections", "weight", "tls", "rate"))
                text = f"{text}\n[[relay]]\nurl = {url}\n{name} = {value}\n"
            case _:
                monkeypatch.setenv(
                    "DISTRO_" + chance.choice(_NAMES).upper().replace(".", "__"),
                    chance.choice(_VALUES).strip('"').replace("\\u0000", "").replace("\\n", "\n"),
                )
    return text


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_no_broken_setting_is_a_traceback(first: int, tmp_path: Path) -> None:
    path = tmp_path / "distro.toml"
    for seed in range(first, first + 250):
        with pytest.MonkeyPatch.context() as patch:
            path.write_text(broken(seed, patch), encoding="utf-8", errors="replace")
            for act in (load, load_explained):
                try:
                    act(path)
                except SettingsError as error:
                    assert error.message, seed
                    assert "Traceback" not in str(error)


def test_variables_alone_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: no file, one variable."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DISTRO_")]:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=r"there is no distro\.toml"):
        load()
    monkeypatch.setenv("DISTRO_SITE__URL", "https://press.example")
    assert load().site.url == "https://press.example"
    monkeypatch.setenv("DISTRO_RELAY", "smtp://relay:25")
    with pytest.raises(SettingsError, match="DISTRO_RELAY cannot be read"):
        load()
