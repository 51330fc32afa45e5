"""The command line as a press officer meets it: words, exit codes, one JSON document, no
traceback.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from distro.cli.main import run

RELEASE = "---\nheadline: Towns agree\nlanguage: en\nkind: statement\n---\nThey did, in Geneva.\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(list(words))
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_check_shows_what_was_understood(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "r.md").write_text(RELEASE)
    code, out, _ = call(capsys, "check", "r.md")
    assert code == 0
    assert "r.md: English statement, read from Markdown" in out
    assert "Next: distro preview r.md" in out


def test_a_home_that_cannot_be_read_holds_no_login(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under `sudo -u distro` with root's HOME; this name is one that no right can read."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/" + "x" * 300)
    code, out, err = call(capsys, "--version")
    assert (code, out[:7], err) == (0, "distro ", "")


def test_check_reports_every_problem_at_once(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "r.md").write_text("---\nkind: rumour\nembargo: soon\n---\nText [TBC].\n")
    code, out, _ = call(capsys, "check", "r.md", "missing.md", "--json")
    document = json.loads(out)
    assert code == 1
    assert {p["line"] for p in document["problems"] if p["level"] == "error"} == {0, 2, 3, 5}
    assert any("missing.md" in p["message"] for p in document["problems"])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\x01",
        b"x" * 300_001,
        "# Été\n\nÀ Genève.\n".encode("latin-1"),
        b"---\n[",
        b"---\nheadline: x",
    ],
)
def test_no_file_makes_a_traceback(
    here: Path, capsys: pytest.CaptureFixture[str], raw: bytes
) -> None:
    (here / "any.md").write_bytes(raw)
    code, out, _ = call(capsys, "check", "any.md", "--json")
    assert code in (0, 1)
    assert json.loads(out)["problems"]


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("submit",),
        ("plan", "r.md"),
        ("report", "--colour"),
        ("subscribers", "import", "x.csv"),
    ],
)
def test_wrong_words_exit_2_with_a_hint(
    here: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, out, err = call(capsys, *words)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert "--help" in err


@pytest.mark.parametrize(
    "words", [("submit", "--json"), ("report", "--json"), ("plan", "r.md", "--to", "x", "--json")]
)
def test_json_is_one_document_at_any_exit_status(
    here: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, out, _ = call(capsys, *words)
    assert code in (1, 2)
    assert json.loads(out)["error"]


def test_preview_needs_no_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "r.md").write_text(RELEASE.replace("statement", "press-release"))
    code, out, _ = call(capsys, "preview", "r.md", "--out", "letters", "--json")
    assert code == 0
    assert sorted(Path(f).suffix for f in json.loads(out)["files"]) == [".eml", ".html", ".txt"]
    assert "They did, in Geneva." in (here / "letters" / "towns-agree.en.html").read_text()


def test_settings_errors_name_every_key(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "distro.toml").write_text('colour = 1\n[site]\ntimezone = "Mars"\n')
    code, _, err = call(capsys, "report")
    assert code == 2
    assert "colour: there is no such setting" in err
    assert "site.timezone" in err


def test_help_is_quick_and_has_examples(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0.2 s on a quiet machine; the bound here only catches an import that should wait."""
    best = min(_timed() for _ in range(3))
    assert best < 0.8
    for command in ("check", "plan", "submit", "report", "explain"):
        code, out, _ = call(capsys, command, "--help")
        assert code == 0
        assert f"distro {command}" in out
        assert "Examples:" in out


def _timed() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "distro", "--help"], check=True, capture_output=True)
    return time.monotonic() - began


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; from distro.cli.main import run; run(['--help']); print([m for m in"
        " ('celery','redis','jinja2','uvloop','starlette','pydantic') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert out.strip().endswith("[]")


def test_preview_as_invented_extremes(tmp_path: Path) -> None:
    """Each is a whole letter that parses back to the reader that it was made for."""
    import email
    import email.policy

    from distro.mailing.preview import EXTREMES, reader_named, write_preview
    from distro.settings.load import Settings

    path = tmp_path / "r.md"
    path.write_text(
        "---\nheadline: A plan\nlanguage: en\ncontacts: [{name: D, email: d@p.example}]\n---\n\nIt"
        " is agreed.\n"
    )
    readers = [reader_named("Ana Ruiz <ana@daily.example>"), *EXTREMES]
    written = write_preview(Settings(), [path], readers, tmp_path / "out")
    for reader, one in zip(readers, written, strict=True):
        message = email.message_from_bytes(one.files[2].read_bytes(), policy=email.policy.default)
        to = message["To"].addresses[0]
        # CPython puts a second space where an encoded word begins with one; RFC 2047 §6.2 has none.
        assert (to.addr_spec, " ".join(to.display_name.split())) == (reader.address, reader.name)
        assert reader.address in one.files[0].read_text(encoding="utf-8")
        assert one.files[0].name in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
