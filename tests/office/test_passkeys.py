"""Passkeys that are none: garbage, other people's, answers that come twice or too late."""

import base64
import json
from typing import Any

import pytest

from distro.errors import RefusedError
from distro.installation import passkeys
from distro.store import passkeys as kept
from distro.store import users
from distro.web.office.visitor import FRESH_MS
from tests.office.conftest import Browser
from tests.office.test_pages import field
from tests.support import clock
from tests.support.office import Office


def answer_of(name: str, **response: str) -> str:
    """A browser's answer of the right form, with nothing good in it."""
    text = base64.urlsafe_b64encode(b"x" * 40).decode().rstrip("=")
    parts = {"clientDataJSON": text, "authenticatorData": text, "signature": text} | response
    return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})


GARBAGE = ["", "x", "[]", "{}", '{"id": 5}', "[" * 5000, answer_of("AAAA"), '{"id": "AAAA"}']


@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_is_nobodys_passkey(office: Office, answer: str) -> None:
    made = office.installation
    users.add(made.store, "ana", "admin")
    kept.add(made.store, "ana", kept.Passkey("AAAA", "AAAA", 1))
    with pytest.raises(RefusedError):
        passkeys.whose(made, answer, passkeys.ask(made).state)
    user = users.get(made.store, "ana")
    assert user is not None
    with pytest.raises(RefusedError):
        passkeys.add(made, user, answer, passkeys.ask_for_new(made, user).state, "test")
    assert len(kept.of_user(made.store, "ana")) == 1


def test_a_question_is_answered_once_by_whom_it_was_put_to_and_in_time(office: Office) -> None:
    made = office.installation
    users.add(made.store, "ana", "admin")
    users.add(made.store, "ben", "admin")
    ana, ben = users.get(made.store, "ana"), users.get(made.store, "ben")
    assert ana is not None
    assert ben is not None
    asked = passkeys.ask_for_new(made, ana)
    for who, state in ((ben, asked.state), (ana, asked.state), (ana, "")):
        with pytest.raises(RefusedError, match="took too long"):
            passkeys.add(made, who, answer_of("A"), state, "test")  # the first used it up
    with pytest.raises(RefusedError, match="took too long"):
        passkeys.whose(made, answer_of("A"), passkeys.ask_for_new(made, ana).state)


def test_a_passkey_has_one_owner_and_only_they_forget_it(office: Office) -> None:
    store = office.installation.store
    assert kept.add(store, "ana", kept.Passkey("K", "x", 1))
    assert not kept.add(store, "ben", kept.Passkey("K", "y", 2))
    kept.remove(store, "ben", "K")
    assert kept.find(store, "K") == ("ana", kept.Passkey("K", "x", 1))
    kept.remove(store, "ana", "K")
    assert kept.find(store, "K") is None


def test_a_way_in_is_added_only_by_who_just_signed_in(browser: Browser) -> None:
    client = browser("viewer")
    csrf = field(client.get("/office/passkeys").text, "csrf")
    asked: Any = client.post("/office/passkeys/new", data={"csrf": csrf})
    assert asked.json()["options"]["authenticatorSelection"]["userVerification"] == "required"
    clock.move(FRESH_MS + 1000)
    assert client.post("/office/passkeys/new", data={"csrf": csrf}).status_code == 403
    data = {"csrf": csrf, "assertion": answer_of("A"), "state": asked.json()["state"]}
    assert client.post("/office/passkeys", data=data).status_code == 403
    assert client.post("/office/passkeys/new", data={"csrf": "x"}).status_code == 400
