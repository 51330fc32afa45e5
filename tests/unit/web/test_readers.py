"""What readers do by themselves, and what others try with their links."""

import json
import random
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro import tokens
from distro.audience import book, consent, importing
from distro.demo.mailbox import Mailbox
from distro.errors import SettingsError
from distro.installation.context import Installation
from distro.model import Subscriber
from distro.store import Store, keys
from distro.store.consents import refusals
from distro.store.embedded import Embedded
from distro.subscribers import opt_outs, people, rate_limits, signup, transactional
from distro.web.application import create_app
from tests.support import clock
from tests.support.installation import add_readers, make_installation, make_readers_installation

LISTS = (
    '[lists.journalists]\ntitle = {en = "Press releases", fr = "Communiqués"}\npublic ='
    ' true\n[lists.weekly]\ntitle = "The week"\npublic = true\n[lists.inner]\nowner ='
    ' "m@press.example"\n'
)


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store, mailbox: Mailbox) -> Installation:
    """Three readers, two lists that anybody may join, a relay that takes letters."""
    return make_readers_installation(tmp_path, server, store, mailbox, LISTS)


def reader(installation: Installation, number: int = 1) -> Subscriber:
    found = book.by_id(installation.store, number)
    assert found is not None
    return found


def token(installation: Installation, number: int = 1) -> str:
    """What stands in every letter to this reader."""
    who = reader(installation, number)
    return tokens.sign(
        installation.keys.signing[0],
        tokens.UNSUBSCRIBE,
        0,
        0,
        who.id,
        installation.keys.address_hash(who.email.casefold()),
    ).decode()


def link_in(installation: Installation, mailbox: Mailbox, site: str = "http") -> str:
    """The path of the link in the newest letter."""
    signup.answer(installation)
    assert transactional.send_waiting(installation) >= 1
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


def test_leaving_and_coming_back_to_some_lists(
    installation: Installation, client: TestClient
) -> None:
    people.edit(installation, "reader0@a.example", {}, join=["weekly", "inner"], source="m")
    path = f"/u/{token(installation)}"
    page = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert refusals(installation.store, 1) == ["unsubscribed"]
    assert "Press releases" in page.text
    assert "Inner" in page.text

    assert client.get(f"{path}/back").status_code == 405  # no scanner brings anybody back
    back = client.post(f"{path}/back", data={"list": ["weekly"], "once": once_in(page.text)})
    assert "Welcome back" in back.text
    assert refusals(installation.store, 1) == []
    assert reader(installation).columns["lists"] == ("weekly",)


def test_choosing(installation: Installation, client: TestClient) -> None:
    path = f"/p/{token(installation)}"
    page = client.get(path)
    assert re.search(r'value="journalists" checked', page.text)
    assert 'value="weekly">' in page.text
    assert "inner" not in page.text
    assert installation.store.text(keys.BOOK_VERSION) == installation.store.text(keys.BOOK_VERSION)

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
    who = reader(installation)
    assert (who.columns["lists"], who.language, who.columns["frequency"]) == (
        ("weekly",),
        "fr",
        ("digest",),
    )
    assert refusals(installation.store, 1) == ["paused"]
    assert "En pause jusqu’au" in saved.text
    client.post(
        path, data={"act": "save", "list": ["weekly"], "language": "fr", "pause": "as-it-is"}
    )
    assert refusals(installation.store, 1) == ["paused"]
    client.post(
        path, data={"act": "save", "list": ["weekly", "inner"], "language": "fr", "pause": ""}
    )
    assert refusals(installation.store, 1) == []
    # A list that is not offered cannot be joined.
    assert reader(installation).columns["lists"] == ("weekly",)
    assert "frequency" not in reader(installation).columns


def test_the_pages_speak_arabic_from_right_to_left(
    installation: Installation, client: TestClient
) -> None:
    for path in (f"/u/{token(installation, 3)}", f"/p/{token(installation, 3)}"):
        assert '<html lang="ar" dir="rtl">' in client.get(path).text
    assert (
        'dir="rtl"' in client.get("/subscribe", headers={"accept-language": "ar-JO,en;q=0.5"}).text
    )


def test_double_opt_in(installation: Installation, client: TestClient, mailbox: Mailbox) -> None:
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
    signup.answer(installation)
    new = book.by_address(installation.store, "new@d.example")
    assert new is not None
    assert refusals(installation.store, new.id) == ["unconfirmed"]
    assert "lists" not in new.columns

    path = link_in(installation, mailbox)
    assert mailbox.accepted[-1][0] == "New@d.example"
    assert "¿Quiere recibir" in client.get(path).text  # a scanner fetches the link: nothing happens
    assert refusals(installation.store, new.id) == ["unconfirmed"]

    assert "Está en la lista" in client.post(path).text
    assert refusals(installation.store, new.id) == []
    assert reader(installation, new.id).columns["lists"] == ("journalists",)
    confirmed = next(f for f in consent.history(installation.store, new.id) if f.act == "confirmed")
    assert "testclient" in confirmed.source
    assert transactional.send_waiting(installation) == 1  # the welcome
    assert client.post(path).status_code == 200  # pressed twice


def test_who_left_comes_back_only_by_their_own_click(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    client.post(f"/u/{token(installation)}", data={"List-Unsubscribe": "One-Click"})
    for _ in range(2):  # who left is asked only if they ask twice
        client.post("/subscribe", data={"email": "reader0@a.example", "list": ["weekly"]})
    signup.answer(installation)
    assert refusals(installation.store, 1) == ["unsubscribed"]
    client.post(link_in(installation, mailbox))
    assert refusals(installation.store, 1) == []
    assert "weekly" in reader(installation).columns["lists"]


def test_a_form_is_no_weapon(installation: Installation, client: TestClient) -> None:
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
    signup.answer(installation)
    assert len(transactional.waiting(installation)) == 1
    assert (
        client.post(
            "/subscribe", data={"email": "bot@d.example", "list": ["weekly"], "website": "x"}
        ).status_code
        == 200
    )
    signup.answer(installation)
    assert book.by_address(installation.store, "bot@d.example") is None
    codes = [
        client.post("/subscribe", data={"email": f"v{n}@d.example", "list": ["weekly"]}).status_code
        for n in range(10)
    ]
    assert codes == [200] * 6 + [429] * 4


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(
    installation: Installation, client: TestClient
) -> None:
    wrong = client.post(
        "/subscribe", data={"email": "ana at d", "name": "<b>Ana", "list": ["weekly"]}
    )
    assert wrong.status_code == 422
    assert "not an e-mail address" in wrong.text
    assert "&lt;b&gt;Ana" in wrong.text
    assert "at least one list" in client.post("/subscribe", data={"email": "ana@d.example"}).text


def test_whether_somebody_is_on_a_list_is_not_told(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    known = client.post(
        "/subscribe", data={"email": "reader0@a.example", "list": ["journalists"]}
    ).text
    unknown = client.post(
        "/subscribe", data={"email": "reader9@a.example", "list": ["journalists"]}
    ).text
    assert known.replace("reader0", "reader9") == unknown
    signup.answer(installation)
    assert transactional.send_waiting(installation) == 2


def test_what_is_held_can_be_seen_taken_and_erased(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    assert "on its way" in client.post(f"/p/{token(installation)}", data={"act": "held"}).text
    path = link_in(installation, mailbox)
    assert "reader0@a.example" in client.get(path).text
    assert json.loads(client.get(f"{path}/download").text)["email"] == "reader0@a.example"
    assert client.post(path, data={}).status_code == 200  # not sure: nothing happens
    assert book.by_address(installation.store, "reader0@a.example")
    assert "You are forgotten" in client.post(path, data={"sure": "yes"}).text
    assert book.by_address(installation.store, "reader0@a.example") is None
    assert client.get(path).status_code == 404
    assert client.get(f"/p/{token(installation, 2)}").status_code == 200


def test_links_end_with_their_time_and_with_the_address(
    installation: Installation, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = reader(installation)
    path = transactional.link(installation, who, tokens.PERSONAL_DATA).replace(
        installation.settings.site.url, ""
    )
    confirm = transactional.link(installation, who, tokens.CONFIRM).replace(
        installation.settings.site.url, ""
    )
    assert client.get(path).status_code == 200
    assert client.get(path.replace("/me/", "/c/")).status_code == 404  # each for its own purpose
    assert client.get(confirm.replace("/c/", "/me/")).status_code == 404
    letter, unsubscribe = f"/p/{token(installation)}", f"/u/{token(installation)}"
    people.move(installation, who.email, "new@a.example", source="m")
    assert client.get(path).status_code == 404
    assert client.get(letter).status_code == 200  # links of old letters never end
    client.post(unsubscribe)
    assert refusals(installation.store, 1) == ["unsubscribed"]
    fresh = transactional.link(installation, reader(installation), tokens.PERSONAL_DATA).replace(
        installation.settings.site.url, ""
    )
    monkeypatch.setattr("distro.subscribers.transactional.time.time", lambda: 4e9)
    assert client.get(fresh).status_code == 404


def test_ten_thousand_forged_links_open_nothing(installation: Installation) -> None:
    """Real ones with a character changed, cut, for another reader, glued from both kinds."""
    dice = random.Random(5)
    real = [token(installation, n) for n in (1, 2, 3)] + [
        transactional.link(installation, reader(installation, n), p).rpartition("/")[2]
        for n in (1, 2)
        for p in (tokens.PERSONAL_DATA, tokens.CONFIRM)
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

            opened += links.reader_of(installation, forged, tokens.UNSUBSCRIBE) is not None
            opened += any(
                transactional.holder_of(installation, forged, purpose)
                for purpose in (tokens.PERSONAL_DATA, tokens.CONFIRM)
            )
    assert opened == 0


def test_what_nobody_confirms_is_forgotten(installation: Installation, client: TestClient) -> None:
    client.post("/subscribe", data={"email": "new@d.example", "list": ["weekly"]})
    signup.answer(installation)
    assert signup.forget_unconfirmed(installation) == 0
    clock.move(8 * 86_400_000)
    assert signup.forget_unconfirmed(installation) == 1
    assert book.by_address(installation.store, "new@d.example") is None


def test_letters_wait_for_a_relay_that_is_away(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    installation = make_installation(tmp_path, server, store)  # nobody listens there
    add_readers(store, 1, folder=tmp_path)
    transactional.post(installation, reader(installation), "held")
    assert transactional.send_waiting(installation) == 0
    assert transactional.waiting(installation) == []
    clock.move(301_000)
    assert len(transactional.waiting(installation)) == 1


def test_a_large_form_is_refused(installation: Installation, client: TestClient) -> None:
    assert client.post(f"/p/{token(installation)}", data={"list": "x" * 20_000}).status_code == 413


def test_no_public_list_no_subscribe_page(tmp_path: Path, server: Embedded, store: Store) -> None:
    with TestClient(create_app(make_installation(tmp_path, server, store))) as client:
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
    installation: Installation, client: TestClient
) -> None:
    """Columns that scripts read as bitmaps stay bitmaps, and a page takes only the languages that
    it offers.
    """
    for n in range(3):
        client.post(
            f"/p/{token(installation)}",
            data={"act": "save", "list": ["journalists"], "language": f"x{n}"},
        )
    assert reader(installation).language == "en"
    for n in range(300):
        people.edit(installation, "reader0@a.example", {"frequency": f"f{n}"}, source="m")
    assert installation.store.hash(keys.COLUMNS)["frequency"] == "index"


def test_an_old_letter_does_not_undo_a_later_wish(
    installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    client.post("/subscribe", data={"email": "new@d.example", "list": ["weekly"]})
    path = link_in(installation, mailbox)
    client.post(path)
    new = book.by_address(installation.store, "new@d.example")
    assert new is not None
    client.post(f"/u/{token(installation, new.id)}", data={"List-Unsubscribe": "One-Click"})
    assert "too old" in client.post(path).text
    assert refusals(installation.store, new.id) == ["unsubscribed"]


def test_one_place_does_not_shut_the_page_for_all(installation: Installation) -> None:
    assert [rate_limits.allowed(installation, "7.7.7.7") for _ in range(70)] == [True] * 10 + [
        False
    ] * 60
    assert rate_limits.allowed(installation, "8.8.8.8")


def test_no_letter_goes_to_who_may_not_be_written_to(
    tmp_path: Path, installation: Installation, client: TestClient, mailbox: Mailbox
) -> None:
    opt_outs.suppress(installation, "reader1@b.example", "letter of her lawyer", source="m")
    client.post("/subscribe", data={"email": "reader1@b.example", "list": ["weekly"]})
    signup.answer(installation)
    assert transactional.waiting(installation) == []
    transactional.post(installation, reader(installation, 2), "held")
    trial = make_installation(
        tmp_path,
        Embedded(tmp_path),
        installation.store,
        relay=[{"url": f"smtp://127.0.0.1:{mailbox.port}?tls=off"}],
        site={"environment": "trial", "allow": ["c.example"]},
    )
    transactional.post(installation, reader(installation, 1), "held")
    transactional.post(installation, reader(installation, 3), "held")
    assert transactional.send_waiting(trial) == 1
    assert [to for to, _ in mailbox.accepted] == ["reader2@c.example"]


def test_a_letter_that_was_taken_does_not_go_again_when_the_next_one_fails(
    installation: Installation, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distro.relay.endpoint import ConnectionBrokenError
    from distro.relay.session import Session

    real, count = Session.send, 0

    async def breaks(self: Session, *words: object, **more: object) -> object:
        nonlocal count
        count += 1
        if count == 2:
            raise ConnectionBrokenError("gone")
        return await real(self, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "send", breaks)
    for number in (1, 2, 3):
        transactional.post(installation, reader(installation, number), "held")
    assert transactional.send_waiting(installation) == 1
    clock.move(301_000)
    assert transactional.send_waiting(installation) == 2
    assert len({to for to, _ in mailbox.accepted}) == len(mailbox.accepted) == 3


def test_forgetting_the_unconfirmed_forgets_no_wish_and_no_subscriber(
    installation: Installation, client: TestClient, tmp_path: Path
) -> None:
    for name in ("vic", "imp", "gone"):
        client.post("/subscribe", data={"email": f"{name}@d.example", "list": ["weekly"]})
    signup.answer(installation)
    vic = book.by_address(installation.store, "vic@d.example")
    assert vic is not None
    installation.consent.record(
        installation.store,
        subscriber=vic.id,
        address=vic.email,
        act=consent.UNSUBSCRIBED,
        source="telephone",
    )
    path = tmp_path / "rows.csv"
    path.write_text("email,name\nimp@d.example,Imp\n")
    importing.commit(
        installation.store,
        importing.stage(
            installation.store, path, "press", actor="t", hashes_of=installation.hashes_of
        ).number,
        installation.consent,
    )
    clock.move(8 * 86_400_000)
    signup.forget_unconfirmed(installation)
    assert book.by_address(installation.store, "gone@d.example") is None
    imp = book.by_address(installation.store, "imp@d.example")
    assert imp is not None
    assert refusals(installation.store, imp.id) == []
    path.write_text("email\nvic@d.example\ngone@d.example\n")
    importing.commit(
        installation.store,
        importing.stage(
            installation.store, path, "press", actor="t", hashes_of=installation.hashes_of
        ).number,
        installation.consent,
    )
    for name, said in (("vic", ["unsubscribed"]), ("gone", [])):
        who = book.by_address(installation.store, f"{name}@d.example")
        assert who is not None
        assert refusals(installation.store, who.id) == said
