"""Secrets are planted everywhere that one can stand; no output, log or traceback may show one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distro.errors import SettingsError
from distro.letter.dkim import make_key
from distro.settings.load import Settings, load
from distro.store import Store
from distro.store.embedded import Embedded
from distro.tokens import SecretKeys
from tests.support.installation import make_installation
from tests.support.server import free_port

PLANTED = (
    "hunter2-redis",
    "hunter2-broker",
    "hunter2-relay",
    "hunter2-file",
    "hunter2-signing-0123",
    "hunter2 phrase of backup",
)


def plant(folder: Path) -> None:
    port = free_port()
    (folder / "password").write_text("hunter2-file\n")
    (folder / "distro.toml").write_text(
        f'redis = "redis://:hunter2-redis@127.0.0.1:{port}/0"\nbroker ='
        f' "amqp://user:hunter2-broker@127.0.0.1:{port}//"\n[[relay]]\nurl ='
        f' "smtp://user:hunter2-relay@127.0.0.1:{port}?tls=off"\n[[relay]]\nurl ='
        f' "smtps://user@127.0.0.1:{port}"\npassword_file = "{folder}/password"\n[secret]\nkeys ='
        ' ["hunter2-signing-0123"]\n'
    )
    (folder / "r.md").write_text("# Towns\n\nThey agreed.\n")


COMMANDS = (
    "config show",
    "config show --json",
    "doctor --json",
    "plan r.md --to press",
    "submit r.md --to press --now --json",
    "report",
    "test r.md --send-to a@b.example",
    "backup b.age",
    "subscribers export x.csv",
    "sweep",
    "web",
    "worker",
)


@pytest.mark.system
@pytest.mark.faults  # for its length
def test_no_command_shows_a_secret_even_when_it_fails(tmp_path: Path) -> None:
    """All of them at once: most wait for a Redis that does not come."""
    plant(tmp_path)
    env = {**os.environ, "DISTRO_BACKUP_PASSPHRASE": "hunter2 phrase of backup"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "distro", *words.split()],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
        )
        for words in COMMANDS
    ]
    for words, process in zip(COMMANDS, started, strict=True):
        said, _ = process.communicate(timeout=60)
        assert not [secret for secret in PLANTED if secret.encode() in said], words
        assert b"Traceback" not in said, words


def test_no_value_shows_a_secret_when_it_is_printed(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    plant(tmp_path)
    settings = load(tmp_path / "distro.toml")
    installation = make_installation(tmp_path, server, store)
    printed = [
        settings,
        settings.relay,
        settings.redis,
        settings.secret,
        installation,
        SecretKeys((b"hunter2-signing-0123",), b"hunter2-redis"),
        server.url,
    ]
    text = " ".join(f"{t} {t!r}" for t in printed)
    text += json.dumps(settings.model_dump(mode="json"))
    assert not [secret for secret in (*PLANTED, server.password()) if secret in text]


@pytest.mark.parametrize(
    "wrong",
    [
        'redis = "redis://:hunter2-redis@127.0.0.1:nope"',
        'redis = "http://:hunter2-redis@x"',
        'broker = "amqp://u:hunter2-broker@h:99999999"',
        '[[relay]]\nurl = "smtp://u:hunter2-relay@h:x"',
        '[[relay]]\nurl = "http://u:hunter2-relay@h"',
        'relay = "smtp://u:hunter2-relay@h"',
        '[secret]\nkeys = "hunter2-signing-0123"',
        '[secret]\nkeys = ["hunter2-redis", 3]',
        '[secret]\nkeys = [["hunter2-redis"]]',
        '[secret]\nkey = "hunter2-redis"',
    ],
)
def test_a_wrong_setting_is_told_without_its_value(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "distro.toml").write_text(wrong)
    with pytest.raises(SettingsError) as error:
        load(tmp_path / "distro.toml")
    assert "hunter2" not in f"{error.value.message} {error.value.details} {error.value.hint}"


@pytest.mark.parametrize(
    "keys",
    [
        '[""]',
        '["short"]',
        '["0123456789abcde"]',
        '["aaaaaaaaaaaaaaaaaaaaaaaa"]',
        '["0123456789abcdef", ""]',
    ],
)
def test_a_signing_key_that_can_be_guessed_is_refused(tmp_path: Path, keys: str) -> None:
    (tmp_path / "distro.toml").write_text(f"[secret]\nkeys = {keys}\n")
    with pytest.raises(SettingsError):
        load(tmp_path / "distro.toml")


@pytest.mark.parametrize(
    "relay",
    [
        'url = "smtp://u:pw@relay.example:25?tls=off"',
        'url = "smtp://u:pw@10.0.0.5?tls=off"',
        'url = "smtp://u@relay.example?tls=off"\npassword_file = "x"',
    ],
)
def test_no_password_travels_in_clear_text(tmp_path: Path, relay: str) -> None:
    (tmp_path / "distro.toml").write_text(f"[[relay]]\n{relay}\n")
    with pytest.raises(SettingsError) as error:
        load(tmp_path / "distro.toml")
    assert "clear text" in str(error.value.details)


def test_a_relay_on_this_machine_may(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert Settings(relay=[{"url": f"smtp://u:pw@{host}:25?tls=off"}])


@pytest.mark.parametrize(
    "setting",
    [
        '[sender]\nname = "A\\r\\nBcc: x@evil.example"',
        '[sender]\npostal_address = "A\\nB"',
        '[[relay]]\nurl = "smtp://h:25"\nhelo = "a\\r\\nMAIL FROM:<x>"',
        '[dkim]\nselector = "a\\r\\nb"',
        '[dkim]\ndomain = "a\\nb"',
        '[brand]\nlinks = {"A\\nB" = "https://a.example"}',
        '[brand]\nlinks = {A = "https://a.example/\\r\\nx"}',
        '[feedback]\ncomplaints = "a@b.example\\r\\nX: y"',
        '[site]\nenvironment = "a\\u001b[2J"',
        '[languages]\nfallback = ["en\\nx"]',
    ],
)
def test_no_setting_holds_a_line_break(tmp_path: Path, setting: str) -> None:
    (tmp_path / "distro.toml").write_text(setting)
    with pytest.raises(SettingsError):
        load(tmp_path / "distro.toml")


def test_doctor_warns_of_settings_that_others_can_read(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    from dataclasses import replace

    from distro.admin.doctor import examine

    plant(tmp_path)
    installation = make_installation(tmp_path, server, store)
    (tmp_path / "distro.toml").chmod(0o644)
    found = examine(
        replace(
            installation,
            settings=load(tmp_path / "distro.toml").model_copy(
                update={"relay": installation.settings.relay, "data": installation.settings.data}
            ),
        )
    )
    assert any("chmod 600" in f.next for f in found)
    (tmp_path / "distro.toml").chmod(0o600)
    assert load(tmp_path / "distro.toml").readable_by_others is None


def test_no_key_file_is_made_readable(tmp_path: Path) -> None:
    assert b"PRIVATE" in make_key("ed25519")
    plant(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "distro", "doctor", "--make-dkim-key"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    keys = [p for p in tmp_path.rglob("*") if p.is_file() and b"PRIVATE KEY" in p.read_bytes()]
    assert keys
    assert not [p for p in keys if p.stat().st_mode & 0o077]
