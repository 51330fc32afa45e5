"""Commands typed on another machine, as a hostile client would ask for them: each was an attack."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distro.store import Store, distributions
from distro.store.embedded import Embedded
from tests.support.office import GENEVA, THEIRS, Office, make_office, release_file

pytestmark = pytest.mark.faults  # each starts a child process

NONE = [("enclosures", ("unused", io.BytesIO(b""), "text/plain"))]


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Office]:
    """Two desks, two lists, a distribution of each desk."""
    made = make_office(tmp_path, server, store)
    with made.client:
        yield made


@pytest.fixture(autouse=True)
def as_the_child_sees_it(server: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say in variables what the test's office has in memory."""
    monkeypatch.setenv("DISTRO_REDIS", server.url())
    desks = {"geneva": {"address": "geneva@press.example"}}
    monkeypatch.setenv("DISTRO_SENDERS", json.dumps(desks))


def command(office: Office, command: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Run a command from afar, as a hostile client would ask for it; gives the lines."""
    files = more.pop("files", [])
    answer = office.ask(
        "POST", "/commands", data={"command": json.dumps(command)}, files=files or NONE, **more
    )
    if answer.status_code != 200:
        return [{"status": answer.status_code}]
    return [json.loads(line) for line in answer.text.splitlines()]


def sent(name: str, raw: bytes) -> list[tuple[str, tuple[str, io.BytesIO, str]]]:
    return [("enclosures", (name, io.BytesIO(raw), "text/plain"))]


def test_a_command_from_afar_works_here_at_all(office: Office) -> None:
    lines = command(office, {"args": ["segments", "list"]}, role="viewer", scope=GENEVA)
    assert lines[-1] == {"exit": 0}, lines
    said = "".join(line.get("out", "") for line in lines)
    assert "journalists" in said
    assert "partners" not in said


@pytest.mark.parametrize(
    "place",
    [
        *("base64.py", "distro.toml", "sitecustomize.py", "distro/__init__.py"),
        *("subscribers/segments.toml", "in0/../base64.py", "/tmp/x.py", "in0/", "../x"),
    ],
)
def test_nothing_that_is_sent_is_taken_for_our_own(office: Office, place: str) -> None:
    evil = b"import sys; print('EVIL', file=sys.__stdout__)\n"
    asked = {"args": ["segments", "list"], "places": [place]}
    lines = command(office, asked, role="viewer", files=sent("0", evil))
    assert "EVIL" not in json.dumps(lines)
    assert lines == [{"status": 422}]


def test_a_module_beside_the_files_is_not_imported(office: Office) -> None:
    evil = b"raise SystemExit('EVIL')\n"
    asked = {"args": ["check", "in0/json.py"], "places": ["in0/json.py"]}
    lines = command(office, asked, role="viewer", files=sent("0", evil))
    assert lines[-1]["exit"] == 1  # a release that is none


@pytest.mark.parametrize(
    "args",
    [
        ["subscribers", "export", "/tmp/evil.csv", "--to", "-h", "--to", ""],
        ["audit", "--head", "-h", "--head", "", "log"],
        ["audit", "--head", "--help", "--head", "", "log"],
        ["feedback", "storms", "--accept", "-h", "--accept", ""],
        ["preview", "/etc/passwd", "--as", "-h", "--as", "a@b.example", "--out", "/tmp/evil"],
        ["users", "list"],
        ["--version", "backup", "x"],
    ],
)
def test_a_word_for_help_switches_no_check_off(office: Office, args: list[str]) -> None:
    lines = command(office, {"args": args}, role="viewer", scope=GENEVA)
    assert lines[-1]["exit"] != 0, lines
    assert THEIRS not in json.dumps(lines)


def test_help_is_help(office: Office) -> None:
    lines = command(office, {"args": ["report", "--help"]}, role="viewer")
    assert lines[-1] == {"exit": 0}
    assert "distro report" in "".join(line.get("out", "") for line in lines)


def test_an_answer_is_to_what_was_asked_and_to_nothing_else(office: Office) -> None:
    asked: dict[str, Any] = {"args": ["cancel", "D1"], "terminal": True}
    question = command(office, asked, role="editor")[-1]
    assert "Cancel D1" in question["ask"]
    other = {**asked, "answers": ["y:" + "0" * 64]}
    assert command(office, other, role="editor")[-1] == {"changed": True}
    assert distributions.read(office.installation.store, "1").state == "scheduled"
    good = {**asked, "answers": [f"y:{question['about']}"]}
    assert command(office, good, role="editor")[-1] == {"exit": 0}
    assert distributions.read(office.installation.store, "1").state == "cancelled"


def test_nobody_can_make_anothers_key_stand_for_something_else(office: Office) -> None:
    word = hashlib.sha256(b"approver\nkill-D2").hexdigest()
    for key in (word, f"api:{word}"):
        args = ["submit", "in0/r.md", "--to", "journalists", "--at", "2099-01-01 10:00 UTC"]
        part = release_file(headline=f"A lure {key[:5]}")[1][1].getvalue()
        asked = {"args": [*args, "--idempotency-key", key], "places": ["in0/r.md"]}
        lines = command(office, asked, role="editor", files=sent("0", part))
        assert lines[-1] == {"exit": 0}, lines
    killed = office.ask(
        "POST", "/distributions/D2/kill", role="approver", key="kill-D2", json={"note": "Stop."}
    )
    assert killed.json()["release"] == "the-theirs"
    assert distributions.read(office.installation.store, "2").state == "cancelled"


def test_names_of_files_cannot_multiply(office: Office) -> None:
    bomb = {chr(97 + n): chr(98 + n) * 300 for n in range(10)}
    lines = command(office, {"args": ["segments", "list"], "typed": bomb}, role="viewer")
    assert lines == [{"status": 422}]
    long = {f"in{n}/a": f"in{n + 1}/a" * 400 for n in range(10)}
    lines = command(office, {"args": ["segments", "list"], "typed": long}, role="viewer")
    assert lines[-1] == {"exit": 0}
