"""What a request may be, what it is answered, and what it cannot do twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from distro.actors import Actor
from distro.audience.search_index import SearchIndex
from distro.errors import StoreGoneError
from distro.store import Store, api_answers, distributions, users
from distro.store.embedded import Embedded
from distro.web.api import credentials
from distro.web.api.problems import KINDS
from tests.support import clock
from tests.support.office import GENEVA, Office, make_office, release_file

SOON = {"to": "journalists", "at": "2099-01-01 10:00 UTC"}


def submitted(office: Office, key: str = "one", **fields: str) -> Any:
    return office.ask(
        "POST",
        "/distributions",
        role="editor",
        key=key,
        files=[release_file(headline="A new one")],
        data=SOON | fields,
    )


def test_a_release_is_checked_planned_submitted_and_reported(office: Office) -> None:
    files = [release_file(headline="A new one")]
    checked = office.ask("POST", "/check", role="viewer", files=files).json()
    assert checked["ok"]
    assert checked["editions"][0]["headline"] == "A new one"
    planned = office.ask("POST", "/plan", role="editor", files=[release_file()], data=SOON).json()
    assert (planned["audience"], planned["matched"]) == (3, 3)
    made = submitted(office)
    assert made.status_code == 201
    assert made.json()["distribution"] == "D3"
    report = office.ask("GET", "/distributions/D3", role="viewer").json()
    assert report["audience"] == sum(report["counts"].values()) == 3
    halted = office.ask("POST", "/distributions/D3/halt", json={"reason": "wrong photo"}).json()
    assert halted == {"distribution": "D3", "state": "halted"}
    happened = office.ask("GET", "/distributions/D3/events").json()["events"]
    assert (happened[-1]["act"], happened[-1]["actor"]) == ("halted", "admin")
    assert [event["sequence"] for event in happened] == list(range(1, len(happened) + 1))


def test_nothing_is_read_before_it_is_known_who_asks(office: Office) -> None:
    for body in (b"{", b"x" * 100_000, json.dumps({"reason": "x"}).encode()):
        answer = office.client.post("/api/v1/distributions/D1/halt", content=body)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    # Also where nothing is.
    assert office.client.get("/api/v1/nothing").status_code == 401
    assert office.ask("GET", "/nothing").status_code == 404
    wrong = office.ask("PUT", "/distributions/D1")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")


def test_a_token_that_is_over_opens_nothing(office: Office) -> None:
    store = office.installation.store
    token = users.add(store, "old", "admin", expires_ms=store.now_ms() + 1000)
    shown = {"Authorization": f"Bearer {token}"}
    assert office.client.get("/api/v1/me", headers=shown).status_code == 200
    clock.move(2000)
    assert office.client.get("/api/v1/me", headers=shown).status_code == 401
    clock.move(0)
    users.disable(store, "old")
    assert office.client.get("/api/v1/me", headers=shown).status_code == 401


def test_guesses_are_counted_and_end(office: Office) -> None:
    found = {
        office.client.get("/api/v1/me", headers={"Authorization": f"Bearer x{n}"}).status_code
        for n in range(25)
    }
    assert found == {401, 429}
    assert office.ask("GET", "/me").status_code == 200  # who has a token is not held up by it


def test_all_that_is_wrong_is_told_at_once_with_a_pointer_each(office: Office) -> None:
    answer = office.ask(
        "POST", "/subscribers", json={"address": "x", "lists": [], "colour": "blue"}
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"].endswith("/problems/bad_values")
    pointers = {error["pointer"] for error in problem["errors"]}
    assert pointers == {"/address", "/lists", "/colour"}
    answer = office.ask("GET", "/distributions", params={"limit": "0", "colour": "blue"})
    assert {e["parameter"] for e in answer.json()["errors"]} == {"limit", "colour"}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"reason": NaN}', 400),
        (b'{"reason": ' + b"[" * 5000 + b"}", 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b'{"reason": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_none_is_refused(office: Office, content: bytes, status: int) -> None:
    answer = office.ask(
        "POST",
        "/distributions/D1/halt",
        content=content,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status
    assert distributions.read(office.installation.store, "1").state == "scheduled"


def test_another_media_type_is_refused(office: Office) -> None:
    answer = office.ask("POST", "/distributions/D1/halt", content=b"reason=x")
    assert answer.status_code == 415
    answer = office.ask("POST", "/plan", json={"to": "journalists"})
    assert answer.status_code == 415


def test_files_keep_their_names_and_no_folders(office: Office) -> None:
    part = release_file(name="../../etc/cron.d/evil.md")
    checked = office.ask("POST", "/check", files=[part]).json()
    assert checked["editions"][0]["file"] == "evil.md"
    twice = office.ask("POST", "/check", files=[release_file(), release_file()])
    assert twice.status_code == 422
    none = office.ask("POST", "/check", files=[("colour", release_file()[1])])
    assert none.status_code == 422


def test_what_sends_needs_a_key_and_sends_once(office: Office) -> None:
    assert submitted(office, key="").status_code == 400
    first, second = submitted(office), submitted(office)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert submitted(office, at="2099-01-02 10:00 UTC").status_code == 422  # another order
    quoted = submitted(office, key='"one"')  # a structured-field string is the same key
    assert quoted.json() == first.json()
    assert len(distributions.newest(office.installation.store)) == 3


def test_a_refusal_is_not_kept_with_its_key(office: Office) -> None:
    refused = submitted(office, to="nobody-here")
    assert refused.status_code == 422
    assert submitted(office).status_code == 201


@pytest.mark.parametrize("act", ["distributions", "distributions/D1/kill"])
def test_a_death_between_act_and_answer_gives_the_same_answer(
    office: Office, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> Any:
        if act == "distributions":
            return submitted(office)
        return office.ask("POST", f"/{act}", key="one", json={"note": "Do not use it."})

    real = api_answers.finish

    def dies(*args: object) -> None:
        del args
        raise StoreGoneError("the process ends here")

    monkeypatch.setattr(api_answers, "finish", dies)
    monkeypatch.setattr(api_answers, "give_up", lambda *_: None)
    assert ask().status_code == 503
    monkeypatch.setattr(api_answers, "finish", real)
    before = distributions.newest(office.installation.store)
    assert ask().status_code == 409  # it may still be under way
    office.installation.store.command(
        "DEL", *office.installation.store.names("api:lease:*")
    )  # half a minute later
    answer = ask()
    assert answer.status_code in (200, 201)
    assert answer.json()["distribution"] == before[0].label
    assert distributions.newest(office.installation.store) == before
    assert ask().json() == answer.json()


def test_who_saw_another_state_changes_nothing(office: Office) -> None:
    seen = office.ask("GET", "/distributions/D1").headers["etag"]
    office.ask("POST", "/distributions/D1/halt", json={})
    late = office.ask("POST", "/distributions/D1/cancel", json={}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert distributions.read(office.installation.store, "1").state == "halted"
    now = late.headers["etag"]
    done = office.ask("POST", "/distributions/D1/cancel", json={}, headers={"If-Match": now})
    assert done.status_code == 200
    seen = office.ask("GET", "/subscribers/reader0@a.example").headers["etag"]
    one = {"columns": {"name": "One"}}
    match = {"If-Match": seen}
    path = "/subscribers/reader0@a.example"
    assert office.ask("PATCH", path, json=one, headers=match).status_code == 200
    assert office.ask("PATCH", path, json=one, headers=match).status_code == 412


def test_lists_are_walked_to_their_end(office: Office) -> None:
    found: list[str] = []
    cursor = ""
    while True:
        page = office.ask("GET", "/subscribers", params={"limit": 2, "cursor": cursor}).json()
        found += [person["email"] for person in page["people"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(found) == len(set(found)) == page["found"] == 7


def test_a_person_is_added_changed_suppressed_and_erased(office: Office) -> None:
    body = {"address": "ana@daily.example", "lists": ["journalists"], "columns": {"name": "Ana"}}
    assert office.ask("POST", "/subscribers", json=body).status_code == 201
    path = "/subscribers/ana@daily.example"
    moved = office.ask("PATCH", path, json={"address": "ana@weekly.example"}).json()
    assert moved["email"] == "ana@weekly.example"
    path = "/subscribers/ana@weekly.example"
    office.ask("POST", f"{path}/suppression", json={"reason": "her lawyer wrote"})
    assert office.ask("GET", path).json()["refused"] == ["suppressed"]
    office.ask("POST", f"{path}/suppression/lift", json={"reason": "she wrote again"})
    assert office.ask("GET", path).json()["may_be_written_to"]
    assert office.ask("DELETE", path).json() == {"email": "ana@weekly.example", "erased": True}
    assert office.ask("GET", path).status_code == 404


def test_an_act_of_the_api_is_in_the_audit_log(office: Office) -> None:
    office.ask("POST", "/distributions/D1/halt", role="editor", json={"reason": "wrong photo"})
    line = office.ask("GET", "/audit-log", params={"limit": 1}).json()["lines"][-1]
    told = (line["who"], line["act"], line["about"], line["was"], line["why"], line["host"])
    assert told == ("editor", "halt", "D1", "scheduled", "wrong photo", "testclient")
    assert line["credential"].startswith("token ")


def test_every_kind_of_problem_has_a_page(office: Office) -> None:
    for code in KINDS:
        answer = office.client.get(f"/problems/{code}")
        assert answer.status_code == 200
        assert KINDS[code].title in answer.text
    assert office.client.get("/problems/x").status_code == 404


def test_no_failure_tells_what_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object) -> None:
        del args
        raise RuntimeError("secret: hunter2")

    monkeypatch.setattr(credentials, "check_allowed", breaks)
    answer = office.ask("GET", "/me")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text


def test_a_draft_is_approved_by_the_digest_that_was_seen(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    office = make_office(tmp_path, server, store, approval={"required": 1})
    made = submitted(office).json()
    assert made["state"] == "draft"
    draft = office.ask("GET", "/distributions/D3/draft", role="approver").json()
    assert draft["audience"] == 3
    assert "A new one" in draft["letters"]["en"]
    wrong = office.ask("POST", "/distributions/D3/approval", json={"digest": "0" * 64})
    assert wrong.status_code == 422
    right = office.ask(
        "POST", "/distributions/D3/approval", role="approver", json={"digest": draft["digest"]}
    )
    assert (right.status_code, right.json()["state"]) == (200, "scheduled")


def test_a_scoped_editor_sends_to_people_of_their_lists(office: Office) -> None:
    made = office.ask(
        "POST",
        "/distributions",
        role="editor",
        scope=GENEVA,
        key="x",
        files=[release_file(sender="geneva", headline="Ours alone")],
        data={"to": "country:CH", "at": "2099-01-01 10:00 UTC"},
    )
    assert (made.status_code, made.json()["audience"]) == (201, 3)


def test_the_description_names_every_operation_and_needs_no_token(office: Office) -> None:
    found = office.client.get("/openapi.json").json()
    assert found["openapi"] == "3.1.0"
    assert found["paths"]["/api/v1/distributions"]["post"]["x-role"] == "editor"


def test_settings_are_those_that_are_used(
    tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those of a file that lies where the process happens to run."""
    (tmp_path / "distro.toml").write_text('[sender]\nname = "The other office"\n')
    monkeypatch.chdir(tmp_path)
    used = tmp_path / "etc"
    used.mkdir()
    (used / "distro.toml").write_text('[sender]\nname = "Our office"\n')
    office = make_office(tmp_path / "etc", server, store)
    monkeypatch.setattr(office.installation.settings, "_file", used / "distro.toml")
    rows = office.ask("GET", "/settings").json()["settings"]
    found = {row["name"]: (row["value"], row["source"]) for row in rows}
    assert found["sender.name"] == ("Our office", "distro.toml")


def test_a_client_that_goes_before_the_first_line_leaves_its_place(office: Office) -> None:
    """The stream of its command is dropped before it began."""
    import gc

    from distro.web.api import commands, taken
    from distro.web.api.operation import Call, Upload
    from distro.web.api.table import OPERATIONS

    run = next(o for o in OPERATIONS if o.path == "/commands")
    user = users.by_token(office.installation.store, office.token("viewer"))
    assert user is not None
    body = taken.CommandForm(command=json.dumps({"args": ["segments", "list"]}))
    actor = Actor.of("api", office.token("viewer"))
    call = Call(office.installation, user, actor, {}, None, body, Upload(Path()), SearchIndex())
    for _ in range(9):  # more than may run at once
        stream = run.does(call)
        assert commands._Room.people == ["viewer"]
        del stream
        gc.collect()
        assert commands._Room.people == []
