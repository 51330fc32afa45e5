"""A release, or whoever sends one, names files that are not meant for readers, or that never end."""

import json
import os
from pathlib import Path

import pytest

from distro.cli.main import run
from distro.submit import read

RELEASE = "---\nheadline: Towns agree\nlanguage: en\nkind: statement\nattachments: [{name}]\n---\nThey did, in Geneva.\n"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an office as `distro init` makes it, with what must stay there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "distro.toml").write_text('[secret]\nkeys = ["0123456789abcdef-secret"]\n')
    for name, text in (("var/secrets.json", '{"sign": "0", "pepper": "1"}'), ("subscribers/journalists.csv", "email\nana@daily.example\n"), (".env", "X=1"), ("fact.pdf", "%PDF-1.4")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n")
    (tmp_path / "link.pdf").symlink_to("/etc/hostname")
    (tmp_path / "inner.pdf").symlink_to("var/secrets.json")
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "zero.pdf").symlink_to("/dev/zero")
    return tmp_path


def errors(folder: Path, capsys: pytest.CaptureFixture[str], text: str, name: str = "r.md") -> list[str]:
    (folder / name).write_text(text)
    code = run(["check", name, "--json"])
    told = json.loads(capsys.readouterr().out)
    found = [p["message"] for p in told["problems"] if p["level"] == "error"]
    assert code == (1 if found else 0)
    return found


@pytest.mark.parametrize("name", [
    "/etc/hostname", "../../../../../../etc/hostname", "link.pdf", "inner.pdf", "zero.pdf", "pipe.pdf", "var/secrets.json", "var", "distro.toml",
    "subscribers/journalists.csv", ".env", "key.pem", "./var/../var/secrets.json", '"fact.pdf\\0.pdf"', '"fact\\n.pdf"',
])
def test_a_release_attaches_no_file_of_the_installation_or_the_system(office: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert errors(office, capsys, RELEASE.format(name=name))


@pytest.mark.parametrize("name", ["/etc/hostname", "../../etc/hostname", "%2e%2e/%2e%2e/etc/hostname", "link.pdf", "var/secrets.json", "zero.pdf", "pipe.pdf"])
def test_a_picture_is_no_way_around(office: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert errors(office, capsys, RELEASE.format(name="") + f"\n![x]({name})\n")


def test_what_travels_is_said_before_anything_is_sent(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "r.md").write_text(RELEASE.format(name="fact.pdf"))
    assert run(["check", "r.md"]) == 0
    assert "fact.pdf (1 KB)" in capsys.readouterr().out
    assert run(["check", "r.md", "--json"]) == 0
    [edition] = json.loads(capsys.readouterr().out)["editions"]
    assert edition["attachments"] == [{"name": "fact.pdf", "type": "application/pdf", "size": 8}]


def test_files_that_grow_together_are_bounded(office: Path) -> None:
    for n in range(4):
        with (office / f"{n}.pdf").open("wb") as file:
            file.truncate(19_000_000)
    (office / "r.md").write_text(RELEASE.format(name="0.pdf, 1.pdf, 2.pdf, 3.pdf"))
    assert len(read(office / "r.md").errors) == 1


@pytest.mark.parametrize("path", ["/dev/zero", "pipe.pdf", "/dev/stdin", "var"])
@pytest.mark.parametrize("words", [["check"], ["preview"], ["subscribers", "import", "--list", "x"]])
def test_a_device_or_a_pipe_is_no_release_and_no_list(office: Path, capsys: pytest.CaptureFixture[str], path: str, words: list[str]) -> None:
    """Reading one would hang, or fill the memory."""
    assert run([*words, path]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("settings", ["/dev/zero", "pipe.pdf"])
def test_settings_and_segments_are_files(office: Path, capsys: pytest.CaptureFixture[str], settings: str) -> None:
    assert run(["config", "show", "--config", settings]) == 2
    assert "Traceback" not in capsys.readouterr().err
