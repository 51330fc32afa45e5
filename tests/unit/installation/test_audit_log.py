"""The audit log: who asked for what, written before it is done, and any change of it found."""

import json
import threading
from pathlib import Path

import pytest

from distro.actors import Actor
from distro.cli.main import run
from distro.errors import RefusedError, UsageError
from distro.flow import orders
from distro.flow.submission import Order, submit
from distro.installation import audit_log, people
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.store import Store, distributions, keys
from distro.store import audit_log as log
from distro.store.embedded import Embedded
from distro.subscribers import people as readers
from tests.support.installation import add_readers, make_installation, write_release


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    made = make_installation(tmp_path, server, store)
    add_readers(store, 3, folder=tmp_path)
    return made


def asked(installation: Installation, count: int) -> None:
    for n in range(count):
        admit(installation, Actor.of("ana", host="desk"), "halt", about=f"D{n}", why="wrong photo")


def test_who_asked_for_what_of_what_and_why(installation: Installation, tmp_path: Path) -> None:
    token = people.add(installation, "ben", "editor", "", actor=Actor.of("ana", host="desk"))
    ben = Actor.of("root", token, "laptop")
    order = Order(files=[write_release(tmp_path)], to="journalists", actor=ben)
    submit(installation, order)
    number = distributions.newest(installation.store)[0]
    orders.halt(installation, number, actor=ben, reason="wrong photo")
    with pytest.raises(RefusedError):
        admit(installation, ben, "kill", about="D1", why="libel")
    readers.erase(installation, "reader1@b.example", source=ben)
    entries = audit_log.newest(installation.store, 10)
    told = [(e.who, e.act, e.about, e.wanted, e.why, e.refused) for e in entries]
    slug = distributions.read(installation.store, number).release
    assert told == [
        ("machine:ana", "users", "ben", "add as editor", "", ""),
        ("ben", "submit", slug, "to journalists", "", ""),
        ("ben", "halt", number.label, "", "wrong photo", ""),
        ("ben", "kill", "D1", "", "libel", "role_too_low"),
        ("ben", "erase", "#2", "", "", ""),
    ]
    assert {e.host for e in entries} == {"desk", "laptop"}
    assert entries[0].credential == "account"
    assert entries[1].credential.startswith("token ")
    assert token not in json.dumps([str(e) for e in entries])
    assert audit_log.verify(installation.store).findings == ()


def test_a_look_is_no_act(installation: Installation) -> None:
    people.add(installation, "cleo", "approver", "", actor="test")
    assert log.head(installation.store) == log.Head(0, "")


def edited(lines: list[bytes]) -> list[bytes]:
    return [
        line.replace(b"wrong photo", b"right photo") if n == 3 else line
        for n, line in enumerate(lines)
    ]


def without_tail(lines: list[bytes]) -> list[bytes]:
    return lines[:-2]


def without_first(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def without_one(lines: list[bytes]) -> list[bytes]:
    return lines[:4] + lines[5:]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def doubled(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[2], *lines[3:]]


def spoiled(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], b"\x7b", *lines[4:]]


def last_edited(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1].replace(b"ana", b"eve")]


@pytest.mark.parametrize(
    "change",
    [edited, without_tail, without_first, without_one, swapped, doubled, spoiled, last_edited],
)
def test_any_change_is_found(installation: Installation, change: object) -> None:
    store = installation.store
    asked(installation, 8)
    assert audit_log.verify(store).findings == ()
    lines = store.command("LRANGE", keys.AUDIT_LOG, 0, -1)
    store.command("DEL", keys.AUDIT_LOG)
    assert callable(change)
    store.command("RPUSH", keys.AUDIT_LOG, *change(lines))
    assert audit_log.verify(store).findings
    audit_log.newest(store, 100)  # and it can be looked at


def test_a_log_that_was_written_anew_does_not_hold_what_a_backup_knew(
    installation: Installation,
) -> None:
    store = installation.store
    asked(installation, 5)
    known = str(log.head(store))
    asked(installation, 2)
    assert audit_log.verify(store, known).findings == ()
    store.command("DEL", keys.AUDIT_LOG, keys.AUDIT_HEAD)
    asked(installation, 9)
    assert audit_log.verify(store).findings == ()
    assert audit_log.verify(store, known).findings
    with pytest.raises(UsageError):
        audit_log.verify(store, "12")


def test_many_at_once_make_one_chain(installation: Installation) -> None:
    threads = [threading.Thread(target=asked, args=(installation, 20)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = audit_log.verify(installation.store)
    assert (verdict.findings, verdict.head.lines) == ((), 120)


def test_the_command_shows_and_verifies(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "distro.toml"
    data = installation.settings.data
    file.write_text(f'redis = "{installation.url}"\ndata = "{data}"\n', encoding="utf-8")
    config = ["--config", str(file)]
    asked(installation, 3)
    assert run(["audit", "log", *config]) == 0
    out = capsys.readouterr().out
    assert 'machine:ana (account, desk)   halt D2; "wrong photo"' in out
    assert run(["audit", "log", "verify", *config]) == 0
    assert "✓ 3 lines, none edited, dropped or moved" in capsys.readouterr().out
    installation.store.command("LPOP", keys.AUDIT_LOG)
    assert run(["audit", "log", "verify", "--json", *config]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["unchanged"], document["lines"]) == (False, 3)
