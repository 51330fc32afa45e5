"""Links that people share, forward, or find in an old letter."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro import tokens
from distro.audience import book, consent
from distro.demo.mailbox import Mailbox
from distro.errors import DistroError
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.store import Store, keys
from distro.store.consents import refusals
from distro.store.embedded import Embedded
from distro.subscribers import opt_outs, people, rate_limits, signup, transactional
from tests.support import clock
from tests.support.installation import (
    add_readers,
    make_installation,
    make_readers_installation,
    write_release,
)
from tests.support.story import Story

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store, mailbox: Mailbox) -> Installation:
    return make_readers_installation(
        tmp_path,
        server,
        store,
        mailbox,
        "[lists.journalists]\npublic = true\n[lists.weekly]\npublic = true\n",
    )


def token(installation: Installation, number: int = 1) -> str:
    who = book.by_id(installation.store, number)
    assert who is not None
    return tokens.sign(
        installation.keys.signing[0],
        tokens.UNSUBSCRIBE,
        0,
        0,
        number,
        installation.keys.address_hash(who.email),
    ).decode()


def once_in(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    return found[1] if found else ""


def newest(installation: Installation, mailbox: Mailbox, path: str) -> str:
    """The link of the newest letter to a single reader."""
    signup.answer(installation)
    assert transactional.send_waiting(installation) >= 1
    text = (
        mailbox.accepted[-1][1].read_text(encoding="utf-8").replace("=\n", "").replace("=3D", "=")
    )
    return str(re.findall(rf"/{path}/[\w.=-]+", text)[0])


def test_the_page_that_people_share_holds_nothing_of_a_person(
    installation: Installation, client: TestClient, tmp_path: Path
) -> None:
    """A stranger with it unsubscribed her."""
    submit(installation, Order(files=[write_release(tmp_path)], to="language:en"))
    story = Story(installation)
    story.run()
    [(_, raw)] = story.letters
    story.stop()
    text = raw.decode().replace("=\r\n", "")
    [view] = set(re.findall(r"/v/[\w.-]+", text))
    [leave] = set(re.findall(r"/u/[\w.-]+", text))
    page = client.get(view).text
    assert "The towns agreed today." in page
    for secret in (leave, leave.replace("/u/", ""), "reader0", "Reader 0", "a.example", "/p/"):
        assert secret not in page
    assert "/leave" in page
    assert view.count(".") == 2  # of the letter, and of nobody
    for path in ("/u/", "/p/", "/me/", "/c/", "/b/", "/n/"):
        assert client.post(view.replace("/v/", path), data=ONE_CLICK).status_code == 404
    assert refusals(installation.store, 1) == []

    former = tokens.sign(
        installation.keys.signing[0],
        tokens.VIEW,
        1,
        0,
        1,
        installation.keys.address_hash("reader0@a.example"),
    ).decode()
    old = client.get(f"/v/{former}").text  # a link of a letter that was sent before
    assert "The towns agreed today." in old
    assert "reader0" not in old
    assert former not in old


def test_who_has_only_the_shared_page_leaves_by_a_letter_to_the_address(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    answers = {
        client.post("/leave", data={"email": address}).text.replace(address, "")
        for address in ("reader0@a.example", "nobody@a.example")
    }
    assert len(answers) == 1  # whether somebody is in the book is not told
    assert refusals(installation.store, 1) == []
    path = newest(installation, mailbox, "u")
    assert [to for to, _ in mailbox.accepted] == ["reader0@a.example"]
    client.post(path, data=ONE_CLICK)
    assert refusals(installation.store, 1) == ["unsubscribed"]


def test_only_the_answer_to_an_unsubscribe_takes_it_back(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    """Any old letter did, for four weeks, in whoever's hands."""
    path = f"/u/{token(installation)}"
    once = once_in(client.post(path, data=ONE_CLICK).text)
    assert once
    again = client.post(path, data=ONE_CLICK)
    assert once_in(again.text) == ""  # a second "no" gives nobody a way back
    for word in ("", "x", once[:-1], once + "A", "undo:" + once, "*", once.lower()):
        client.post(f"{path}/back", data={"once": word})
        assert refusals(installation.store, 1) == ["unsubscribed"], word
    client.post(f"/u/{token(installation, 2)}", data=ONE_CLICK)
    client.post(f"/u/{token(installation, 2)}/back", data={"once": once})  # another reader's
    assert refusals(installation.store, 2) == ["unsubscribed"]


def test_the_word_works_once(installation: Installation, client: TestClient) -> None:
    path = f"/u/{token(installation)}"
    once = once_in(client.post(path, data=ONE_CLICK).text)
    client.post(f"{path}/back", data={"once": once})
    assert refusals(installation.store, 1) == []
    client.post(path, data=ONE_CLICK)
    client.post(f"{path}/back", data={"once": once})
    assert refusals(installation.store, 1) == ["unsubscribed"]


def test_later_a_letter_to_the_address_brings_back(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    path = f"/u/{token(installation)}"
    client.post(path, data=ONE_CLICK)
    for _ in range(3):
        client.post(f"{path}/back", data={})
    link = newest(installation, mailbox, "b")
    assert len(mailbox.accepted) == 1  # one letter an hour, however often somebody presses
    client.get(link)
    assert refusals(installation.store, 1) == ["unsubscribed"]
    assert client.post(link.replace("/b/", "/c/")).status_code == 404
    client.post(link)
    assert refusals(installation.store, 1) == []


@pytest.mark.parametrize(
    "path",
    [
        "/reports/D1/?key=secret",
        "/subscribe/",
        "/u/1.2.3.x/",
        "//evil.example/reports/D1?key=secret",
    ],
)
def test_no_redirect_is_built_from_what_a_request_brings(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert "evil" not in answer.text


# -- signing up


class _NoDisk:
    """The consent file cannot be written."""

    def __init__(self, installation: Installation) -> None:
        self.path = installation.consent.path

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.path.mkdir()

    def __exit__(self, *_: object) -> None:
        self.path.rmdir()


def test_a_sign_up_that_cannot_be_recorded_leaves_nobody_in_the_book(
    installation: Installation, client: TestClient
) -> None:
    """The never-confirmed address stayed, with no word that it was unconfirmed, and was written
    to.
    """
    with _NoDisk(installation):
        client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
        signup.answer(installation)
    assert book.by_address(installation.store, "victim@d.example") is None

    client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    installation.store.command("DEL", *installation.store.names(keys.rate("*")))
    signup.answer(installation)
    who = book.by_address(installation.store, "victim@d.example")
    assert who
    assert refusals(installation.store, who.id) == ["unconfirmed"]
    assert installation.store.command("GETBIT", keys.REFUSED, who.id)
    assert consent.history(installation.store, who.id)[0].act == "signed_up"


def test_somebody_who_said_no_before_is_not_added_without_it(installation: Installation) -> None:
    installation.store.command(
        "HSET", keys.NOES, installation.hash_of("left@d.example"), "unsubscribed"
    )
    with _NoDisk(installation), pytest.raises(DistroError):
        people.add(installation, "left@d.example", ["journalists"], {}, source="m")
    assert book.by_address(installation.store, "left@d.example") is None
    added = people.add(installation, "left@d.example", ["journalists"], {}, source="m")
    assert refusals(installation.store, added.id) == ["unsubscribed"]


@pytest.mark.parametrize(
    "addresses",
    [
        ("v.ic.tim@gmail.com", "victim@gmail.com", "victim+a@gmail.com", "VicTim+b@googlemail.com"),
        ("victim@d.example", "victim+1@d.example", "Victim+2@d.example"),
    ],
)
def test_one_mailbox_is_asked_once_however_it_is_spelt(
    installation: Installation, client: TestClient, addresses: tuple[str, ...]
) -> None:
    for address in addresses:
        client.post("/subscribe", data={"email": address, "list": ["weekly"]})
    signup.answer(installation)
    assert len(transactional.waiting(installation)) == 1


def test_a_whole_network_is_one_place(installation: Installation) -> None:
    assert sum(rate_limits.allowed(installation, f"2001:db8:0:0::{n:x}") for n in range(20)) == 10
    installation.store.command("DEL", *installation.store.names(keys.rate("*")))
    # A /56.
    assert sum(rate_limits.allowed(installation, f"2001:db8:0:{n:x}::1") for n in range(58)) == 30
    installation.store.command("DEL", *installation.store.names(keys.rate("*")))
    assert sum(rate_limits.allowed(installation, f"2001:db8:0:{n:x}00::1") for n in range(60)) <= 60
    installation.store.command("DEL", *installation.store.names(keys.rate("*")))
    assert sum(rate_limits.allowed(installation, f"198.51.100.{n}") for n in range(58)) == 30


def test_the_page_does_the_same_work_for_everybody(
    installation: Installation, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long an answer took told who was in the book."""
    commands: list[list[str]] = []
    real = Store.command

    def counted(self: Store, *words: bytes | str | float) -> object:
        commands[-1].append(str(words[0]))
        return real(self, *words)

    opt_outs.suppress(installation, "reader1@b.example", "x", source="m")
    monkeypatch.setattr(Store, "command", counted)
    for address in ("reader0@a.example", "reader1@b.example", "unknown@a.example"):
        commands.append([])
        client.post("/subscribe", data={"email": address, "list": ["weekly"]})
    assert commands[0] == commands[1] == commands[2]


def test_no_stranger_writes_a_message_into_the_question(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    client.post(
        "/subscribe",
        data={
            "email": "victim@d.example",
            "name": "Pay now https://evil.example",
            "list": ["weekly"],
        },
    )
    newest(installation, mailbox, "c")
    assert b"evil" not in mailbox.accepted[-1][1].read_bytes().replace(b"=\n", b"")


def test_never_again_means_never(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    path = newest(installation, mailbox, "n")
    client.get(path)
    assert book.by_address(installation.store, "victim@d.example")
    assert "will not ask again" in client.post(path).text
    assert book.by_address(installation.store, "victim@d.example") is None
    installation.store.command("DEL", *installation.store.names(keys.rate("*")))
    client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    signup.answer(installation)
    assert transactional.waiting(installation) == []


def test_who_left_is_not_asked_because_somebody_types_their_address(
    installation: Installation, client: TestClient
) -> None:
    client.post(f"/u/{token(installation)}", data=ONE_CLICK)
    client.post("/subscribe", data={"email": "reader0@a.example", "list": ["weekly"]})
    signup.answer(installation)
    assert transactional.waiting(installation) == []
    client.post("/subscribe", data={"email": "reader0@a.example", "list": ["weekly"]})
    signup.answer(installation)
    assert len(transactional.waiting(installation)) == 1


def _asked(installation: Installation, client: TestClient) -> str:
    """Ask for a list as a stranger may, a day later than the last time; return the link of the
    letter.
    """
    installation.store.command("DEL", "none", *installation.store.names(keys.rate("*")))
    for _ in range(2):  # who left is asked only at the second wish
        client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    signup.answer(installation)
    who = book.by_address(installation.store, "victim@d.example")
    assert who
    return transactional.link(installation, who, tokens.CONFIRM).removeprefix(
        installation.settings.site.url
    )


def test_an_old_confirmation_answers_no_new_question(
    installation: Installation, client: TestClient
) -> None:
    """A forwarded letter of last week, and a stranger who types the address again, brought back who
    had left.
    """
    old = _asked(installation, client)
    assert client.post(old).status_code == 200
    who = book.by_address(installation.store, "victim@d.example")
    assert who
    installation.consent.record(
        installation.store,
        subscriber=who.id,
        address=who.email,
        act=consent.UNSUBSCRIBED,
        source="link",
    )
    assert client.post(old).status_code == 404
    new = _asked(installation, client)
    assert client.post(old).status_code == 404
    assert refusals(installation.store, who.id) == ["unsubscribed"]
    assert client.post(new).status_code == 200
    assert refusals(installation.store, who.id) == []


def test_an_old_way_back_answers_no_newer_leaving(
    installation: Installation, client: TestClient
) -> None:
    who = book.by_id(installation.store, 1)
    assert who
    installation.consent.record(
        installation.store, subscriber=1, address=who.email, act=consent.UNSUBSCRIBED, source="link"
    )
    old = transactional.link(installation, who, tokens.BACK).removeprefix(
        installation.settings.site.url
    )
    assert client.post(old).status_code == 200
    installation.consent.record(
        installation.store, subscriber=1, address=who.email, act=consent.UNSUBSCRIBED, source="link"
    )
    assert client.post(old).status_code == 404
    assert refusals(installation.store, 1) == ["unsubscribed"]


@pytest.mark.parametrize("way", ["undo", "preferences"])
def test_only_the_button_of_the_letter_confirms(
    installation: Installation, client: TestClient, way: str
) -> None:
    """Leaving and coming back, or saving a page, made a sign-up that nobody confirmed one of
    ours.
    """
    _asked(installation, client)
    who = book.by_address(installation.store, "victim@d.example")
    assert who
    if way == "undo":
        page = client.post(f"/u/{token(installation, who.id)}", data=ONE_CLICK).text
        client.post(f"/u/{token(installation, who.id)}/back", data={"once": once_in(page)})
        assert refusals(installation.store, who.id) == ["unconfirmed"]
    else:
        client.post(
            f"/p/{token(installation, who.id)}",
            data={"list": ["weekly", "journalists"], "language": "en"},
        )
        clock.move(8 * 86_400_000)
        signup.forget_unconfirmed(installation)
        assert book.by_address(installation.store, "victim@d.example") is None


def test_a_letters_link_fills_no_mailbox(installation: Installation, client: TestClient) -> None:
    for _ in range(14):
        assert client.post(f"/p/{token(installation)}", data={"act": "held"}).status_code == 200
    assert len(transactional.waiting(installation)) <= 3
    for _ in range(14):
        client.post(f"/p/{token(installation)}", data={"act": "held"})
        installation.store.command(
            "DEL",
            keys.WAITING_LETTERS,
            *installation.store.names(keys.rate("here:*")),
            keys.rate("all"),
        )
    installation.store.command("DEL", keys.WAITING_LETTERS)
    client.post(f"/p/{token(installation)}", data={"act": "held"})
    assert transactional.waiting(installation) == []


@pytest.mark.parametrize(
    "broken", ['[lists.weekly]\ntitel = "x"\n', "lists = 3\n", "x = [[[[" + "[" * 5000, "[lists"]
)
def test_a_slip_of_staff_does_not_keep_anybody_from_leaving(
    installation: Installation, client: TestClient, broken: str
) -> None:
    (installation.settings.subscribers / "segments.toml").write_text(broken)
    assert client.post(f"/u/{token(installation)}", data=ONE_CLICK).status_code == 200
    assert refusals(installation.store, 1) == ["unsubscribed"]


def test_a_letter_that_cannot_be_made_holds_up_no_other(
    installation: Installation, mailbox: Mailbox
) -> None:
    for kind in ("held", "welcome"):
        who = book.by_id(installation.store, 1)
        assert who
        transactional.post(installation, who, kind)
    folder = installation.settings.templates / "access"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{{ nope }}")
    transactional.send_waiting(installation)
    assert len(mailbox.accepted) >= 1


def test_a_silent_first_relay_holds_up_no_letter(
    tmp_path: Path,
    server: Embedded,
    store: Store,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import socket

    monkeypatch.setattr(transactional, "_PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        installation = make_installation(
            tmp_path,
            server,
            store,
            relay=[
                {"url": f"smtp://127.0.0.1:{silent.getsockname()[1]}?tls=off"},
                {"url": f"smtp://127.0.0.1:{mailbox.port}?tls=off"},
            ],
        )
        add_readers(store, 1, folder=tmp_path)
        who = book.by_id(store, 1)
        assert who
        transactional.post(installation, who, "held")
        assert transactional.send_waiting(installation) == 1
