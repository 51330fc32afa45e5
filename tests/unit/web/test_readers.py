"""What readers do by themselves, and what others try with their links."""

import json
import random
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro import tokens
from distro.audience import book, consent, importing
from distro.audience.consent import refusals
from distro.demo.mailbox import Mailbox
from distro.errors import SettingsError
from distro.installation.context import Office
from distro.model import Subscriber
from distro.store import Store
from distro.store.embedded import Embedded
from distro.subscribers import people, signup, transactional
from distro.web.application import create_app
from tests.support.office import add_readers, make_office, make_readers_office

LISTS = (
    '[lists.journalists]\ntitle = {en = "Press releases", fr = "Communiqués"}\npublic ='
    ' true\n[lists.weekly]\ntitle = "The week"\npublic = true\n[lists.inner]\nowner ='
    ' "m@press.example"\n'
)


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store, mailbox: Mailbox) -> Office:
    """Three readers, two lists that anybody may join, a relay that takes letters."""
    return make_readers_office(tmp_path, server, store, mailbox, LISTS)


def reader(office: Office, number: int = 1) -> Subscriber:
    found = book.by_id(office.store, number)
    assert found is not None
    return found


def token(office: Office, number: int = 1) -> str:
    """What stands in every letter to this reader."""
    who = reader(office, number)
    return tokens.sign(
        office.keys.signing[0],
        tokens.UNSUBSCRIBE,
        0,
        0,
        who.id,
        office.keys.address_hash(who.email.casefold()),
    ).decode()


def link_in(office: Office, mailbox: Mailbox, site: str = "http") -> str:
    """The path of the link in the newest letter."""
    signup.answer(office)
    assert transactional.send_waiting(office) >= 1
    text = (
        mailbox.accepted[-1][1].read_text(encoding="utf-8").replace("=\n", "").replace("=3D", "=")
    )
    return re.sub(
        r"^http://[^/]+", "", re.findall(rf"{site}://[^\s\"<>]+/(?:c|me|b|n)/[\w.=-]+", text)[0]
    )


def once_in(page: str) -> str:
    """The word that takes an unsubscribe back."""
    found = re.search(r'name="once" value="([^"]+)"', page)
    return found[1] if found else ""


def test_leaving_and_coming_back_to_some_lists(office: Office, client: TestClient) -> None:
    people.edit(office, "reader0@a.example", {}, join=["weekly", "inner"], source="m")
    path = f"/u/{token(office)}"
    page = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert refusals(office.store, 1) == ["unsubscribed"]
    assert "Press releases" in page.text
    assert "Inner" in page.text

    assert client.get(f"{path}/back").status_code == 405  # no scanner brings anybody back
    back = client.post(f"{path}/back", data={"list": ["weekly"], "once": once_in(page.text)})
    assert "Welcome back" in back.text
    assert refusals(office.store, 1) == []
    assert reader(office).columns["lists"] == ("weekly",)


def test_choosing(office: Office, client: TestClient) -> None:
    path = f"/p/{token(office)}"
    page = client.get(path)
    assert re.search(r'value="journalists" checked', page.text)
    assert 'value="weekly">' in page.text
    assert "inner" not in page.text
    assert office.store.text("book:version") == office.store.text("book:version")

    saved = client.post(
        path,
        data={
            "act": "save",
            "list": ["weekly"],
            "language": "fr",
            "frequency": "digest",
            "pause": "30",
        },
    )
    assert "Enregistré." in saved.text  # in the language that was just chosen
    who = reader(office)
    assert (who.columns["lists"], who.language, who.columns["frequency"]) == (
        ("weekly",),
        "fr",
        ("digest",),
    )
    assert refusals(office.store, 1) == ["paused"]
    assert "En pause jusqu’au" in saved.text
    client.post(
        path, data={"act": "save", "list": ["weekly"], "language": "fr", "pause": "as-it-is"}
    )
    assert refusals(office.store, 1) == ["paused"]
    client.post(
        path, data={"act": "save", "list": ["weekly", "inner"], "language": "fr", "pause": ""}
    )
    assert refusals(office.store, 1) == []
    assert reader(office).columns["lists"] == (
        "weekly",
    )  # a list that is not offered cannot be joined
    assert "frequency" not in reader(office).columns


def test_the_pages_speak_arabic_from_right_to_left(office: Office, client: TestClient) -> None:
    for path in (f"/u/{token(office, 3)}", f"/p/{token(office, 3)}"):
        assert '<html lang="ar" dir="rtl">' in client.get(path).text
    assert (
        'dir="rtl"' in client.get("/subscribe", headers={"accept-language": "ar-JO,en;q=0.5"}).text
    )


def test_double_opt_in(office: Office, client: TestClient, mailbox: Mailbox) -> None:
    assert "Press releases" in client.get("/subscribe").text
    answer = client.post(
        "/subscribe",
        data={
            "email": "New@d.example",
            "name": "Néa",
            "list": ["journalists", "inner"],
            "language": "es",
        },
    )
    assert "on its way" in answer.text
    signup.answer(office)
    new = book.by_address(office.store, "new@d.example")
    assert new is not None
    assert refusals(office.store, new.id) == ["unconfirmed"]
    assert "lists" not in new.columns

    path = link_in(office, mailbox)
    assert mailbox.accepted[-1][0] == "New@d.example"
    assert "¿Quiere recibir" in client.get(path).text  # a scanner fetches the link: nothing happens
    assert refusals(office.store, new.id) == ["unconfirmed"]

    assert "Está en la lista" in client.post(path).text
    assert refusals(office.store, new.id) == []
    assert reader(office, new.id).columns["lists"] == ("journalists",)
    confirmed = next(f for f in consent.history(office.store, new.id) if f.act == "confirmed")
    assert "testclient" in confirmed.source
    assert transactional.send_waiting(office) == 1  # the welcome
    assert client.post(path).status_code == 200  # pressed twice


def test_who_left_comes_back_only_by_their_own_click(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    client.post(f"/u/{token(office)}", data={"List-Unsubscribe": "One-Click"})
    for _ in range(2):  # who left is asked only if they ask twice
        client.post("/subscribe", data={"email": "reader0@a.example", "list": ["weekly"]})
    signup.answer(office)
    assert refusals(office.store, 1) == ["unsubscribed"]
    client.post(link_in(office, mailbox))
    assert refusals(office.store, 1) == []
    assert "weekly" in reader(office).columns["lists"]


def test_a_form_is_no_weapon(office: Office, client: TestClient) -> None:
    """One address gets one letter a day; one place may ask ten times an hour; a machine that fills
    the trap gets none.
    """
    for _ in range(4):
        assert (
            client.post(
                "/subscribe", data={"email": "victim@d.example", "list": ["weekly"]}
            ).status_code
            == 200
        )
    signup.answer(office)
    assert len(transactional.waiting(office)) == 1
    assert (
        client.post(
            "/subscribe", data={"email": "bot@d.example", "list": ["weekly"], "website": "x"}
        ).status_code
        == 200
    )
    signup.answer(office)
    assert book.by_address(office.store, "bot@d.example") is None
    codes = [
        client.post("/subscribe", data={"email": f"v{n}@d.example", "list": ["weekly"]}).status_code
        for n in range(10)
    ]
    assert codes == [200] * 6 + [429] * 4


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(
    office: Office, client: TestClient
) -> None:
    wrong = client.post(
        "/subscribe", data={"email": "ana at d", "name": "<b>Ana", "list": ["weekly"]}
    )
    assert wrong.status_code == 422
    assert "not an e-mail address" in wrong.text
    assert "&lt;b&gt;Ana" in wrong.text
    assert "at least one list" in client.post("/subscribe", data={"email": "ana@d.example"}).text


def test_whether_somebody_is_on_a_list_is_not_told(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    known = client.post(
        "/subscribe", data={"email": "reader0@a.example", "list": ["journalists"]}
    ).text
    unknown = client.post(
        "/subscribe", data={"email": "reader9@a.example", "list": ["journalists"]}
    ).text
    assert known.replace("reader0", "reader9") == unknown
    signup.answer(office)
    assert transactional.send_waiting(office) == 2


def test_what_is_held_can_be_seen_taken_and_erased(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    assert "on its way" in client.post(f"/p/{token(office)}", data={"act": "held"}).text
    path = link_in(office, mailbox)
    assert "reader0@a.example" in client.get(path).text
    assert json.loads(client.get(f"{path}/download").text)["email"] == "reader0@a.example"
    assert client.post(path, data={}).status_code == 200  # not sure: nothing happens
    assert book.by_address(office.store, "reader0@a.example")
    assert "You are forgotten" in client.post(path, data={"sure": "yes"}).text
    assert book.by_address(office.store, "reader0@a.example") is None
    assert client.get(path).status_code == 404
    assert client.get(f"/p/{token(office, 2)}").status_code == 200


def test_links_end_with_their_time_and_with_the_address(
    office: Office, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = reader(office)
    path = transactional.link(office, who, tokens.HELD).replace(office.settings.site.url, "")
    confirm = transactional.link(office, who, tokens.CONFIRM).replace(office.settings.site.url, "")
    assert client.get(path).status_code == 200
    assert client.get(path.replace("/me/", "/c/")).status_code == 404  # each for its own purpose
    assert client.get(confirm.replace("/c/", "/me/")).status_code == 404
    letter, unsubscribe = f"/p/{token(office)}", f"/u/{token(office)}"
    people.move(office, who.email, "new@a.example", source="m")
    assert client.get(path).status_code == 404
    assert client.get(letter).status_code == 200  # links of old letters never end
    client.post(unsubscribe)
    assert refusals(office.store, 1) == ["unsubscribed"]
    fresh = transactional.link(office, reader(office), tokens.HELD).replace(
        office.settings.site.url, ""
    )
    monkeypatch.setattr("distro.subscribers.transactional.time.time", lambda: 4e9)
    assert client.get(fresh).status_code == 404


def test_ten_thousand_forged_links_open_nothing(office: Office) -> None:
    """Real ones with a character changed, cut, for another reader, glued from both kinds."""
    dice = random.Random(5)
    real = [token(office, n) for n in (1, 2, 3)] + [
        transactional.link(office, reader(office, n), p).rpartition("/")[2]
        for n in (1, 2)
        for p in (tokens.HELD, tokens.CONFIRM)
    ]
    opened = 0
    for _ in range(10_000):
        text = list(dice.choice(real))
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(text))
            text[at : at + dice.randrange(2)] = dice.choice(
                ["", "0", "9", ".", "A", "-", "é", "٣", "%00", "/"]
            )
        forged = "".join(text)
        if forged not in real:
            from distro.subscribers import links

            opened += links.reader_of(office, forged, tokens.UNSUBSCRIBE) is not None
            opened += any(
                transactional.holder_of(office, forged, purpose)
                for purpose in (tokens.HELD, tokens.CONFIRM)
            )
    assert opened == 0


def test_what_nobody_confirms_is_forgotten(office: Office, client: TestClient) -> None:
    client.post("/subscribe", data={"email": "new@d.example", "list": ["weekly"]})
    signup.answer(office)
    assert signup.forget_unconfirmed(office) == 0
    office.store.command("SET", "test:clock", 8 * 86_400_000, "EX", 60)
    assert signup.forget_unconfirmed(office) == 1
    assert book.by_address(office.store, "new@d.example") is None


def test_letters_wait_for_a_relay_that_is_away(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    office = make_office(tmp_path, server, store)  # nobody listens there
    add_readers(store, 1, folder=tmp_path)
    transactional.post(office, reader(office), "held")
    assert transactional.send_waiting(office) == 0
    assert transactional.waiting(office) == []
    office.store.command("SET", "test:clock", 301_000, "EX", 60)
    assert len(transactional.waiting(office)) == 1


def test_a_large_form_is_refused(office: Office, client: TestClient) -> None:
    assert client.post(f"/p/{token(office)}", data={"list": "x" * 20_000}).status_code == 413


def test_no_public_list_no_subscribe_page(tmp_path: Path, server: Embedded, store: Store) -> None:
    with TestClient(create_app(make_office(tmp_path, server, store))) as client:
        assert client.get("/subscribe").status_code == 404


def test_a_mistake_in_the_lists_is_told(tmp_path: Path) -> None:
    from distro.audience.list_roles import load_roles

    for text in (
        "[lists.a]\npublik = true\n",
        "[lists.a]\npublic = 3\n",
        "lists = {a = 3}\n",
        "[lists.a\n",
    ):
        (tmp_path / "segments.toml").write_text(text)
        with pytest.raises(SettingsError):
            load_roles(tmp_path)


# What a hostile reader of this code found.


def test_no_reader_makes_the_languages_of_all_others_unreadable(
    office: Office, client: TestClient
) -> None:
    """Columns that scripts read as bitmaps stay bitmaps, and a page takes only the languages that
    it offers.
    """
    for n in range(3):
        client.post(
            f"/p/{token(office)}",
            data={"act": "save", "list": ["journalists"], "language": f"x{n}"},
        )
    assert reader(office).language == "en"
    for n in range(300):
        people.edit(office, "reader0@a.example", {"frequency": f"f{n}"}, source="m")
    assert office.store.hash("book:columns")["frequency"] == "index"


def test_an_old_letter_does_not_undo_a_later_wish(
    office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    client.post("/subscribe", data={"email": "new@d.example", "list": ["weekly"]})
    path = link_in(office, mailbox)
    client.post(path)
    new = book.by_address(office.store, "new@d.example")
    assert new is not None
    client.post(f"/u/{token(office, new.id)}", data={"List-Unsubscribe": "One-Click"})
    assert "too old" in client.post(path).text
    assert refusals(office.store, new.id) == ["unsubscribed"]


def test_one_place_does_not_shut_the_page_for_all(office: Office) -> None:
    assert [signup.allowed(office, "7.7.7.7") for _ in range(70)] == [True] * 10 + [False] * 60
    assert signup.allowed(office, "8.8.8.8")


def test_no_letter_goes_to_who_may_not_be_written_to(
    tmp_path: Path, office: Office, client: TestClient, mailbox: Mailbox
) -> None:
    people.suppress(office, "reader1@b.example", "letter of her lawyer", source="m")
    client.post("/subscribe", data={"email": "reader1@b.example", "list": ["weekly"]})
    signup.answer(office)
    assert transactional.waiting(office) == []
    transactional.post(office, reader(office, 2), "held")
    trial = make_office(
        tmp_path,
        Embedded(tmp_path),
        office.store,
        relay=[{"url": f"smtp://127.0.0.1:{mailbox.port}?tls=off"}],
        site={"environment": "trial", "allow": ["c.example"]},
    )
    transactional.post(office, reader(office, 1), "held")
    transactional.post(office, reader(office, 3), "held")
    assert transactional.send_waiting(trial) == 1
    assert [to for to, _ in mailbox.accepted] == ["reader2@c.example"]


def test_a_letter_that_was_taken_does_not_go_again_when_the_next_one_fails(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distro.relay.session import ConnectionBrokenError, Session

    real, count = Session.send, 0

    async def breaks(self: Session, *words: object, **more: object) -> object:
        nonlocal count
        count += 1
        if count == 2:
            raise ConnectionBrokenError("gone")
        return await real(self, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "send", breaks)
    for number in (1, 2, 3):
        transactional.post(office, reader(office, number), "held")
    assert transactional.send_waiting(office) == 1
    office.store.command("SET", "test:clock", 301_000, "EX", 60)
    assert transactional.send_waiting(office) == 2
    assert len({to for to, _ in mailbox.accepted}) == len(mailbox.accepted) == 3


def test_forgetting_the_unconfirmed_forgets_no_wish_and_no_subscriber(
    office: Office, client: TestClient, tmp_path: Path
) -> None:
    for name in ("vic", "imp", "gone"):
        client.post("/subscribe", data={"email": f"{name}@d.example", "list": ["weekly"]})
    signup.answer(office)
    vic = book.by_address(office.store, "vic@d.example")
    assert vic is not None
    office.consent.record(
        office.store,
        subscriber=vic.id,
        address=vic.email,
        act=consent.UNSUBSCRIBED,
        source="telephone",
    )
    path = tmp_path / "rows.csv"
    path.write_text("email,name\nimp@d.example,Imp\n")
    importing.commit(
        office.store,
        importing.stage(office.store, path, "press", actor="t", hashes_of=office.hashes_of).number,
        office.consent,
    )
    office.store.command("SET", "test:clock", 8 * 86_400_000, "EX", 60)
    signup.forget_unconfirmed(office)
    assert book.by_address(office.store, "gone@d.example") is None
    imp = book.by_address(office.store, "imp@d.example")
    assert imp is not None
    assert refusals(office.store, imp.id) == []
    path.write_text("email\nvic@d.example\ngone@d.example\n")
    importing.commit(
        office.store,
        importing.stage(office.store, path, "press", actor="t", hashes_of=office.hashes_of).number,
        office.consent,
    )
    for name, said in (("vic", ["unsubscribed"]), ("gone", [])):
        who = book.by_address(office.store, f"{name}@d.example")
        assert who is not None
        assert refusals(office.store, who.id) == said
