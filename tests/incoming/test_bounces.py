"""Bounces: on the right recipient, once, and no false one empties a list."""

from datetime import UTC, date, datetime, timedelta

import pytest

from distro import tokens
from distro.audience import book, consent
from distro.feedback import rules
from distro.feedback.items import Cause
from distro.incoming import address_book, processing
from distro.lib import failpoints
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.store import consents, returns
from distro.subscribers import people
from tests.incoming.conftest import RETURN_PATH, Office
from tests.support.returned import Sent, bounce


def refused(office: Office, address: str) -> list[str]:
    """Return why somebody may not be written to."""
    return consents.refusals(office.store, book.person(office.store, address).id)


def test_an_unknown_user_is_recorded_and_suppressed_at_once(office: Office) -> None:
    first = office.publish()[0]
    assert office.states() == "aaaaaa"
    effect = office.receive(bounce(first))[0]
    assert (effect.cause, effect.hard, effect.status) == ("unknown_user", True, "5.1.1")
    assert (effect.matched_by, effect.ledger, effect.book) == ("return_path", "moved", "suppressed")
    assert sorted(office.states()) == sorted("baaaaa")
    assert refused(office, first.recipient) == ["suppressed"]
    fact = consent.history(office.store, book.person(office.store, first.recipient).id)[-1]
    assert fact.source.startswith("feedback ")
    assert fact.detail == "unknown user: 550 5.1.1 User unknown"
    room = processing.mailroom(office.installation)
    kept = room.read(fact.source.removeprefix("feedback "))
    assert kept is not None
    assert kept.content == bounce(first)


def test_who_bounced_gets_nothing_any_more_and_can_be_taken_back(office: Office) -> None:
    first = office.publish()[0]
    office.receive(bounce(first))
    assert len(office.publish("Second story")) == 5
    who = book.person(office.store, first.recipient)
    assert address_book.lift_suppression(office.installation, who, "", why="she rang", source="ana")
    assert len(office.publish("Third story")) == 6
    # What was taken back stays so, also when everything is judged again.
    list(processing.reprocess(office.installation, _today(), dry_run=False))
    assert refused(office, first.recipient) == []


def test_without_a_return_path_the_message_id_tells(office: Office) -> None:
    first = office.publish()[0]
    effect = office.receive(bounce(first, to=RETURN_PATH))[0]
    assert (effect.matched_by, effect.book) == ("message_id", "suppressed")


def test_the_envelope_of_the_mail_server_tells(office: Office) -> None:
    first = office.publish()[0]
    raw = bounce(first, to="bounces", head="Subject: x\nFrom: y@z.example")
    effect = office.receive(raw, recipient=first.sender)[0]
    assert (effect.matched_by, effect.ledger) == ("return_path", "moved")


@pytest.mark.parametrize("change", ["token", "message_id"])
def test_a_forged_token_has_no_effect(office: Office, change: str) -> None:
    first = office.publish()[0]
    if change == "token":
        at = first.sender.index("+") + 20
        turned = "0" if first.sender[at] != "0" else "1"
        to = first.sender[:at] + turned + first.sender[at + 1 :]
        raw = bounce(first, to=to, head="Subject: x\nFrom: y@z.example")
    else:
        message_id = str(first.letter["Message-ID"])
        mac = message_id.split(".")[2].partition("@")[0]
        forged = f"Message-ID: {message_id.replace(mac, mac[::-1])}\nFrom: press@press.example"
        raw = bounce(first, to="x@y.example", head=forged)
    effect = office.receive(raw)[0]
    assert (effect.problem, effect.ledger, effect.book) == ("forged", "", "")
    assert office.states() == "aaaaaa"
    assert refused(office, first.recipient) == []
    assert returns.counts(office.store)["forged"] == 1


def test_a_right_token_with_another_recipient_has_no_effect(office: Office) -> None:
    first, second, *_ = office.publish()
    effect = office.receive(bounce(first, recipient=second.recipient))[0]
    assert effect.problem == "wrong_recipient"
    assert office.states() == "aaaaaa"
    assert refused(office, second.recipient) == []


def test_a_bounce_for_a_letter_that_never_left_has_no_effect(office: Office) -> None:
    office.publish()
    office.installation.store.command("SETRANGE", "led:1", 0, "q")
    office.installation.store.command("SETRANGE", "rec:1", 0, bytes(29))
    office.installation.store.command("BITFIELD", "cnt:1", "INCRBY", "i32", "#0", 1)
    office.installation.store.command("BITFIELD", "cnt:1", "INCRBY", "i32", "#2", -1)
    at_first = next(s for s in office.sent if tokens_of(office, s) == 0)
    effect = office.receive(bounce(at_first))[0]
    assert effect.ledger == "not_attempted"
    assert office.states()[0] == "q"
    assert refused(office, at_first.recipient) == []


def tokens_of(office: Office, sent: Sent) -> int:
    """Return the ordinal in a letter's Return-Path."""
    token = sent.sender.partition("+")[2].partition("@")[0]
    named = tokens.read_return_token(token, office.installation.keys)
    assert named is not None
    return named[1]


def test_an_address_alone_is_a_hint(office: Office) -> None:
    """Anybody can write a bounce that names somebody."""
    first = office.publish()[0]
    raw = bounce(first, to="press@press.example", head="Subject: x\nFrom: y@z.example")
    effect = office.receive(raw)[0]
    assert (effect.matched_by, effect.ledger, effect.book) == ("recipient", "", "suggested")
    assert office.states() == "aaaaaa"
    assert refused(office, first.recipient) == []


def test_one_letter_counts_once_however_often_it_is_said(office: Office) -> None:
    first = office.publish()[0]
    raw = bounce(first, said="550 5.0.0 account closed for good", status="5.0.0")
    assert office.receive(raw)[0].ledger == "moved"
    assert office.receive(raw) == []  # the same message
    again = raw.replace(b"This is the mail system", b"This is another mail system")
    assert office.receive(again)[0].ledger == "counted"
    assert refused(office, first.recipient) == []


def test_two_failures_a_day_apart_suppress(office: Office) -> None:
    said = {"said": "550 No such person here", "status": "5.0.0"}
    first = office.publish()[0]
    assert office.receive(bounce(first, **said))[0].book == "struck"
    again = office.publish("Second story")[0]
    assert office.receive(bounce(again, **said))[0].book == "struck"  # on the same day
    office.later(2)
    third = office.publish("Third story")[0]
    assert third.recipient == first.recipient
    assert office.receive(bounce(third, **said))[0].book == "suppressed"


def test_a_letter_that_stayed_makes_the_count_begin_anew(office: Office) -> None:
    said = {"said": "550 No such person here", "status": "5.0.0"}
    first = office.publish()[0]
    office.receive(bounce(first, **said))
    office.later(2)
    office.publish("Second story")  # accepted, and nothing comes back
    office.later(10)
    third = office.publish("Third story")[0]
    assert office.receive(bounce(third, **said))[0].book == "struck"


def test_what_is_older_than_thirty_days_does_not_count(office: Office) -> None:
    said = {"said": "550 No such person here", "status": "5.0.0"}
    office.receive(bounce(office.publish()[0], **said))
    office.later(40)
    assert office.receive(bounce(office.publish("Second story")[0], **said))[0].book == "struck"


@pytest.mark.parametrize(
    ("status", "said", "cause"),
    [
        ("5.2.2", "552 5.2.2 Mailbox full", "mailbox_full"),
        ("5.3.4", "552 5.3.4 Message too large", "message_too_large"),
        ("5.6.1", "554 5.6.1 Message content rejected", "content_refused"),
        ("5.4.7", "554 5.4.7 delivery time expired", "network"),
        ("5.0.0", "550 gargle", "unclassified"),
    ],
)
def test_what_is_not_of_the_address_teaches_the_book_nothing(
    office: Office, status: str, said: str, cause: str
) -> None:
    first = office.publish()[0]
    effect = office.receive(bounce(first, status=status, said=said))[0]
    assert (effect.cause, effect.hard, effect.ledger, effect.book) == (cause, False, "moved", "")
    assert office.states().count("b") == 1
    assert refused(office, first.recipient) == []


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_notice_that_is_no_failure_moves_nothing(office: Office, action: str) -> None:
    first = office.publish()[0]
    office.receive(bounce(first, action=action, status="4.4.1", said="450 4.4.1 later"))
    assert office.states() == "aaaaaa"
    assert refused(office, first.recipient) == []


def test_what_a_receiver_says_in_our_own_dialogue_goes_the_same_way(office: Office) -> None:
    def answer(message: Message) -> Outcome | None:
        if message.recipient.startswith("reader0"):
            return Outcome(State.FAILED, 550, "5.1.1 User unknown", relay="mx.a.example:25")
        return None

    office.answer = answer
    office.publish()
    assert sorted(office.states()) == sorted("faaaaa")
    assert processing.once(office.installation) == 1
    assert refused(office, "reader0@a.example") == ["suppressed"]
    assert processing.once(office.installation) == 0


POINTS = ("feedback-written", "feedback-recorded", "feedback-learnt", "feedback-noted")


class _DiedError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", POINTS)
def test_dying_anywhere_loses_none_and_counts_none_twice(
    office: Office, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.publish()[0]

    def die(name: str) -> None:
        if name == point:
            raise _DiedError

    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "point", die)
        with pytest.raises(_DiedError):
            office.receive(bounce(first))
    office.receive(bounce(first))  # the source has it still, or the mailroom
    processing.once(office.installation)
    assert sorted(office.states()) == sorted("baaaaa")
    assert refused(office, first.recipient) == ["suppressed"]
    facts = consent.history(office.store, book.person(office.store, first.recipient).id)
    assert [f.act for f in facts].count("suppressed") == 1
    assert processing.mailroom(office.installation).waiting(10) == []


def test_what_came_back_about_the_erased_is_dropped(office: Office) -> None:
    first, second, *_ = office.publish()
    for letter in (first, second):
        office.receive(bounce(letter))
    room = processing.mailroom(office.installation)
    assert len(list(room.kept_since(_today()))) == 2
    people.erase(office.installation, first.recipient, source="test")
    assert processing.tend(office.installation) == 1
    (kept,) = room.kept_since(_today())
    assert second.recipient.encode() in kept.content
    assert processing.tend(office.installation) == 0


def test_judging_again_changes_nothing(office: Office) -> None:
    letters = office.publish()
    office.receive(bounce(letters[0]))
    office.receive(bounce(letters[1], status="5.2.2", said="552 5.2.2 Mailbox full"))
    before = office.states(), returns.of_distribution(office.store, "1")
    changed = list(processing.reprocess(office.installation, _today(), dry_run=False))
    assert changed == []
    after = office.states(), returns.of_distribution(office.store, "1")
    assert [r.message for r in after[1]] == [r.message for r in before[1]]
    assert after[0] == before[0]
    facts = consent.history(office.store, book.person(office.store, letters[0].recipient).id)
    assert [f.act for f in facts].count("suppressed") == 1


def test_another_rule_takes_back_what_rested_on_the_former(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.publish()[0]
    office.receive(bounce(first))
    softer = rules.Judgement(Cause.REFUSED_BY_POLICY, "words: refused_by_policy")
    monkeypatch.setattr(rules, "judge", lambda *_, **__: softer)
    changed = list(processing.reprocess(office.installation, _today(), dry_run=True))
    assert [(c.before["cause"], c.now["cause"]) for c in changed] == [
        ("unknown_user", "refused_by_policy")
    ]
    assert refused(office, first.recipient) == ["suppressed"]
    list(processing.reprocess(office.installation, _today(), dry_run=False))
    assert refused(office, first.recipient) == []
    assert sorted(office.states()) == sorted("baaaaa")  # the letter did not arrive


def _today() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)
