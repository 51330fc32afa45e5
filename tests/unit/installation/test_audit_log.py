"""The audit log: who asked for what, written before it is done, and any change of it found."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from distro.actors import Actor
from distro.cli.main import run
from distro.errors import RefusedError, UsageError
from distro.flow import notices, orders
from distro.flow.domain_halts import halt_domain
from distro.flow.notices import Notice
from distro.flow.submission import Order, submit
from distro.incoming import address_book
from distro.installation import audit_log, people
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.store import Store, distributions, keys
from distro.store import audit_log as log
from distro.store.embedded import Embedded
from distro.subscribers import opt_outs
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
    told = [(e.who, e.act, e.about, e.wanted or e.was, e.why, e.refused) for e in entries]
    slug = distributions.read(installation.store, number).release
    assert told == [
        ("machine:ana", "users", "ben", "add as editor", "", ""),
        ("ben", "submit", slug, "to journalists", "", ""),
        ("ben", "halt", number.label, "scheduled", "wrong photo", ""),
        ("ben", "kill", "D1", "halted", "libel", "role_too_low"),
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


def test_what_is_refused_is_written_down_by_whatever_way(
    installation: Installation, tmp_path: Path
) -> None:
    token = people.add(installation, "vera", "viewer", "", actor="test")
    vera = Actor.of("root", token, "laptop")
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    number = distributions.newest(installation.store)[0]
    first = "reader1@b.example"
    tries: list[Callable[[], object]] = [
        lambda: readers.erase(installation, first, source=vera),
        lambda: readers.move(installation, first, "new@b.example", source=vera),
        lambda: opt_outs.suppress(installation, first, "a lawyer wrote", source=vera),
        lambda: opt_outs.lift(installation, first, "works again", source=vera),
        lambda: notices.plan(installation, number, Notice(verb="kill", note="libel", actor=vera)),
        lambda: halt_domain(installation, "b.example", 60, actor=vera, reason="slow"),
        lambda: address_book.undo(installation, first, why="she rang", actor=vera),
    ]
    for n, act in enumerate(tries, start=1):
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.code == "role_too_low"
        entries = audit_log.newest(installation.store, 100)
        assert [(e.who, e.refused) for e in entries] == [("vera", "role_too_low")] * n


def test_no_reader_stays_in_it(installation: Installation) -> None:
    with pytest.raises(UsageError):
        people.add(installation, "ana@daily.example", "editor", "", actor=Actor.of("ana"))
    admit(installation, Actor.of("ana"), "feedback", why="ana.z@daily.example rang: <b@c.example>")
    (entry,) = audit_log.newest(installation.store, 10)
    assert entry.why == "(address) rang: <(address)>"


def test_any_reason_can_be_written_down(installation: Installation) -> None:
    admit(installation, Actor.of("ana"), "halt", about="D1", why="caf\udce9 " + "x" * 9000)
    (entry,) = audit_log.newest(installation.store, 10)
    assert entry.why.startswith("caf? x")
    assert len(entry.why) == 500
    assert audit_log.verify(installation.store).findings == ()


def test_an_append_meanwhile_is_no_change(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(installation, 3)
    found = log.head(installation.store)
    asked(installation, 1)
    with monkeypatch.context() as patched:
        heads = [found]
        real = log.head
        patched.setattr(log, "head", lambda store: heads.pop() if heads else real(store))
        assert audit_log.verify(installation.store).findings == ()
    installation.store.command("RPUSH", keys.AUDIT_LOG, "{}")
    assert audit_log.verify(installation.store).findings


@pytest.mark.parametrize("line", [b"\xff", b"[" * 100_000, b"[]", b"7"])
def test_a_spoiled_line_is_found_and_ends_nothing(installation: Installation, line: bytes) -> None:
    asked(installation, 3)
    installation.store.command("LSET", keys.AUDIT_LOG, 1, line)
    assert audit_log.verify(installation.store).findings
    assert len(audit_log.newest(installation.store, 10)) == 2
    installation.store.command("HSET", keys.AUDIT_HEAD, "lines", "many")
    assert audit_log.verify(installation.store).findings


@pytest.mark.parametrize("known", ["0:" + "0" * 64, "²:" + "0" * 64, "0:", "12", "3:xyz"])
def test_only_an_end_of_the_log_is_compared(installation: Installation, known: str) -> None:
    with pytest.raises(UsageError):
        audit_log.verify(installation.store, known)


@pytest.mark.parametrize("words", [["log", "verfiy"], ["D1", "verify"], ["D1", "--head", "1:2"]])
def test_a_slip_of_the_pen_is_no_good_verdict(words: list[str]) -> None:
    assert run(["audit", *words]) == 2


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
