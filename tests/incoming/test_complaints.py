"""Complaints: they unsubscribe at once, also where the report hides whom it is about."""

from distro.audience import book, consent
from distro.store import consents
from tests.incoming.conftest import Office
from tests.support.returned import answer, bounce, complaint


def refused(office: Office, address: str) -> list[str]:
    """Return why somebody may not be written to."""
    return consents.refusals(office.store, book.person(office.store, address).id)


def test_a_complaint_unsubscribes_at_once(office: Office) -> None:
    first = office.publish()[0]
    effect = office.receive(complaint(first, recipient=first.recipient))[0]
    assert (effect.cause, effect.hard) == ("complaint", False)
    assert (effect.ledger, effect.book) == ("moved", "unsubscribed")
    assert sorted(office.states()) == sorted("maaaaa")
    assert refused(office, first.recipient) == ["unsubscribed"]
    assert len(office.publish("Second story")) == 5


def test_a_report_that_hides_the_reader_is_matched_all_the_same(office: Office) -> None:
    first = office.publish()[0]
    hidden = complaint(first, recipient="redacted@receiver.example")
    without = b"\n".join(
        line
        for line in hidden.split(b"\n")
        if not line.lower().startswith((b"to: reader", b"message-id:"))
    )
    effect = office.receive(without)[0]
    assert (effect.matched_by, effect.book) == ("list_unsubscribe", "unsubscribed")


def test_a_complaint_follows_a_bounce(office: Office) -> None:
    first = office.publish()[0]
    office.receive(bounce(first, status="5.2.2", said="552 5.2.2 Mailbox full"))
    office.receive(complaint(first, recipient=first.recipient))
    assert sorted(office.states()) == sorted("maaaaa")


def test_a_forged_complaint_takes_no_rivals_reader_away(office: Office) -> None:
    first = office.publish()[0]
    raw = complaint(first, recipient=first.recipient)
    bare = raw.replace(first.head.encode(), b"Subject: x\nFrom: press@press.example")
    effect = office.receive(bare)[0]
    assert effect.book == "suggested"
    assert office.states() == "aaaaaa"
    assert refused(office, first.recipient) == []


def test_an_authentication_report_is_nobodys_complaint(office: Office) -> None:
    first = office.publish()[0]
    effect = office.receive(complaint(first, kind="auth-failure", recipient=first.recipient))[0]
    assert effect.cause == "authentication_report"
    assert office.states() == "aaaaaa"
    assert refused(office, first.recipient) == []


def test_a_mail_to_the_unsubscribe_address_is_a_no(office: Office) -> None:
    """Apple's programs send it by themselves (List-Unsubscribe, RFC 2369)."""
    first = office.publish()[0]
    mailto = str(first.letter["List-Unsubscribe"]).partition("<mailto:")[2].partition("?")[0]
    assert mailto == first.sender
    raw = answer(first, "", subject="unsubscribe", to=mailto, references=False)
    effect = office.receive(raw)[0]
    assert (effect.cause, effect.book) == ("removal_request", "unsubscribed")
    assert office.states() == "aaaaaa"
    assert refused(office, first.recipient) == ["unsubscribed"]
    assert consent.history(office.store, book.person(office.store, first.recipient).id)
