"""What a hostile reader made the carrying out do, and it does no more."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distro.audience import book, importing
from distro.cli.main import run
from distro.errors import StoreGoneError
from distro.feedback.items import Cause
from distro.incoming import carrying_out, judging, our_name, processing, storms, suggestions
from distro.incoming.judging import Judgement
from distro.incoming.mailroom import Arrival, arrived
from distro.incoming.sources.lmtp import _Handler
from distro.installation.context import Installation
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.store import consents, replies, returns
from tests.incoming.conftest import Office
from tests.incoming.test_our_name import report
from tests.support.returned import Sent, answer, bounce, complaint
from tests.unit.feedback.test_aggregates import DMARC


def refused(office: Office, address: str) -> list[str]:
    return consents.refusals(office.store, book.person(office.store, address).id)


def only_id(letter: Sent) -> str:
    """Return the header fields of a letter that whoever answers it passes on."""
    return f"Message-ID: {letter.letter['Message-ID']}\nFrom: press@press.example"


# -- the Message-ID travels on


def test_a_message_id_alone_does_not_suppress_at_once(office: Office) -> None:
    first = office.publish()[0]
    effect = office.receive(bounce(first, to="x@press.example", head=only_id(first)))[0]
    assert (effect.matched_by, effect.ledger, effect.book) == ("message_id", "moved", "struck")


def test_a_message_id_alone_unsubscribes_nobody(office: Office) -> None:
    first = office.publish()[0]
    raw = complaint(first).replace(first.head.encode(), only_id(first).encode())
    assert office.receive(raw)[0].book == "suggested"
    stop = answer(first, "Please remove me", sender="luc@other.example", to="press@press.example")
    office.receive(stop)
    assert refused(office, first.recipient) == []
    assert [s.kind for s in suggestions.open_suggestions(office.installation)] == ["removal"]
    own = answer(first, "Please remove me", to="press@press.example")
    assert office.receive(own)[0].book == "unsubscribed"


def test_a_bounce_that_names_nobody_is_known_by_where_it_came_back_to(office: Office) -> None:
    first = office.publish()[0]
    raw = (
        f"From: MAILER-DAEMON@mx.example\nTo: {first.sender}\nSubject: 退信\n\n550 5.1.1 无此用户\n"
    )
    effect = office.receive(raw.encode())[0]
    assert (effect.matched_by, effect.ledger) == ("return_path", "moved")


# -- storms


def many_domains(office: Office, count: int) -> None:
    path = office.folder / "many.csv"
    rows = "".join(f"r{n}@d{n}.example,R,journalist,en,CH\n" for n in range(count))
    path.write_text("email,name,kind,language,country\n" + rows, encoding="utf-8")
    staged = importing.stage(office.store, path, "journalists", actor="test")
    importing.commit(office.store, staged.number)


def test_a_relay_that_fell_over_suppresses_nobody(office: Office) -> None:
    many_domains(office, 40)

    def unknown(message: Message) -> Outcome | None:
        if message.recipient.startswith("r") and "@d" in message.recipient:
            said = f"5.1.1 <{message.recipient}>: User unknown in relay recipient table"
            return Outcome(State.FAILED, 550, said, relay="mx:25")
        return None

    office.answer = unknown
    office.publish()
    processing.once(office.installation)
    (storm,) = storms.open_storms(office.installation)
    assert storm.people >= storms.LEAST
    assert office.store.command("BITCOUNT", "no:suppressed") == 0


def test_reports_of_one_relay_about_many_domains_are_a_storm(office: Office) -> None:
    many_domains(office, 30)
    done = [
        office.receive(
            bounce(
                letter,
                status="5.4.4",
                said=f"Name service error for name={letter.recipient.rpartition('@')[2]} type=A:"
                " Host not found",
                server="relay.press.example",
            )
        )[0].book
        for letter in office.publish()
        if "@d" in letter.recipient
    ]
    assert (done[0], done[-1]) == ("struck", "held")
    assert set(done) == {"struck", "held"}


def test_a_decision_holds_for_a_day(office: Office) -> None:
    many_domains(office, 30)
    letters = [s for s in office.publish() if "@d" in s.recipient]

    def strike(letter: Sent) -> str:
        return office.receive(bounce(letter, said="550 5.1.1 gone", server="mx.press.example"))[
            0
        ].book

    for letter in letters[:25]:
        strike(letter)
    (storm,) = storms.open_storms(office.installation)
    storms.dismiss(office.installation, storm.name, actor="ana")
    assert strike(letters[25]) == "dismissed"
    office.later(1.5)
    office.store.command("DEL", f"storm:{storm.name}")  # its day is over too
    assert strike(letters[26]) == "suppressed"


# -- nothing is lost, nothing comes twice


@pytest.mark.parametrize("error", [OSError(28, "No space left on device")])
def test_what_cannot_be_carried_out_now_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    first = office.publish()[0]
    room = processing.mailroom(office.installation)

    def full(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(carrying_out, "carry_out", full)
        assert office.receive(bounce(first)) == []
    assert room.waiting(10) == []  # not at once
    (name,) = [path.name for path in (room.folder / "new").iterdir()]
    effects = processing.one(office.installation, room, name) or []
    assert [effect.book for effect in effects] == ["suppressed"]


class _KilledError(BaseException):
    """The process is gone: no handler of ours runs."""


def test_what_kills_whoever_reads_it_is_left_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = office.publish()[:2]
    room = processing.mailroom(office.installation)
    bad, good = arrived(bounce(first), "x"), arrived(bounce(second), "x")
    for one in (bad, good):
        room.put(one)
    judge = judging.judge

    def killed(installation: Installation, arrival: Arrival) -> Judgement:
        if arrival.id == bad.id:
            raise _KilledError
        return judge(installation, arrival)

    monkeypatch.setattr(judging, "judge", killed)
    deaths = 0
    while room.count_waiting() and deaths < 10:
        try:
            processing.once(office.installation)
        except _KilledError:
            deaths += 1
    assert deaths == 3
    assert refused(office, second.recipient) == ["suppressed"]
    assert refused(office, first.recipient) == []
    assert room.read(bad.id) is not None  # kept: `reprocess` brings it back
    monkeypatch.undo()
    list(processing.reprocess(office.installation, _yesterday(), dry_run=False))
    assert refused(office, first.recipient) == ["suppressed"]


def test_what_was_begun_is_known_of_each(office: Office) -> None:
    room = processing.mailroom(office.installation)
    room.folder.mkdir(parents=True, exist_ok=True)
    assert [room.begin(name) for name in "abab"] == [1, 1, 2, 2]
    room.end("a")
    assert room.begin("a") == 1
    (room.folder / "begun" / "c").mkdir()  # it cannot be noted: carried out all the same
    assert room.begin("c") == 1
    room.end("c")


def test_redis_that_goes_away_again_and_again_is_no_fault_of_the_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.publish()[0]

    def gone(*_: Any) -> None:
        raise StoreGoneError("Redis is away")

    with monkeypatch.context() as patched:
        patched.setattr(judging, "judge", gone)
        for _ in range(5):
            with pytest.raises(StoreGoneError):
                office.receive(bounce(first))
    assert office.receive(bounce(first))[0].book == "suppressed"


def test_the_same_message_counts_once_long_after_it_was_kept(office: Office) -> None:
    first = office.publish()[0]
    raw = answer(first, "STOP")
    office.receive(raw)
    office.later(45)
    processing.tend(office.installation)
    assert office.receive(raw) == []
    office.later(500)
    processing.tend(office.installation)
    assert returns.seen(office.store, "x") is False
    assert office.store.command("ZCARD", "feedback:seen") == 0


def test_judging_again_hands_no_answer_on_again(office: Office) -> None:
    first = office.publish()[0]
    office.receive(answer(first, "May I have the figures?"))
    host, store = office.installation.host, office.store
    for name, desk in replies.waiting(store, host, 10):
        replies.drop(store, host, name, desk)
    assert list(processing.reprocess(office.installation, _yesterday(), dry_run=False)) == []
    assert replies.count_waiting(store, host) == 0


def test_judging_again_changes_nothing_about_no_letter(office: Office) -> None:
    office.receive(report(DMARC.format(namespace="")))
    before = our_name.standings(office.installation, 400)
    assert list(processing.reprocess(office.installation, _yesterday(), dry_run=False)) == []
    assert our_name.standings(office.installation, 400) == before


def _yesterday() -> date:
    return (datetime.now(UTC) - timedelta(days=1)).date()


def test_two_processes_judge_each_refusal(office: Office) -> None:
    store = office.store
    for n in range(4):
        store.command("RPUSH", "refused", f"1 {n}")
    mine, theirs = returns.refusals(store, 2), returns.refusals(store, 2)
    for found in (mine, theirs):
        for distribution, ordinal in found:
            returns.drop_refusal(store, distribution, ordinal)
    assert returns.refusals(store, 10) == [("1", 2), ("1", 3)]


def test_no_such_user_after_the_text_is_no_proof(office: Office) -> None:
    office.answer = lambda _: Outcome(State.FAILED, 550, "No such user here", relay="mx:25")
    office.publish()
    processing.once(office.installation)
    counts = returns.counts(office.store)
    assert office.store.command("BITCOUNT", "no:suppressed") == 0
    assert counts.get(Cause.UNKNOWN_USER, 0) == 0


# -- ways in


def test_lmtp_takes_one_recipient_at_a_time() -> None:
    handler = _Handler(lambda *_: None)
    envelope = SimpleNamespace(rcpt_tos=[])
    first = asyncio.run(handler.handle_RCPT(None, None, envelope, "a@b.example", []))
    second = asyncio.run(handler.handle_RCPT(None, None, envelope, "c@b.example", []))
    assert (first[:3], second[:3]) == ("250", "452")


def test_a_pipe_that_cannot_keep_a_message_asks_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "distro.toml").write_text('data = "/proc/nowhere"\n', encoding="utf-8")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=SimpleNamespace(read=lambda _: b"x")))
    command = ["feedback", "read", "-", "--config", str(tmp_path / "distro.toml")]
    assert run(command) == 75


@pytest.mark.parametrize(
    "head",
    [
        "From: <a..b@x.yy>\nSubject: Hello",
        "From: .a@x.yy\nSubject: Hello",
        "From: a@x..yy\nSubject: Hello",
        "From: a@x.yy\nSubject: Hello\nContent-Type: text/plain; charset=unicode_escape",
        "From: a@x.yy\nSubject: =?utf-7?q?+2AA-?=\nContent-Type: text/plain; charset=utf-7",
        'From: "ceo@bank.example" <evil@x.example>\nSubject: Hello',
    ],
)
def test_any_answer_can_be_handed_on(office: Office, head: str) -> None:
    from distro.incoming import forwarding

    raw = f"{head}\n\nHello \\ud800 +2AA- there\n".encode()
    sender = office.installation.settings.sender
    letter = forwarding._letter(office.installation, arrived(raw, "x"), sender, "d@press.example")
    text = b"".join(letter.pieces)
    assert b"answer.eml" in text
    assert b"Reply-To: ceo" not in text


# -- reports that anybody can write


def test_a_report_cannot_fill_or_break_the_count(office: Office) -> None:
    xml = DMARC.format(namespace="")
    office.receive(report(xml.replace(">120<", f">{2**63 - 1}<")))
    office.receive(report(xml.replace("<report_id>r1", "<report_id>r2")))
    (found,) = our_name.standings(office.installation, 400)
    assert found.letters < 2_000_000_000
    office.receive(report(xml.replace("<domain>press.example", "<domain>example")))
    assert len(our_name.standings(office.installation, 400)) == 1
    assert not our_name._is_below("press.co.uk", "co.uk")
    assert our_name._is_below("news.press.example", "press.example")
