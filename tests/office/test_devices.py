"""A laptop that is let in with a browser (RFC 8628): its own token, by who is really there."""

from typing import Any

from starlette.testclient import TestClient

from distro.cli import remote_login
from distro.store import devices, users
from distro.web.office.visitor import FRESH_MS
from tests.office.conftest import Browser
from tests.office.test_pages import field
from tests.support import clock
from tests.support.office import GENEVA, Office


def let_in(client: TestClient, code: str) -> Any:
    csrf = field(client.get("/office/device").text, "csrf")
    return client.post("/office/device", data={"csrf": csrf, "code": code})


def begun(office: Office) -> Any:
    return office.client.post("/office/device/begin").json()


def poll(office: Office, code: str) -> Any:
    return office.client.post("/office/device/token", data={"device_code": code})


def test_a_device_gets_its_token_once_it_is_let_in(office: Office, browser: Browser) -> None:
    asked = begun(office)
    assert asked["verification_uri"] == "https://press.example/office/device"
    assert poll(office, asked["device_code"]).json() == {"error": "authorization_pending"}
    assert "testclient acts as you" in let_in(browser("editor"), asked["user_code"].lower()).text
    token = poll(office, asked["device_code"]).json()["access_token"]
    shown = {"Authorization": f"Bearer {token}"}
    assert office.client.get("/api/v1/me", headers=shown).json()["name"] == "editor"
    assert poll(office, asked["device_code"]).json() == {"error": "expired_token"}
    line = office.ask("GET", "/audit-log", params={"limit": 1}).json()["lines"][-1]
    told = (line["act"], line["who"], line["wanted"])
    assert told == ("device", "editor", "let in from testclient")


def test_its_token_ends_with_the_persons_and_by_itself(office: Office, browser: Browser) -> None:
    for ended in (True, False):
        asked = begun(office)
        let_in(browser("viewer"), asked["user_code"])
        token = poll(office, asked["device_code"]).json()["access_token"]
        shown = {"Authorization": f"Bearer {token}"}
        assert office.client.get("/api/v1/me", headers=shown).status_code == 200
        if ended:
            office.tokens["viewer"] = users.new_token(office.installation.store, "viewer")
        else:
            clock.move(91 * 86_400_000)
        assert office.client.get("/api/v1/me", headers=shown).status_code == 401


def test_it_sees_no_more_than_its_person(office: Office, browser: Browser) -> None:
    asked = begun(office)
    let_in(browser("viewer", GENEVA), asked["user_code"])
    token = poll(office, asked["device_code"]).json()["access_token"]
    shown = {"Authorization": f"Bearer {token}"}
    assert office.client.get("/api/v1/distributions/D2", headers=shown).status_code == 404


def test_only_who_just_signed_in_lets_a_device_in(office: Office, browser: Browser) -> None:
    asked = begun(office)
    client = browser("editor")
    assert "No device shows this code" in let_in(client, "BCDF-GHJK").text
    csrf = field(client.get("/office/device").text, "csrf")
    data = {"csrf": "x", "code": asked["user_code"]}
    assert client.post("/office/device", data=data).status_code == 400
    clock.move(FRESH_MS + 1000)
    data["csrf"] = csrf
    assert client.post("/office/device", data=data).status_code == 403
    assert poll(office, asked["device_code"]).json() == {"error": "authorization_pending"}


def test_a_code_counts_once_and_guesses_are_counted(office: Office, browser: Browser) -> None:
    store = office.installation.store
    asked = devices.begin(store, "here")
    assert devices.allow(store, asked.user_code, "ana", "1")
    assert not devices.allow(store, asked.user_code, "ben", "1")
    client = browser("editor")
    found = [let_in(client, f"BCDF-GHJ{letter}").status_code for letter in "BCDFGHJKLMNPQ"]
    assert found[0] == 200
    assert found[-1] == 429


def test_the_command_line_waits_until_it_is_let_in(monkeypatch: Any, capsys: Any) -> None:
    answers = iter(
        [
            (
                200,
                {
                    "device_code": "d",
                    "user_code": "BCDF-GHJK",
                    "expires_in": 60,
                    "interval": 0,
                    "verification_uri_complete": "https://x/office/device?code=BCDF-GHJK",
                },
            ),
            (400, {"error": "authorization_pending"}),
            (200, {"access_token": "distro_d_x"}),
        ]
    )
    monkeypatch.setattr(remote_login, "_post", lambda *_: next(answers))
    assert remote_login.by_browser("https://x") == "distro_d_x"
    assert "BCDF-GHJK" in capsys.readouterr().err
