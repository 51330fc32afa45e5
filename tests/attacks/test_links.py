"""Links that people share, forward, or find in an old letter."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro import tokens
from distro.audience import book, consent
from distro.audience.consent import refusals
from distro.demo.mailbox import Mailbox
from distro.errors import DistroError
from distro.flow.submission import Order, submit
from distro.installation.context import Office
from distro.store import Store
from distro.store.embedded import Embedded
from distro.subscribers import people, signup, transactional
from tests.support.office import add_readers, make_office, make_readers_office, write_release
from tests.support.story import Story

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store, mailbox: Mailbox) -> Office:
    return make_readers_office(
        tmp_path,
        server,
        store,
        mailbox,
        "[lists.journalists]\npublic = true\n[lists.weekly]\npublic = true\n",
    )


def token(office: Office, number: int = 1) -> str:
    who = book.by_id(office.store, number)
    assert who is not None
    return tokens.sign(
        office.keys.signing[0],
        tokens.UNSUBSCRIBE,
        0,
        0,
        number,
        office.keys.address_hash(who.email),
    ).decode()


def once_in(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    return found[1] if found else ""


def newest(office: Office, mailbox: Mailbox, path: str) -> str:
    """The link of the newest letter to a single reader."""
    signup.answer(office)
    assert transactional.send_waiting(office) >= 1
    text = (
        mailbox.accepted[-1][1].read_text(encoding="utf-8").replace("=\n", "").replace("=3D", "=")
    )
    return str(re.findall(rf"/{path}/[\w.=-]+", text)[0])


def test_the_page_that_people_share_holds_nothing_of_a_person(
    office: Office, client: TestClient, tmp_path: Path
) -> None:
    """A stranger with it unsubscribed her."""
    submit(office, Order(files=[write_release(tmp_path)], to="language:en"))
    story = Story(office)
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
    assert refusals(office.store, 1) == []

    former = tokens.sign(
        office.keys.signing[0], tokens.VIEW, 1, 0, 1, office.keys.address_hash("reader0@a.example")
    ).decode()
    old = client.get(f"/v/{former}").text  # a link of a letter that was sent before
    assert "The towns agreed today." in old
    assert "reader0" not in old
    assert former not in old


def test_who_has_only_the_shared_page_leaves_by_a_letter_to_the_address(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    answers = {
        client.post("/leave", data={"email": address}).text.replace(address, "")
        for address in ("reader0@a.example", "nobody@a.example")
    }
    assert len(answers) == 1  # whether somebody is in the book is not told
    assert refusals(office.store, 1) == []
    path = newest(office, mailbox, "u")
    assert [to for to, _ in mailbox.accepted] == ["reader0@a.example"]
    client.post(path, data=ONE_CLICK)
    assert refusals(office.store, 1) == ["unsubscribed"]


def test_only_the_answer_to_an_unsubscribe_takes_it_back(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    """Any old letter did, for four weeks, in whoever's hands."""
    path = f"/u/{token(office)}"
    once = once_in(client.post(path, data=ONE_CLICK).text)
    assert once
    again = client.post(path, data=ONE_CLICK)
    assert once_in(again.text) == ""  # a second "no" gives nobody a way back
    for word in ("", "x", once[:-1], once + "A", "undo:" + once, "*", once.lower()):
        client.post(f"{path}/back", data={"once": word})
        assert refusals(office.store, 1) == ["unsubscribed"], word
    client.post(f"/u/{token(office, 2)}", data=ONE_CLICK)
    client.post(f"/u/{token(office, 2)}/back", data={"once": once})  # another reader's
    assert refusals(office.store, 2) == ["unsubscribed"]


def test_the_word_works_once(office: Office, client: TestClient) -> None:
    path = f"/u/{token(office)}"
    once = once_in(client.post(path, data=ONE_CLICK).text)
    client.post(f"{path}/back", data={"once": once})
    assert refusals(office.store, 1) == []
    client.post(path, data=ONE_CLICK)
    client.post(f"{path}/back", data={"once": once})
    assert refusals(office.store, 1) == ["unsubscribed"]


def test_later_a_letter_to_the_address_brings_back(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    path = f"/u/{token(office)}"
    client.post(path, data=ONE_CLICK)
    for _ in range(3):
        client.post(f"{path}/back", data={})
    link = newest(office, mailbox, "b")
    assert len(mailbox.accepted) == 1  # one letter an hour, however often somebody presses
    client.get(link)
    assert refusals(office.store, 1) == ["unsubscribed"]
    assert client.post(link.replace("/b/", "/c/")).status_code == 404
    client.post(link)
    assert refusals(office.store, 1) == []


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

    def __init__(self, office: Office) -> None:
        self.path = office.consent.path

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.path.mkdir()

    def __exit__(self, *_: object) -> None:
        self.path.rmdir()


def test_a_sign_up_that_cannot_be_recorded_leaves_nobody_in_the_book(
    office: Office, client: TestClient
) -> None:
    """The never-confirmed address stayed, with no word that it was unconfirmed, and was written
    to.
    """
    with _NoDisk(office):
        client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
        signup.answer(office)
    assert book.by_address(office.store, "victim@d.example") is None

    client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    office.store.command("DEL", *office.store.names("rate:*"))
    signup.answer(office)
    who = book.by_address(office.store, "victim@d.example")
    assert who
    assert refusals(office.store, who.id) == ["unconfirmed"]
    assert office.store.command("GETBIT", "no:any", who.id)
    assert consent.history(office.store, who.id)[0].act == "signed_up"


def test_somebody_who_said_no_before_is_not_added_without_it(office: Office) -> None:
    office.store.command("HSET", "nos", office.hash_of("left@d.example"), "unsubscribed")
    with _NoDisk(office), pytest.raises(DistroError):
        people.add(office, "left@d.example", ["journalists"], {}, source="m")
    assert book.by_address(office.store, "left@d.example") is None
    added = people.add(office, "left@d.example", ["journalists"], {}, source="m")
    assert refusals(office.store, added.id) == ["unsubscribed"]


@pytest.mark.parametrize(
    "addresses",
    [
        ("v.ic.tim@gmail.com", "victim@gmail.com", "victim+a@gmail.com", "VicTim+b@googlemail.com"),
        ("victim@d.example", "victim+1@d.example", "Victim+2@d.example"),
    ],
)
def test_one_mailbox_is_asked_once_however_it_is_spelt(
    office: Office, client: TestClient, addresses: tuple[str, ...]
) -> None:
    for address in addresses:
        client.post("/subscribe", data={"email": address, "list": ["weekly"]})
    signup.answer(office)
    assert len(transactional.waiting(office)) == 1


def test_a_whole_network_is_one_place(office: Office) -> None:
    assert sum(signup.allowed(office, f"2001:db8:0:0::{n:x}") for n in range(20)) == 10
    office.store.command("DEL", *office.store.names("rate:*"))
    assert sum(signup.allowed(office, f"2001:db8:0:{n:x}::1") for n in range(58)) == 30  # a /56
    office.store.command("DEL", *office.store.names("rate:*"))
    assert sum(signup.allowed(office, f"2001:db8:0:{n:x}00::1") for n in range(60)) <= 60
    office.store.command("DEL", *office.store.names("rate:*"))
    assert sum(signup.allowed(office, f"198.51.100.{n}") for n in range(58)) == 30


def test_the_page_does_the_same_work_for_everybody(
    office: Office, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long an answer took told who was in the book."""
    commands: list[list[str]] = []
    real = Store.command

    def counted(self: Store, *words: bytes | str | float) -> object:
        commands[-1].append(str(words[0]))
        return real(self, *words)

    people.suppress(office, "reader1@b.example", "x", source="m")
    monkeypatch.setattr(Store, "command", counted)
    for address in ("reader0@a.example", "reader1@b.example", "unknown@a.example"):
        commands.append([])
        client.post("/subscribe", data={"email": address, "list": ["weekly"]})
    assert commands[0] == commands[1] == commands[2]


def test_no_stranger_writes_a_message_into_the_question(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    client.post(
        "/subscribe",
        data={
            "email": "victim@d.example",
            "name": "Pay now https://evil.example",
            "list": ["weekly"],
        },
    )
    newest(office, mailbox, "c")
    assert b"evil" not in mailbox.accepted[-1][1].read_bytes().replace(b"=\n", b"")


def test_never_again_means_never(office: Office, client: TestClient, mailbox: Mailbox) -> None:
    client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    path = newest(office, mailbox, "n")
    client.get(path)
    assert book.by_address(office.store, "victim@d.example")
    assert "will not ask again" in client.post(path).text
    assert book.by_address(office.store, "victim@d.example") is None
    office.store.command("DEL", *office.store.names("rate:*"))
    client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    signup.answer(office)
    assert transactional.waiting(office) == []


def test_who_left_is_not_asked_because_somebody_types_their_address(
    office: Office, client: TestClient
) -> None:
    client.post(f"/u/{token(office)}", data=ONE_CLICK)
    client.post("/subscribe", data={"email": "reader0@a.example", "list": ["weekly"]})
    signup.answer(office)
    assert transactional.waiting(office) == []
    client.post("/subscribe", data={"email": "reader0@a.example", "list": ["weekly"]})
    signup.answer(office)
    assert len(transactional.waiting(office)) == 1


def _asked(office: Office, client: TestClient) -> str:
    """Ask for a list as a stranger may, a day later than the last time; return the link of the
    letter.
    """
    office.store.command("DEL", "none", *office.store.names("rate:*"))
    for _ in range(2):  # who left is asked only at the second wish
        client.post("/subscribe", data={"email": "victim@d.example", "list": ["weekly"]})
    signup.answer(office)
    who = book.by_address(office.store, "victim@d.example")
    assert who
    return transactional.link(office, who, tokens.CONFIRM).removeprefix(office.settings.site.url)


def test_an_old_confirmation_answers_no_new_question(office: Office, client: TestClient) -> None:
    """A forwarded letter of last week, and a stranger who types the address again, brought back who
    had left.
    """
    old = _asked(office, client)
    assert client.post(old).status_code == 200
    who = book.by_address(office.store, "victim@d.example")
    assert who
    office.consent.record(
        office.store, subscriber=who.id, address=who.email, act=consent.UNSUBSCRIBED, source="link"
    )
    assert client.post(old).status_code == 404
    new = _asked(office, client)
    assert client.post(old).status_code == 404
    assert refusals(office.store, who.id) == ["unsubscribed"]
    assert client.post(new).status_code == 200
    assert refusals(office.store, who.id) == []


def test_an_old_way_back_answers_no_newer_leaving(office: Office, client: TestClient) -> None:
    who = book.by_id(office.store, 1)
    assert who
    office.consent.record(
        office.store, subscriber=1, address=who.email, act=consent.UNSUBSCRIBED, source="link"
    )
    old = transactional.link(office, who, tokens.BACK).removeprefix(office.settings.site.url)
    assert client.post(old).status_code == 200
    office.consent.record(
        office.store, subscriber=1, address=who.email, act=consent.UNSUBSCRIBED, source="link"
    )
    assert client.post(old).status_code == 404
    assert refusals(office.store, 1) == ["unsubscribed"]


@pytest.mark.parametrize("way", ["undo", "preferences"])
def test_only_the_button_of_the_letter_confirms(
    office: Office, client: TestClient, way: str
) -> None:
    """Leaving and coming back, or saving a page, made a sign-up that nobody confirmed one of
    ours.
    """
    _asked(office, client)
    who = book.by_address(office.store, "victim@d.example")
    assert who
    if way == "undo":
        page = client.post(f"/u/{token(office, who.id)}", data=ONE_CLICK).text
        client.post(f"/u/{token(office, who.id)}/back", data={"once": once_in(page)})
        assert refusals(office.store, who.id) == ["unconfirmed"]
    else:
        client.post(
            f"/p/{token(office, who.id)}",
            data={"list": ["weekly", "journalists"], "language": "en"},
        )
        office.store.command("SET", "test:clock", 8 * 86_400_000, "EX", 60)
        signup.forget_unconfirmed(office)
        assert book.by_address(office.store, "victim@d.example") is None


def test_a_letters_link_fills_no_mailbox(office: Office, client: TestClient) -> None:
    for _ in range(14):
        assert client.post(f"/p/{token(office)}", data={"act": "held"}).status_code == 200
    assert len(transactional.waiting(office)) <= 3
    for _ in range(14):
        client.post(f"/p/{token(office)}", data={"act": "held"})
        office.store.command("DEL", "post", *office.store.names("rate:here:*"), "rate:all")
    office.store.command("DEL", "post")
    client.post(f"/p/{token(office)}", data={"act": "held"})
    assert transactional.waiting(office) == []


@pytest.mark.parametrize(
    "broken", ['[lists.weekly]\ntitel = "x"\n', "lists = 3\n", "x = [[[[" + "[" * 5000, "[lists"]
)
def test_a_slip_of_staff_does_not_keep_anybody_from_leaving(
    office: Office, client: TestClient, broken: str
) -> None:
    (office.settings.subscribers / "segments.toml").write_text(broken)
    assert client.post(f"/u/{token(office)}", data=ONE_CLICK).status_code == 200
    assert refusals(office.store, 1) == ["unsubscribed"]


def test_a_letter_that_cannot_be_made_holds_up_no_other(office: Office, mailbox: Mailbox) -> None:
    for kind in ("held", "welcome"):
        who = book.by_id(office.store, 1)
        assert who
        transactional.post(office, who, kind)
    folder = office.settings.templates / "access"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{{ nope }}")
    transactional.send_waiting(office)
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
        office = make_office(
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
        transactional.post(office, who, "held")
        assert transactional.send_waiting(office) == 1
