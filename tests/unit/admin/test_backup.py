"""A copy of one instant, and an installation from it: nobody is written to who said no, nothing
goes out by itself.
"""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from distro.admin import backup as copies
from distro.admin.backup import BackupKey
from distro.audience import book
from distro.audience.consent import UNSUBSCRIBED
from distro.errors import InputFileError, RefusedError, UsageError
from distro.flow.submission import Order, submit
from distro.installation.context import Installation, open_installation
from distro.ledger.audit import audit
from distro.relay.message import Message
from distro.settings.load import Settings
from distro.store import Store, keys
from distro.store.consents import refusals
from distro.store.embedded import Embedded
from distro.subscribers import links, people
from distro.tokens import UNSUBSCRIBE, sign
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

LOCK = BackupKey("correct horse battery")


def key(folder: Path) -> BackupKey:
    """A key file: a passphrase costs its second on purpose."""
    return BackupKey(key_file=folder / "backup.key")


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Twenty readers, one letter to all of them, one more that waits for its time."""
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 20, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    story = Story(installation)
    story.run()
    story.stop()
    submit(
        installation,
        Order(
            files=[write_release(tmp_path, headline="Later", body="Tomorrow.")],
            to="journalists",
            at="2030-01-01T10:00Z",
        ),
    )
    return installation


@pytest.fixture
def fresh(tmp_path: Path) -> Settings:
    """The settings of an empty folder."""
    folder = tmp_path / "new"
    folder.mkdir()
    return Settings(
        data=folder / "var",
        subscribers=folder / "subscribers",
        relay=[{"url": "smtp://127.0.0.1:1?tls=off", "connections": 4}],
    )


def restored(
    settings: Settings, path: Path, folder: Path, lock: BackupKey = LOCK
) -> Iterator[tuple[Installation, copies.BackupInfo]]:
    unpacked = copies.unpack(path, lock, folder)
    copies.keep_secrets(settings, folder)
    with open_installation(settings) as installation:
        yield installation, copies.restore(installation, unpacked, folder, actor="t")


def test_an_empty_folder_becomes_the_installation_and_sends_the_next_release(
    installation: Installation, fresh: Settings, tmp_path: Path
) -> None:
    made = copies.backup(installation, tmp_path / "copy.age", LOCK)
    assert (made.people, made.distributions) == (20, 2)
    assert b"reader1@" not in (tmp_path / "copy.age").read_bytes()

    (tmp_path / "open").mkdir()
    for other, done in restored(fresh, tmp_path / "copy.age", tmp_path / "open"):
        assert done.halted == ("D2",)
        assert audit(other.store, "1").balanced
        assert other.store.hash(keys.distribution("2"))["state"] == "halted"
        add_readers(other.store, 1, folder=tmp_path, first=90)
        assert book.by_address(other.store, "reader90@c.example").id > 20  # type: ignore[union-attr]
        again = submit(
            other,
            Order(
                files=[write_release(tmp_path, headline="The next", body="News.")], to="journalists"
            ),
        )
        assert int(again.distribution[1:]) > 1000
        story = Story(other)
        story.run()
        story.stop()
        assert len(story.letters) == 21
        # Whoever has the first release does not get it again.
        with pytest.raises(RefusedError):
            submit(
                other,
                Order(
                    files=[write_release(tmp_path)],
                    to="journalists and not email:reader90@c.example",
                ),
            )


def test_links_of_old_letters_work_and_newer_wishes_hold(
    installation: Installation, fresh: Settings, tmp_path: Path
) -> None:
    """One left after the copy was made, one came and left, one was erased: their host's file
    knows.
    """
    copies.backup(installation, tmp_path / "copy.age", key(tmp_path))
    add_readers(installation.store, 1, folder=tmp_path, first=50)
    for number in (3, 21):
        who = book.by_id(installation.store, number)
        assert who is not None
        installation.consent.record(
            installation.store,
            subscriber=number,
            address=who.email,
            act=UNSUBSCRIBED,
            source="link",
        )
    people.erase(installation, "reader4@a.example", source="m")
    fresh.data.mkdir(parents=True)
    (fresh.data / "consent.jsonl").write_bytes(installation.consent.path.read_bytes())

    (tmp_path / "open").mkdir()
    for other, done in restored(fresh, tmp_path / "copy.age", tmp_path / "open", key(tmp_path)):
        assert done.newer >= 2
        assert refusals(other.store, 3) == ["unsubscribed"]
        assert refusals(other.store, 5) == ["erased"]
        # The first new one: not the one who left.
        add_readers(other.store, 1, folder=tmp_path, first=49)
        stranger = book.by_address(other.store, "reader49@b.example")
        assert stranger is not None
        assert refusals(other.store, stranger.id) == []
        path = tmp_path / "again.csv"
        path.write_text("email\nreader50@c.example\n")
        from distro.audience import importing

        importing.commit(
            other.store,
            importing.stage(
                other.store, path, "press", actor="t", hashes_of=other.hashes_of
            ).number,
        )
        back = book.by_address(other.store, "reader50@c.example")
        assert back is not None
        assert refusals(other.store, back.id) == ["unsubscribed"]

        who = book.by_id(other.store, 1)
        assert who is not None
        token = sign(
            installation.keys.signing[0],
            UNSUBSCRIBE,
            1,
            0,
            1,
            installation.keys.address_hash(who.email),
        ).decode()
        assert links.reader_of(other, token, UNSUBSCRIBE) is not None


def test_a_wrong_key_a_cut_file_and_a_used_folder_are_refused(
    installation: Installation, tmp_path: Path
) -> None:
    path, folder = tmp_path / "copy.age", tmp_path / "open"
    folder.mkdir()
    mine = key(tmp_path)
    copies.backup(installation, path, mine)
    assert (tmp_path / "backup.key").stat().st_mode & 0o077 == 0
    unpacked = copies.unpack(path, mine, folder)
    with pytest.raises(RefusedError, match="has a book already"):
        copies.restore(installation, unpacked, folder, actor="t")
    for lock, words in (
        (LOCK, "passphrase"),
        (BackupKey(key_file=tmp_path / "none.key"), "no such key file"),
    ):
        with pytest.raises(InputFileError, match=words):
            copies.unpack(path, lock, folder)
    (tmp_path / "bad.key").write_text("hello\n")
    with pytest.raises(UsageError, match="is no key file"):
        copies.unpack(path, BackupKey(key_file=tmp_path / "bad.key"), folder)
    cut = tmp_path / "cut.age"
    cut.write_bytes(path.read_bytes()[:-400])
    (tmp_path / "none.age").write_bytes(b"hello")
    for bad in (cut, tmp_path / "none.age", tmp_path / "nowhere.age"):
        with pytest.raises(InputFileError):
            copies.unpack(bad, mine, folder)


def test_a_folder_of_another_installation_keeps_its_secrets(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    copies.backup(installation, tmp_path / "copy.age", key(tmp_path))
    copies.unpack(tmp_path / "copy.age", key(tmp_path), folder)
    (folder / "secrets.json").write_text("{}")
    with pytest.raises(RefusedError, match="another installation"):
        copies.keep_secrets(installation.settings, folder)


def test_every_newer_wish_outlives_a_restore(
    installation: Installation, fresh: Settings, tmp_path: Path
) -> None:
    """Moved and left afterwards, left one list, came and was erased: all after the copy was
    made.
    """
    copies.backup(installation, tmp_path / "copy.age", key(tmp_path))
    people.move(installation, "reader1@b.example", "weekly@w.example", source="m")
    moved = book.by_address(installation.store, "weekly@w.example")
    assert moved is not None
    installation.consent.record(
        installation.store,
        subscriber=moved.id,
        address=moved.email,
        act=UNSUBSCRIBED,
        source="link",
    )
    stays = book.by_id(installation.store, 4)
    assert stays is not None
    people.leave_list(installation, stays, "journalists", source="page")
    people.add(installation, "late@d.example", ["journalists"], {}, source="m")
    people.erase(installation, "late@d.example", source="m")
    fresh.data.mkdir(parents=True)
    (fresh.data / "consent.jsonl").write_bytes(installation.consent.path.read_bytes())
    (tmp_path / "open").mkdir()
    for other, _ in restored(fresh, tmp_path / "copy.age", tmp_path / "open", key(tmp_path)):
        assert refusals(other.store, moved.id) == ["unsubscribed"]
        assert "lists" not in book.by_id(other.store, 4).columns  # type: ignore[union-attr]
        for address, words in (
            ("late@d.example", "may not be taken back"),
            ("weekly@w.example", ""),
        ):
            if words:
                with pytest.raises(RefusedError, match=words):
                    people.add(other, address, ["journalists"], {}, source="m")
            else:
                assert refusals(
                    other.store, people.add(other, address, ["journalists"], {}, source="m").id
                ) == ["unsubscribed"]


def test_a_copy_taken_while_letters_leave_is_of_one_instant(
    tmp_path: Path, server: Embedded, store: Store, fresh: Settings
) -> None:
    """Whenever it was taken: the states in it sum to the audience, and the bytes say what the
    counters say.
    """
    installation = make_installation(tmp_path, server, store, worker={"batch": 50})
    add_readers(store, 600, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    made: list[copies.BackupInfo] = []
    thread = threading.Thread(
        target=lambda: made.append(
            copies.backup(installation, tmp_path / "copy.age", key(tmp_path))
        )
    )
    letters = itertools.count(1)

    def answer(message: Message) -> None:
        del message
        if next(letters) == 50:
            thread.start()

    story = Story(installation, answer)
    story.run()
    thread.join(30)
    story.stop()
    assert made[0].people == 600
    assert audit(store, "1").balanced
    (tmp_path / "open").mkdir()
    for other, _ in restored(fresh, tmp_path / "copy.age", tmp_path / "open", key(tmp_path)):
        assert audit(other.store, "1").balanced
        assert other.store.hash(keys.distribution("1"))["state"] in ("halted", "sent")
