"""What a hostile reader did to the first version, each mended with a test of its own."""

from distro.installation import passwords
from distro.store import users
from tests.support.office import GENEVA, THEIRS, Office, release_file


def test_if_match_holds_for_what_sends_too(office: Office) -> None:
    note = {"note": "Do not use it."}
    path = "/distributions/D1/kill"
    late = office.ask("POST", path, key="k", json=note, headers={"If-Match": '"bogus"'})
    assert late.status_code == 412
    seen = office.ask("GET", "/distributions/D1").headers["etag"]
    done = office.ask("POST", path, key="k", json=note, headers={"If-Match": seen})
    assert done.status_code == 200
    again = office.ask("POST", path, key="k", json=note, headers={"If-Match": seen})
    assert again.json() == done.json()  # though it is another state by now


def test_a_scope_hides_recipients_by_name_and_counts_them(office: Office) -> None:
    from tests.support.story import Story

    file = release_file(sender="geneva", headline="To both")
    data = {"to": "journalists or partners"}
    made = office.ask("POST", "/distributions", key="b", files=[file], data=data).json()
    story = Story(office.installation)
    story.run()
    story.stop()
    path = f"/distributions/{made['distribution']}/recipients"
    seen = office.ask("GET", path, role="viewer", scope=GENEVA).json()
    assert seen["count"] == 7
    assert sum("@" in r["address"] for r in seen["recipients"]) == 3
    csv = office.ask("GET", f"{path}.csv", role="viewer", scope=GENEVA).text
    assert THEIRS not in csv
    assert THEIRS in office.ask("GET", f"{path}.csv").text


def test_a_session_ends_with_the_token_or_password_that_opened_it(office: Office) -> None:
    store = office.installation.store
    for change in (
        lambda: users.new_token(store, "admin"),
        lambda: passwords.set_password(office.installation, "admin", "x" * 12, actor="t"),
    ):
        token = users.new_token(store, "admin") if "admin" in office.tokens else ""
        token = token or office.token("admin")
        office.tokens["admin"] = token
        office.client.post("/office/sign-in", data={"secret": token})
        assert office.client.get("/office").status_code == 200
        change()
        assert office.client.get("/office").status_code == 303


def test_guesses_at_a_name_lock_nobody_out_of_their_token(office: Office) -> None:
    from distro.web.office.signing_in import SigningIn

    page = SigningIn(office.installation)
    token = office.token("admin")
    for n in range(25):
        assert page.proved({"name": "admin", "secret": "guess"}, f"192.0.2.{n}") is None
    assert page.proved({"name": "admin", "secret": token}, "198.51.100.1") is not None
