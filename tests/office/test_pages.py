"""Each page with each role; forms that are ours; acts done once, by who is really there."""

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from distro.actors import ROLES
from distro.installation import passwords
from distro.store import distributions, users
from distro.web.office import uploads
from distro.web.office.table import ACTS, VIEWS
from distro.web.office.view import PREFIX
from distro.web.office.visitor import FRESH_MS
from tests.office.conftest import SITE, Browser
from tests.support import clock
from tests.support.installation import add_readers
from tests.support.office import GENEVA, THEIRS, Office, release_file

_FILL = {"address": "reader0@a.example", "suggestion": "0", "storm": "0", "user": "viewer"}
_FILL |= {"segment": "geneva", "other": "D1", "language": "en"}


def path_of(view: Any, distribution: str = "D1", **fill: str) -> str:
    path: str = view.path.format(**(_FILL | {"distribution": distribution} | fill))
    return PREFIX + path


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def press(client: TestClient, path: str, **more: str) -> Any:
    """Load the page of an act, and press its button."""
    html = client.get(path).text
    hidden = {name: field(html, name) for name in ("csrf", "key", "tag")}
    hidden["tag"] = hidden["tag"].replace("&#34;", '"')
    return client.post(path, data=hidden | more)


def test_nobody_sees_anything_without_signing_in(office: Office) -> None:
    for row in (*VIEWS, *ACTS):
        answer = office.client.get(path_of(row))
        assert answer.status_code == 303, row.path
        assert answer.headers["location"].startswith("/office/sign-in?next=%2Foffice")


def test_each_page_opens_for_whom_the_table_says(browser: Browser) -> None:
    for role in ROLES:
        client = browser(role)
        for view in VIEWS:
            least = max((o.role for o in view.asks.values()), key=ROLES.index)
            status = client.get(path_of(view)).status_code
            if ROLES.index(role) < ROLES.index(least):
                assert status == 403, (role, view.path)
            elif view.template == "draft.html":
                assert status == 409  # there is nothing to approve
            else:
                assert status == 200, (role, view.path)


def test_another_desks_release_reads_as_none(browser: Browser) -> None:
    client = browser("admin", GENEVA)
    csrf = re.compile(r'value="[\w-]{20,}"')
    for row in (r for r in (*VIEWS, *ACTS) if "{distribution}" in r.path):
        answers = [client.get(path_of(row, distribution=name)) for name in ("D2", "D99")]
        assert [a.status_code for a in answers] == [404, 404], row.path
        assert csrf.sub("", answers[0].text) == csrf.sub("", answers[1].text), row.path


def test_another_lists_person_reads_as_nobody(browser: Browser) -> None:
    client = browser("editor", GENEVA)
    assert client.get("/office/people/reader0@a.example").status_code == 200
    assert client.get(f"/office/people/{THEIRS}").status_code == 404
    assert "3 people" in client.get("/office/people").text


def test_a_page_is_shown_under_a_strict_policy(browser: Browser) -> None:
    answer = browser("viewer").get("/office")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert not re.search(r"<script>|style=|onclick", answer.text)
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: Office) -> None:
    answer = office.client.post("/office/sign-in", data={"secret": office.token("viewer")})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_password_signs_in_and_guesses_end(office: Office) -> None:
    office.token("admin")
    passwords.set_password(office.installation, "admin", "twelve towns agree", actor="test")
    good = {"name": "admin", "secret": "twelve towns agree"}
    assert office.client.post("/office/sign-in", data=good).status_code == 303
    for name in ("admin", "nobody"):
        wrong = office.client.post("/office/sign-in", data={"name": name, "secret": "guess"})
        assert wrong.status_code == 401
        assert "not right" in wrong.text
    for _ in range(10):
        office.client.post("/office/sign-in", data={"name": "admin", "secret": "guess"})
    assert office.client.post("/office/sign-in", data=good).status_code == 401


@pytest.mark.parametrize(
    "then", ["https://e.example", "//e.example", "/office//e", "/x", "/office/\n", "/office/\\e"]
)
def test_signing_in_leads_to_pages_of_the_office_only(office: Office, then: str) -> None:
    data = {"secret": office.token("viewer"), "next": then}
    answer = office.client.post("/office/sign-in", data=data)
    assert answer.headers["location"] == "/office"
    data["next"] = "/office/releases/D1"
    answer = office.client.post("/office/sign-in", data=data)
    assert answer.headers["location"] == "/office/releases/D1"


def test_a_form_from_elsewhere_does_nothing(office: Office, browser: Browser) -> None:
    client = browser("editor")
    path = "/office/releases/D1/halt"
    html = client.get(path).text
    data = {name: field(html, name) for name in ("csrf", "key")} | {
        "tag": field(html, "tag").replace("&#34;", '"')
    }
    assert client.post(path, data=data | {"csrf": "x"}).status_code == 400
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, data=data, headers=header).status_code == 400
    assert distributions.read(office.installation.store, "1").state == "scheduled"
    assert client.post(path, data=data, headers={"Origin": SITE}).status_code == 303
    assert distributions.read(office.installation.store, "1").state == "halted"


def test_signing_out_ends_the_session(browser: Browser) -> None:
    client = browser("viewer")
    cookie = dict(client.cookies)
    html = client.get("/office").text
    client.post("/office/sign-out", data={"csrf": field(html, "csrf")})
    client.cookies.update(cookie)  # somebody kept it
    assert client.get("/office").status_code == 303


def test_who_is_disabled_is_out_at_once(office: Office, browser: Browser) -> None:
    client = browser("viewer")
    users.disable(office.installation.store, "viewer")
    assert client.get("/office").status_code == 303


def test_what_cannot_be_taken_back_asks_again_after_five_minutes(
    office: Office, browser: Browser
) -> None:
    client = browser("admin")
    clock.move(FRESH_MS + 1000)
    path = "/office/releases/D1/cancel"
    assert "Your password, or token" in client.get(path).text
    assert press(client, path).status_code == 403
    assert distributions.read(office.installation.store, "1").state == "scheduled"
    other = press(client, path, secret=office.token("approver"))  # somebody else's
    assert other.status_code == 403
    before = dict(client.cookies)
    assert press(client, path, secret=office.token("admin")).status_code == 303
    assert distributions.read(office.installation.store, "1").state == "cancelled"
    assert dict(client.cookies) != before  # the session has another word now
    line = office.ask("GET", "/audit-log", params={"limit": 1}).json()["lines"][-1]
    assert (line["who"], line["act"]) == ("admin", "cancel")
    assert line["credential"].startswith("session ")


@pytest.mark.parametrize(
    ("path", "asked_of"),
    [("/office/people/save", 1001), ("/office/releases/D1/recipients/save", 0)],
)
def test_who_saves_over_a_thousand_people_is_asked_again(
    office: Office, browser: Browser, tmp_path: Path, path: str, asked_of: int
) -> None:
    client = browser("admin")
    clock.move(FRESH_MS + 1000)
    assert "Your password, or token" not in client.get(path).text
    saved = press(client, path)
    assert saved.headers["content-disposition"].startswith("attachment; filename=")
    assert saved.text.startswith("\ufeff")
    add_readers(office.installation.store, asked_of, name="many", folder=tmp_path, first=100)
    if asked_of:
        assert "Your password, or token" in client.get(path).text
        assert press(client, path).status_code == 403
        assert "Your password" not in client.get(f"{path}?segment=journalists").text
        assert press(client, path, segment="journalists").text.count("\n") == 4
        whole = press(client, path, secret=office.token("admin"))
        assert whole.text.count("\n") == 1 + 7 + asked_of
        assert "reader12@a.example" in whole.text
        line = office.ask("GET", "/audit-log", params={"limit": 1}).json()["lines"][-1]
        assert (line["who"], line["act"], line["wanted"]) == ("admin", "export", "everybody")


def test_who_sees_a_list_saves_that_list(browser: Browser) -> None:
    text = press(browser("editor", GENEVA), "/office/people/save").text
    assert text.count("\n") == 4
    assert THEIRS not in text


def test_all_that_is_held_on_a_person_is_saved_for_them(browser: Browser) -> None:
    saved = press(browser("editor"), "/office/people/reader0@a.example/save")
    assert saved.headers["content-disposition"] == 'attachment; filename="personal-data.json"'
    assert saved.json()["email"] == "reader0@a.example"
    assert browser("viewer").get("/office/people/reader0@a.example/save").status_code == 403


def test_a_person_is_added_and_their_token_shown_once(office: Office, browser: Browser) -> None:
    client = browser("admin")
    add = {"name": "eve", "role": "editor", "desks": "geneva", "lists": "journalists, partners"}
    html = press(client, "/office/users/add", **add).text
    token = re.search(r"distro_[\w-]{40,}", html)
    assert token
    store = office.installation.store
    eve = users.by_token(store, token[0])
    assert eve
    assert (eve.name, eve.role) == ("eve", "editor")
    assert (eve.scope.desks, eve.scope.lists) == (("geneva",), ("journalists", "partners"))
    assert eve.expires_ms
    assert "there is a eve already" in press(client, "/office/users/add", **add).text
    another = press(client, "/office/users/eve/token").text
    assert users.by_token(store, token[0]) is None
    assert token[0] not in another
    assert "distro_" in another


def test_a_domain_is_halted_and_goes_on(browser: Browser) -> None:
    client = browser("admin")
    halt = press(client, "/office/relays/halt", domain="outlook.com", during="2h", reason="blocked")
    assert halt.headers["location"] == "/office/relays"
    html = client.get("/office/relays").text
    assert "outlook.com" in html
    assert "blocked" in html
    again = re.search(r'href="(/office/relays/halt[^"]+)"', html)
    assert again
    assert 'value="0s"' in client.get(again[1].replace("&amp;", "&")).text
    press(client, "/office/relays/halt", domain="outlook.com", during="0s")
    assert "outlook.com" not in client.get("/office/relays").text


def test_an_act_is_done_on_what_was_seen(office: Office, browser: Browser) -> None:
    client = browser("editor")
    path = "/office/releases/D1/reschedule"
    html = client.get(path).text
    data = {n: field(html, n).replace("&#34;", '"') for n in ("csrf", "key", "tag")}
    office.ask("POST", "/distributions/D1/halt", json={})
    answer = client.post(path, data=data | {"at": "2098-01-01 10:00"})
    assert answer.status_code == 412
    assert "look again" in answer.text


def test_what_is_wrong_stands_beside_what_was_typed(browser: Browser) -> None:
    answer = press(browser("editor"), "/office/releases/D1/reschedule", at="some day soon")
    assert answer.status_code == 409
    assert 'value="some day soon"' in answer.text
    assert "the time" in answer.text


def test_a_release_is_composed_checked_planned_and_submitted(
    office: Office, browser: Browser
) -> None:
    client = browser("editor")
    csrf = field(client.get("/office/compose").text, "csrf")
    kept = client.post("/office/compose", data={"csrf": csrf}, files=[release_file()])
    assert kept.status_code == 303
    page = kept.headers["location"]
    assert "Towns agree" in client.get(page).text
    assert "About Towns agree" in client.get(f"{page}/letters/en").text
    planned = client.get(page, params={"to": "journalists", "at": "2099-01-01 10:00"})
    assert "3 will get it" in planned.text
    wrong = client.get(page, params={"to": "jornalists"})
    assert "there is no list or segment" in wrong.text
    data = {name: field(planned.text, name) for name in ("csrf", "key", "to", "at")}
    made = [client.post(f"{page}/submit", data=data) for _ in range(2)]
    assert [m.headers["location"] for m in made] == ["/office/releases/D3"] * 2
    assert len(distributions.newest(office.installation.store)) == 3
    assert browser("approver").get(page).status_code == 404  # somebody else's upload


def test_a_spreadsheet_is_looked_at_and_then_taken(office: Office, browser: Browser) -> None:
    client = browser("editor")
    csrf = field(client.get("/office/import").text, "csrf")
    file = ("files", ("new.csv", b"E-mail,Full name\nana@daily.example,Ana Ruiz\n", "text/csv"))
    kept = client.post("/office/import", data={"csrf": csrf, "list": "radio"}, files=[file])
    html = client.get(kept.headers["location"]).text
    assert "1 new" in html
    assert "Full name" in html
    assert office.ask("GET", "/subscribers").json()["found"] == 7
    place = kept.headers["location"].partition("?")[0]
    data = {name: field(html, name) for name in ("csrf", "list")}
    assert "Taken." in client.post(f"{place}/take", data=data).text
    assert office.ask("GET", "/subscribers").json()["found"] == 8


def test_a_stranger_uploads_nothing(office: Office) -> None:
    answer = office.client.post("/office/compose", files=[release_file()])
    assert answer.headers["location"] == "/office/sign-in"


def test_the_letter_is_shown_in_a_sandbox(browser: Browser) -> None:
    client = browser("viewer")
    assert "phone" in client.get("/office/releases/D1/letters").text
    letter = client.get("/office/releases/D1/letters/en")
    assert "The ours" in letter.text
    assert letter.headers["content-security-policy"].startswith("sandbox;")
    assert client.get("/office/releases/D1/letters/fr").status_code == 404


def test_numbers_lead_to_lists_of_that_length(office: Office, browser: Browser) -> None:
    client = browser("viewer")
    for path in ("/office/segments", "/office/segments?expression=country:CH"):
        html = client.get(path).text
        found = re.findall(r'<a href="(/office/people\?segment=[^"]+)">([\d,]+)</a>', html)
        assert found
        for link, number in found:
            listed = client.get(link.replace("&amp;", "&")).text
            assert f"{number} {'person' if number == '1' else 'people'}" in listed
            assert listed.count('href="/office/people/') == int(number)


def kept_uploads() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("distro-office-*")}


def test_who_may_not_upload_leaves_nothing(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = browser("viewer")
    csrf = field(client.get("/office").text, "csrf")
    for path in ("/office/compose", "/office/import", "/office/releases/D1/correct"):
        answer = client.post(path, data={"csrf": csrf, "list": "x"}, files=[release_file()])
        assert answer.status_code == 403
    wrong = browser("editor")
    assert wrong.post("/office/compose", data={"csrf": "x"}, files=[release_file()]).status_code
    assert kept_uploads() == set()


def test_who_showed_that_it_is_them_stays_whatever_comes_of_it(
    office: Office, browser: Browser
) -> None:
    client = browser("admin")
    clock.move(FRESH_MS + 1000)
    proof = {"secret": office.token("admin")}
    closing = {"told": "D999", "reason": "merged"}
    answer = press(client, "/office/segments/journalists/close", **closing, **proof)
    assert answer.status_code == 404
    assert client.get("/office").status_code == 200
    assert "Your password, or token" not in client.get("/office/releases/D1/cancel").text


def test_a_button_that_is_pressed_twice_does_it_once_and_signs_nobody_out(
    office: Office, browser: Browser
) -> None:
    client = browser("admin")
    clock.move(FRESH_MS + 1000)
    before = dict(client.cookies)
    kill = "/office/releases/D2/kill"
    html = client.get(kill).text
    hidden = {n: field(html, n).replace("&#34;", '"') for n in ("csrf", "key", "tag")}
    sent = hidden | {"note": "do not use it", "secret": office.token("admin")}
    first = client.post(kill, data=sent)
    client.cookies.clear()
    client.cookies.update(before)
    second = client.post(kill, data=sent)
    assert (first.status_code, second.status_code) == (303, 412)
    assert "changed while you looked" in second.text
    clock.move(2 * FRESH_MS)
    client.cookies.clear()
    client.cookies.update(before)
    assert client.get("/office").status_code == 303  # the word before is over


@pytest.mark.parametrize("during", ["9999999d", "1e9d", "-1s"])
def test_no_time_is_so_long_that_pages_break(browser: Browser, during: str) -> None:
    client = browser("admin")
    halt = press(client, "/office/relays/halt", domain="x.example", during=during)
    assert halt.status_code in (409, 422)
    assert "x.example" not in client.get("/office/relays").text
    add = press(client, "/office/users/add", name="eve", role="viewer", expires=during)
    assert add.status_code in (409, 422)
    assert client.get("/office/users").status_code == 200


def test_who_was_ended_gets_no_token_that_opens_nothing(office: Office, browser: Browser) -> None:
    office.token("viewer")
    users.disable(office.installation.store, "viewer")
    answer = press(browser("admin"), "/office/users/viewer/token")
    assert answer.status_code == 409
    assert "was ended" in answer.text


def test_what_was_uploaded_is_gone_in_its_time(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(uploads, "_LOOK", 0.01)
    monkeypatch.setattr(uploads, "_KEPT", 0.2)
    client = browser("editor")
    csrf = field(client.get("/office/compose").text, "csrf")
    page = client.post("/office/compose", data={"csrf": csrf}, files=[release_file()])
    assert client.get(page.headers["location"]).status_code in (200, 404)
    end = time.monotonic() + 10
    while kept_uploads() and time.monotonic() < end:
        time.sleep(0.01)
    assert kept_uploads() == set()
    assert client.get(page.headers["location"]).status_code == 404
