"""Who is erased, who is in a spreadsheet, who has a spelling like another's."""

import csv
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distro.admin import backup as copies
from distro.audience import book, consent, importing
from distro.audience.exporting import csv_lines
from distro.errors import RefusedError
from distro.flow.resend import resend_to
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.installation.secrets import host_id, load_keys
from distro.ledger.journal import Attempt, Journal
from distro.lib import csv_safe
from distro.lib.csv_safe import safe, unquoted
from distro.mailing import test_send
from distro.model import DistributionId, Outcome, State, former_address_key
from distro.relay.message import Message
from distro.settings.load import Settings
from distro.store import Store, connect, keys
from distro.store.consents import refusals
from distro.store.embedded import Embedded, ensured
from distro.subscribers import housekeeping, opt_outs, people
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

ROSA = "rosa.demir.unique@wire.example"
NAMES = (b"rosa.demir", b"Rosa Demir", b"rosademir", b"+41 79 000 11 22", b"Demir Weekly")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Installation, Embedded]]:
    """An office whose embedded Redis is its own: its whole data folder is looked through."""
    settings = Settings(
        data=tmp_path / "var",
        subscribers=tmp_path / "subscribers",
        templates=tmp_path / "t",
        relay=[{"url": "smtp://127.0.0.1:1?tls=off"}],
    )
    with ensured(settings.data, supervised=False) as server:
        store = connect(server.url())
        yield (
            Installation(
                settings,
                store,
                server.url(),
                server.broker_url(),
                load_keys(settings, store),
                host_id(settings.data),
            ),
            server,
        )


def everything(folder: Path) -> list[str]:
    """The files that hold anything of her."""
    return [
        f"{path.name}: {name!r}"
        for path in folder.rglob("*")
        if path.is_file()
        for raw in [path.read_bytes().lower()]
        for name in NAMES
        if name.lower() in raw
    ]


def test_erased_means_erased_from_everything_that_we_hold(
    own: tuple[Installation, Embedded], tmp_path: Path
) -> None:
    """She stayed in the append-only file, in the copy that a backup left, in journals and in
    relays' words.
    """
    installation, _ = own
    path = tmp_path / "people.csv"
    path.write_text(
        f"email,name,phone,outlet,twitter,language\n{ROSA},Rosa Demir,+41 79 000 11 22,Demir"
        " Weekly,@rosademir,en\n"
    )
    importing.commit(
        installation.store, importing.stage(installation.store, path, "press", actor="m").number
    )
    add_readers(installation.store, 3, name="press", folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="press"))

    def refuse(message: Message) -> Outcome | None:
        return (
            Outcome(
                State.FAILED,
                550,
                f"5.1.1 <{message.recipient.upper()}>: user rosa.demir.unique unknown",
                relay="r:25",
            )
            if message.recipient == ROSA
            else None
        )

    story = Story(installation, refuse)
    story.run()
    resend_to(installation, DistributionId("1"), ROSA, actor="m")
    story.run()
    story.stop()
    # As an earlier version wrote it.
    journal = Journal(installation.journals, f"{installation.host}.1.old")
    journal.ended(
        Attempt("1", 0, "00000000", 1), Outcome(State.FAILED, 550, f"5.1.1 <{ROSA}> unknown")
    )
    copies.backup(installation, tmp_path / "copy.age", copies.BackupKey("a long enough phrase"))
    installation.store.command("BGREWRITEAOF")
    assert everything(installation.settings.data)

    people.erase(installation, ROSA, source="m")
    housekeeping.once(installation)
    end = time.monotonic() + 20
    while everything(installation.settings.data) and time.monotonic() < end:
        housekeeping.once(installation)
        time.sleep(0.05)
    assert everything(installation.settings.data) == []
    journal.close()
    assert installation.store.text("rewrite:wanted") == ""
    # Everybody else is as before.
    assert installation.store.command("BITCOUNT", keys.index("lists", "press")) == 3
    assert installation.segments().store.members(keys.values("language")) == ["en"]
    assert book.by_address(installation.store, "reader0@a.example")


def test_a_backup_leaves_nothing_in_clear(
    own: tuple[Installation, Embedded], tmp_path: Path
) -> None:
    installation, _ = own
    add_readers(installation.store, 3, folder=tmp_path)
    copies.backup(installation, tmp_path / "copy.age", copies.BackupKey("a long enough phrase"))
    assert not [
        p
        for p in installation.settings.data.rglob("*")
        if p.suffix == ".rdb" and "appendonly" not in str(p)
    ]
    assert not list(installation.settings.data.glob("backup-*"))
    assert (tmp_path / "copy.age").stat().st_mode & 0o077 == 0


def test_a_restore_unpacks_into_data_and_clears_what_a_dead_one_left(
    own: tuple[Installation, Embedded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, _ = own
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    left = installation.settings.data / "backup-dead"
    left.mkdir()
    (left / "redis.rdb").write_text("rosa")
    with copies.workplace(installation.settings.data) as folder:
        assert folder.parent == installation.settings.data
        assert not left.exists()
        assert os.listdir(shared) == []
    assert not folder.exists()


# -- spreadsheets


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        "\t=1",
        " =1",
        '"=1',
        "a;=1",
        "a,=1",
        "a\t=1",
        "a|=1",
        "a;\uff1d1",
        "a; =1",
        'a;"=1',
        "a\n=1",
        "a\r=1",
    ],
)
def test_no_cell_runs_whatever_its_spreadsheet_takes_for_a_separator(
    tmp_path: Path, cell: str
) -> None:
    csv_safe.write_csv(
        tmp_path / "x.csv",
        csv_safe.csv_lines([("address", "reply"), ("ana@daily.example", cell)]),
    )
    raw = (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    for separator in ",;\t|":
        for row in csv.reader(raw.splitlines(), delimiter=separator):
            for found in row:
                assert found.lstrip(' \t"')[:1] not in tuple("=+-@\uff1d\uff0b\uff0d\uff20"), (
                    separator,
                    row,
                )
    assert raw.splitlines()[0] == '"address","reply"'


def test_what_is_guarded_comes_back_as_it_was() -> None:
    dice = random.Random(11)
    for _ in range(20_000):
        cell = "".join(dice.choice("=+-@\t ;,|'\"ab\uff1d") for _ in range(dice.randrange(9)))
        assert unquoted(safe(cell)) == cell


def test_an_export_is_guarded_and_comes_back(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    installation = make_installation(tmp_path, server, store)
    people.add(
        installation,
        "a@b.example",
        ["press"],
        {"outlet": "a;=cmd|' /C calc'!A0", "tags": "=x;-y"},
        source="m",
    )
    csv_safe.write_csv(tmp_path / "out.csv", csv_lines(store))
    assert "a;'=cmd" in (tmp_path / "out.csv").read_text()
    importing.commit(store, importing.stage(store, tmp_path / "out.csv", "press", actor="m").number)
    who = book.by_id(store, 1)
    assert who
    assert (who.columns["outlet"], who.columns["tags"]) == (("a;=cmd|' /C calc'!A0",), ("=x", "-y"))


def test_a_cell_of_another_system_puts_nobody_on_our_lists(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    installation = make_installation(tmp_path, server, store)
    path = tmp_path / "subscribers.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["uuid", "email", "name", "attributes", "status", "lists"])
        writer.writerow(
            [
                "u",
                "eve@evil.example",
                "Eve",
                json.dumps(
                    {
                        "lists": ["embargo-desk"],
                        "_left": ["x"],
                        "email": "z@z.example",
                        "kind": "journalist",
                        "domain": "x",
                        "city": "Bern",
                    }
                ),
                "enabled",
                "embargo-desk",
            ]
        )
    importing.commit(
        installation.store, importing.stage(installation.store, path, "public", actor="m").number
    )
    who = book.by_address(store, "eve@evil.example")
    assert who
    assert who.columns["lists"] == ("public",)
    assert (who.columns["city"], who.kind, "_left" in who.columns, who.columns["domain"]) == (
        ("Bern",),
        "",
        False,
        ("evil.example",),
    )


# -- addresses that look alike


def test_two_people_whose_addresses_fold_alike_are_two(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    """`casefold` made straße@ and strasse@ one: each other's letters, each other's unsubscribe."""
    installation = make_installation(tmp_path, server, store)
    one = people.add(installation, "straße@a.example", [], {"name": "One"}, source="m")
    two = people.add(installation, "strasse@a.example", [], {"name": "Two"}, source="m")
    assert one.id != two.id
    opt_outs.suppress(installation, "strasse@a.example", "x", source="m")
    assert refusals(store, one.id) == []
    assert book.person(installation.store, "STRASSE@a.example").id == two.id
    assert book.person(installation.store, "Straße@A.example").id == one.id


def old_book(installation: Installation, address: str, name: str) -> int:
    """Somebody as an earlier version wrote them down: the address folded, the hash of what that
    made.
    """
    who = people.add(installation, address, ["press"], {"name": name}, source="m")
    installation.store.command("HDEL", keys.ADDRESSES, address)
    installation.store.command("HSET", keys.ADDRESSES, former_address_key(address), who.id)
    return who.id


def test_a_book_of_an_earlier_version_still_knows_its_people(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    installation = make_installation(tmp_path, server, store)
    number = old_book(installation, "straße@a.example", "One")
    assert book.person(installation.store, "straße@a.example").id == number
    path = tmp_path / "again.csv"
    path.write_text(
        "email,outlet\nstraße@a.example,Daily\nstrasse@a.example,Weekly\n", encoding="utf-8"
    )
    importing.commit(
        store,
        importing.stage(store, path, "press", actor="m", hashes_of=installation.hashes_of).number,
        installation.consent,
    )
    one, two = (
        book.person(installation.store, "straße@a.example"),
        book.person(installation.store, "strasse@a.example"),
    )
    assert (one.id, one.outlet, two.outlet) == (number, "Daily", "Weekly")
    assert two.id != number
    people.edit(installation, "straße@a.example", {"outlet": "Monthly"}, source="m")
    assert book.person(installation.store, "straße@a.example").outlet == "Monthly"


@pytest.mark.parametrize("said", ["unsubscribed", "suppressed", "erased"])
def test_a_no_that_was_kept_under_the_former_hash_holds_for_ever(
    tmp_path: Path, server: Embedded, store: Store, said: str
) -> None:
    installation = make_installation(tmp_path, server, store)
    former = installation.hashes_of("straße@a.example")[1]
    store.command("HSET", keys.NOES, former, said)
    path = tmp_path / "again.csv"
    path.write_text("email\nstraße@a.example\n", encoding="utf-8")
    importing.commit(
        store,
        importing.stage(store, path, "press", actor="m", hashes_of=installation.hashes_of).number,
        installation.consent,
    )
    who = book.by_address(store, "straße@a.example")
    assert (
        (who is None)
        if said == "erased"
        else (who is not None and refusals(store, who.id) == [said])
    )
    with pytest.raises(RefusedError):
        test_send.send_test(installation, [write_release(tmp_path)], "straße@a.example")


def test_a_link_of_an_old_letter_works_for_ever(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    from distro import tokens
    from distro.subscribers import links

    installation = make_installation(tmp_path, server, store)
    number = old_book(installation, "straße@a.example", "One")
    token = tokens.sign(
        installation.keys.signing[0],
        tokens.UNSUBSCRIBE,
        0,
        0,
        number,
        bytes.fromhex(installation.hashes_of("straße@a.example")[1]),
    ).decode()
    reader = links.reader_of(installation, token, tokens.UNSUBSCRIBE)
    assert reader
    assert links.unsubscribe(installation, reader, "old letter")
    assert refusals(store, number) == ["unsubscribed"]


@pytest.mark.parametrize("act", [consent.UNSUBSCRIBED, consent.SUPPRESSED])
def test_a_test_letter_goes_to_nobody_who_said_no(
    tmp_path: Path, server: Embedded, store: Store, act: str
) -> None:
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 1, folder=tmp_path)
    installation.consent.record(
        store, subscriber=1, address="reader0@a.example", act=act, source="x"
    )
    with pytest.raises(RefusedError, match="may not be written to"):
        test_send.send_test(installation, [write_release(tmp_path)], "Reader0@a.example")
