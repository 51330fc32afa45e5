"""Answers: of machines they are suggestions, of people they reach the office."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from distro.audience import book
from distro.demo.mailbox import Mailbox
from distro.errors import NotFoundError, RefusedError
from distro.incoming import forwarding, processing, suggestions
from distro.store import Store, consents, replies
from distro.store.embedded import Embedded
from tests.incoming.conftest import RETURN_PATH, Office
from tests.support.installation import add_readers, make_installation
from tests.support.returned import answer, bounce

AWAY = "I am out of the office until 14 December. For urgent matters contact bob@daily.example."


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store, mailbox: Mailbox) -> Office:
    """An office whose relay takes what is handed on."""
    installation = make_installation(
        tmp_path,
        server,
        store,
        feedback={"return_path": RETURN_PATH},
        sender={"address": "press@press.example", "reply_to": "desk@press.example"},
        relay=[{"url": f"smtp://127.0.0.1:{mailbox.port}?tls=off"}],
    )
    add_readers(store, 6, folder=tmp_path)
    return Office(installation, tmp_path)


def refused(office: Office, address: str) -> list[str]:
    """Return why somebody may not be written to."""
    return consents.refusals(office.store, book.person(office.store, address).id)


def only(mailbox: Mailbox) -> EmailMessage:
    """Return the one letter that was handed on."""
    ((_, path),) = mailbox.accepted
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def test_out_of_office_is_a_suggestion_and_no_bounce(office: Office) -> None:
    first = office.publish()[0]
    raw = answer(first, AWAY, subject="Automatic reply", Auto_Submitted="auto-generated")
    effect = office.receive(raw)[0]
    assert (effect.cause, effect.hard, effect.book) == ("out_of_office", False, "suggested")
    assert office.states() == "aaaaaa"
    (found,) = suggestions.open_suggestions(office.installation)
    assert (found.kind, found.address) == ("out_of_office", first.recipient)
    assert found.back_on.endswith("-12-14")
    assert found.stand_in == "bob@daily.example"
    office.receive(raw.replace(b"urgent matters", b"urgent things"))
    assert len(suggestions.open_suggestions(office.installation)) == 1  # it says the same
    done = suggestions.accept(office.installation, found.name, source="ana")
    assert done == f"{first.recipient} gets nothing until {found.back_on}"
    assert refused(office, first.recipient) == ["paused"]
    assert suggestions.open_suggestions(office.installation) == []


def test_has_left_is_a_suggestion(office: Office) -> None:
    first = office.publish()[0]
    raw = answer(
        first,
        "Ana no longer works at the Daily. Please contact newsdesk@daily.example instead.",
        subject="Automatic reply",
        Auto_Submitted="auto-replied",
    )
    office.receive(raw)
    (found,) = suggestions.open_suggestions(office.installation)
    assert (found.kind, found.stand_in) == ("has_left", "newsdesk@daily.example")
    assert refused(office, first.recipient) == []
    suggestions.dismiss(office.installation, found.name, actor="ana")
    with pytest.raises(NotFoundError):
        suggestions.accept(office.installation, found.name, source="ana")
    assert refused(office, first.recipient) == []


def test_who_does_not_say_until_when_cannot_be_paused(office: Office) -> None:
    first = office.publish()[0]
    text = "I am out of the office. Please contact bob@daily.example."
    office.receive(answer(first, text, subject="Out of office"))
    (found,) = suggestions.open_suggestions(office.installation)
    with pytest.raises(RefusedError):
        suggestions.accept(office.installation, found.name, source="ana")


@pytest.mark.parametrize(
    "text", ["STOP", "Please remove me from your list.\n\nThanks\nAna", "Désabonnez-moi, merci"]
)
def test_a_plain_no_is_recorded(office: Office, text: str) -> None:
    first = office.publish()[0]
    effect = office.receive(answer(first, text))[0]
    assert (effect.cause, effect.book) == ("removal_request", "unsubscribed")
    assert refused(office, first.recipient) == ["unsubscribed"]


def test_a_no_that_nobody_can_prove_is_a_suggestion(office: Office, mailbox: Mailbox) -> None:
    """Anybody can write a From line."""
    first = office.publish()[0]
    raw = answer(first, "STOP", to="bounces@press.example", references=False)
    office.receive(raw)
    assert refused(office, first.recipient) == []
    (found,) = suggestions.open_suggestions(office.installation)
    assert (found.kind, found.address) == ("removal", first.recipient)
    suggestions.accept(office.installation, found.name, source="ana")
    assert refused(office, first.recipient) == ["unsubscribed"]
    assert forwarding.send_waiting(office.installation) == 1  # and somebody reads it
    assert len(mailbox.accepted) == 1


def test_a_no_among_other_words_is_shown(office: Office) -> None:
    first = office.publish()[0]
    text = "Great story! But could you take me off the list for sport, and keep politics?"
    office.receive(answer(first, text))
    assert refused(office, first.recipient) == []
    (found,) = suggestions.open_suggestions(office.installation)
    assert found.kind == "removal"


def test_a_persons_answer_is_handed_on_once(office: Office, mailbox: Mailbox) -> None:
    first = office.publish()[0]
    raw = answer(first, "May I speak to the minister today?")
    assert office.receive(raw)[0].book == "forwarded"
    assert office.receive(raw) == []
    assert forwarding.send_waiting(office.installation) == 1
    assert forwarding.send_waiting(office.installation) == 0
    letter = only(mailbox)
    assert letter["To"] == "desk@press.example"
    assert letter["Reply-To"] == first.recipient
    assert letter["Subject"] == f"Answer from {first.recipient}: Re: your release"
    body = letter.get_body(("plain",))
    assert body is not None
    assert "May I speak" in body.get_content()
    attached = next(part for part in letter.iter_attachments())
    assert attached.get_payload(decode=True) == raw
    assert any(command.startswith("MAIL FROM:<>") for command in mailbox.commands)


def test_an_answer_waits_for_the_relay(office: Office, mailbox: Mailbox) -> None:
    first = office.publish()[0]
    mailbox.refuse = lambda _: "451 4.3.0 later"
    office.receive(answer(first, "May I ask?"))
    assert forwarding.send_waiting(office.installation) == 0
    # Nothing else waits for it.
    assert processing.mailroom(office.installation).waiting(5) == []
    assert office.receive(bounce(first))[0].book == "suppressed"
    mailbox.refuse = lambda _: None
    assert forwarding.send_waiting(office.installation) == 0  # not at once again
    office.later(0.01)
    assert forwarding.send_waiting(office.installation) == 1
    assert only(mailbox)["To"] == "desk@press.example"


def test_what_was_handed_on_and_comes_back_goes_no_further(
    office: Office, mailbox: Mailbox
) -> None:
    first = office.publish()[0]
    office.receive(answer(first, "May I ask?"))
    forwarding.send_waiting(office.installation)
    raw = mailbox.accepted[0][1].read_bytes()
    assert office.receive(raw) == []
    head = raw.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    office.receive(bounce(first, head=head, to="bounces@press.example"))
    forwarding.send_waiting(office.installation)
    assert len(mailbox.accepted) == 1


def test_whoever_dies_after_the_relay_took_it_sends_it_under_the_same_name(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather twice than never: programs know it as one."""
    office.receive(answer(office.publish()[0], "May I ask?"))
    with monkeypatch.context() as patched:
        patched.setattr(replies, "drop", lambda *_: None)
        forwarding.send_waiting(office.installation)
    office.later(0.01)
    assert forwarding.send_waiting(office.installation) == 1
    names = {message_from_bytes(path.read_bytes())["Message-ID"] for _, path in mailbox.accepted}
    assert (len(mailbox.accepted), len(names)) == (2, 1)


def test_strangers_do_not_flood_the_office(office: Office, mailbox: Mailbox) -> None:
    first = office.publish()[0]
    for n in range(forwarding.STRANGERS_AN_HOUR + 5):
        raw = answer(first, f"Buy {n}", sender="x@stranger.example", to="b@c.d", references=False)
        done = office.receive(raw)[0].book
    assert done == "kept"
    assert office.receive(answer(first, "May I ask?"))[0].book == "forwarded"  # a reader's
    del mailbox


def test_an_answer_of_strange_letters_is_handed_on(office: Office, mailbox: Mailbox) -> None:
    raw = answer(office.publish()[0], "Ünï").replace(
        b"From: reader0@a.example", "From: \u202eÜ <x\u00fc@y.example>\x00".encode()
    )
    raw = raw.replace(b"Subject: Re: your release", b"Subject: =?utf-8?q?a=0D=0ABcc:_x?= \xff")
    office.receive(raw)
    assert forwarding.send_waiting(office.installation) == 1
    assert only(mailbox)["Bcc"] is None


@pytest.mark.parametrize(
    "reply_to", ["bounces@press.example", "Bounces+x@press.example", "box@press.example"]
)
def test_nothing_is_sent_to_an_address_that_feeds_this_mailbox(
    tmp_path: Path, server: Embedded, store: Store, reply_to: str
) -> None:
    installation = make_installation(
        tmp_path,
        server,
        store,
        feedback={"return_path": RETURN_PATH, "own_addresses": ["box@press.example"]},
        sender={"address": "press@press.example", "reply_to": reply_to},
    )
    assert forwarding.desk_address(installation, "") == ""
