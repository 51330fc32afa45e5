"""Webhooks of providers: valid, forged, replayed, of another topic, and without a key."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from distro.audience import book
from distro.incoming import processing
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.store import Store, consents
from distro.store.embedded import Embedded
from distro.web import feedback_webhooks
from distro.web.application import create_app
from tests.incoming.conftest import RETURN_PATH, Office
from tests.support import webhooks
from tests.support.installation import add_readers, make_installation
from tests.support.returned import Sent
from tests.support.webhooks import Happened, Post

NAMES = sorted(webhooks.PROVIDERS)
QUEUE_ID = "7f3ab2c1-9d"  # what the provider calls the letter of the first reader


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Office:
    """An office that knows every provider."""
    installation = make_installation(
        tmp_path,
        server,
        store,
        feedback={"return_path": RETURN_PATH, "webhooks": webhooks.SETTINGS},
    )
    add_readers(store, 4, folder=tmp_path)
    found = Office(installation, tmp_path)

    def answer(message: Message) -> Outcome | None:
        first = message.recipient.startswith("reader0")
        queue_id = QUEUE_ID if first else "other"
        return Outcome(State.ACCEPTED, 250, "2.0.0 ok", queue_id, "relay:25")

    found.answer = answer
    return found


@pytest.fixture
def pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The office's pages, which fetch Amazon's certificate from here."""
    pem = webhooks.certificate()
    monkeypatch.setattr(feedback_webhooks, "_certificate", lambda _: pem)
    with TestClient(create_app(office.installation), raise_server_exceptions=False) as found:
        yield found


def post(pages: TestClient, name: str, what: Post) -> int:
    return pages.post(f"/feedback/{name}", content=what.body, headers=what.headers).status_code


def happened(letter: Sent, kind: str = "bounce") -> Happened:
    message_id = str(letter.letter["Message-ID"])
    return Happened(letter.recipient, message_id, letter.sender, kind, QUEUE_ID)


@pytest.mark.parametrize("name", NAMES)
def test_a_bounce_lands_on_its_recipient(office: Office, pages: TestClient, name: str) -> None:
    first = office.publish()[0]
    assert post(pages, name, webhooks.PROVIDERS[name](happened(first))) == 200
    assert sorted(office.states()) == sorted("aaaa")  # kept; carried out by the sweep
    assert processing.once(office.installation) == 1
    assert sorted(office.states()) == sorted("baaa")
    who = book.person(office.store, first.recipient)
    assert consents.refusals(office.store, who.id)[:1] in (["suppressed"], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_complaint_unsubscribes(office: Office, pages: TestClient, name: str) -> None:
    first = office.publish()[0]
    assert post(pages, name, webhooks.PROVIDERS[name](happened(first, "complaint"))) == 200
    processing.once(office.installation)
    assert sorted(office.states()) == sorted("maaa")
    who = book.person(office.store, first.recipient)
    assert consents.refusals(office.store, who.id) == ["unsubscribed"]


@pytest.mark.parametrize("name", NAMES)
def test_delivered_moves_nothing(office: Office, pages: TestClient, name: str) -> None:
    first = office.publish()[0]
    assert post(pages, name, webhooks.PROVIDERS[name](happened(first, "delivered"))) == 200
    processing.once(office.installation)
    assert office.states() == "aaaa"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_post_again_counts_once(office: Office, pages: TestClient, name: str) -> None:
    what = webhooks.PROVIDERS[name](happened(office.publish()[0]))
    assert [post(pages, name, what), post(pages, name, what)] == [200, 200]
    processing.once(office.installation)
    assert post(pages, name, what) == 200
    processing.once(office.installation)
    assert sorted(office.states()) == sorted("baaa")


@pytest.mark.parametrize("name", NAMES)
def test_another_letter_than_ours_has_no_effect(
    office: Office, pages: TestClient, name: str
) -> None:
    second = office.publish()[1]
    strange = Happened(second.recipient, "<1@x.example>", "x@y.example", "bounce", "unknown-id")
    assert post(pages, name, webhooks.PROVIDERS[name](strange)) == 200
    processing.once(office.installation)
    assert office.states() == "aaaa"


FORGED: dict[str, Callable[[Happened], Post]] = {
    "ses": lambda what: webhooks.sns(webhooks.ses_message(what), key=webhooks.OTHER_KEY),
    "sendgrid": lambda what: webhooks.sendgrid(what, key=ec.generate_private_key(ec.SECP256R1())),
    "mailgun": lambda what: webhooks.mailgun(what, secret="another-secret-than-ours"),
    "postmark": lambda what: webhooks.postmark(what, secret="another-secret-than-ours"),
    "brevo": lambda what: webhooks.brevo(what, secret=""),
    "mailjet": lambda what: webhooks.mailjet(what, secret="another-secret-than-ours"),
    "sparkpost": lambda what: webhooks.sparkpost(what, secret="a-long-secret-of-the-offic"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_post_is_refused(office: Office, pages: TestClient, name: str) -> None:
    first = office.publish()[0]
    assert post(pages, name, FORGED[name](happened(first))) == 401
    bare = webhooks.PROVIDERS[name](happened(first))
    unsigned = json.loads(bare.body)
    if name == "ses":
        unsigned["Signature"] = ""
    if name == "mailgun":
        unsigned["signature"] = {}
    assert post(pages, name, Post(json.dumps(unsigned).encode() + b" ")) == 401
    assert post(pages, name, Post(b"")) == 401
    assert post(pages, name, Post(b"not json", {"Authorization": "Basic ???"})) == 401
    assert processing.once(office.installation) == 0
    assert office.states() == "aaaa"


@pytest.mark.parametrize("name", NAMES)
def test_without_a_key_the_address_is_closed(
    tmp_path: Path, server: Embedded, store: Store, name: str
) -> None:
    installation = make_installation(tmp_path, server, store)
    what = Happened("a@b.example", "<1@x>", "x@y.example")
    with TestClient(create_app(installation), raise_server_exceptions=False) as pages:
        assert post(pages, name, webhooks.PROVIDERS[name](what)) == 503
        assert post(pages, "nobody", webhooks.PROVIDERS[name](what)) == 404


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "arn:aws:sns:eu-west-1:999999999999:bounces"},
        {"version": "1"},
        {"url": "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem"},
        {"url": "https://evil.example/SimpleNotificationService-1.pem"},
        {"url": "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"},
        {"url": "https://sns.eu-west-1.amazonaws.com/other.pem"},
        {"url": "https://user@sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"},
        {"at": datetime.now(UTC) - timedelta(hours=2)},
        {"at": datetime.now(UTC) + timedelta(hours=2)},
    ],
    ids=["topic", "version", "host", "host 2", "http", "path", "user", "old", "ahead"],
)
def test_what_amazon_must_be(office: Office, pages: TestClient, change: dict[str, object]) -> None:
    message = webhooks.ses_message(happened(office.publish()[0]))
    assert post(pages, "ses", webhooks.sns(message, **change)) == 401  # type: ignore[arg-type]
    assert post(pages, "ses", webhooks.sns(message)) == 200


def test_a_topic_is_confirmed_by_an_admin_alone(office: Office, pages: TestClient) -> None:
    what = webhooks.sns("You have chosen to subscribe", kind="SubscriptionConfirmation")
    assert post(pages, "ses", what) == 200
    assert processing.mailroom(office.installation).waiting(5) == []


def test_a_message_id_of_amazon_is_good_for_one_content(office: Office, pages: TestClient) -> None:
    first, second, *_ = office.publish()
    assert post(pages, "ses", webhooks.sns(webhooks.ses_message(happened(first)))) == 200
    assert post(pages, "ses", webhooks.sns(webhooks.ses_message(happened(second)))) == 401


def test_a_token_of_mailgun_is_good_for_one_event(office: Office, pages: TestClient) -> None:
    """It signs no event: whoever saw one could write any other under it."""
    first, second, *_ = office.publish()
    assert post(pages, "mailgun", webhooks.mailgun(happened(first))) == 200
    assert post(pages, "mailgun", webhooks.mailgun(happened(second))) == 401


def test_an_old_signature_is_refused(office: Office, pages: TestClient) -> None:
    old, what = datetime.now(UTC).timestamp() - 90_000, happened(office.publish()[0])
    assert post(pages, "mailgun", webhooks.mailgun(what, at=old)) == 401
    assert post(pages, "sendgrid", webhooks.sendgrid(what, at=old)) == 401


def test_a_body_over_a_megabyte_is_refused(office: Office, pages: TestClient) -> None:
    del office
    assert post(pages, "brevo", Post(b"x" * 1_000_001, webhooks.password())) == 413


@pytest.mark.parametrize("body", [b"[" * 5000, b"null", b"[1, 2]", b'{"event": {}}', b"[[]]"])
@pytest.mark.parametrize("name", ["postmark", "brevo", "mailjet", "sparkpost"])
def test_a_strange_body_under_the_right_password_crashes_nothing(
    office: Office, pages: TestClient, name: str, body: bytes
) -> None:
    assert post(pages, name, Post(body, webhooks.password())) == 200
    processing.once(office.installation)
    assert processing.mailroom(office.installation).waiting(5) == []
