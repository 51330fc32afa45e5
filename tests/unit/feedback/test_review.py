"""Inputs that a hostile reader of this stage got wrong answers from."""

import time
from datetime import date

import pytest

from distro.feedback import rules
from distro.feedback.answers import is_plain_no
from distro.feedback.items import Cause, Item
from distro.feedback.reader import read
from distro.feedback.webhooks.request import refused

DAY = date(2026, 11, 26)
DSN = (
    "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n"
    "Content-Type: multipart/report; boundary=x; report-type=delivery-status\n\n"
    "--x\n\nfailed\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example"
    "\n\n{}\n\n--x--\n"
)
AWAY = (
    "Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: ana.zammit@daily.example\n"
    "Subject: Re: Harbour\n\n"
)


def items(raw: str) -> tuple[Item, ...]:
    return read(raw.encode(), DAY).items


def nested(levels: int) -> str:
    deeper = "".join(
        f'--b{n}\nContent-Type: multipart/mixed; boundary*0="b{n + 1}"\n\n' for n in range(levels)
    )
    top = 'From: a@b.example\nContent-Type: multipart/mixed; boundary*0="b0"\n\n'
    return f"{top}{deeper}" + "x\n" * 20_000


@pytest.mark.parametrize(
    "raw",
    [
        'From: a@b.example\nContent-Type: text/plain; x="' + ";" * 80_000 + "\n\nhello",
        'From: a@b.example\nContent-Type: text/plain; x="' + "\n ;" * 80_000 + "\n\nhello",
        DSN.format(
            "\n".join(
                f"Final-Recipient: rfc822; a{n}@b.example\nStatus: 5.1.1" for n in range(3000)
            )
        ),
        "From: MAILER-DAEMON@b.example\nSubject: failure notice\n\n"
        + "\n\n".join(f"Final-Recipient: rfc822; a{n}@b.example" for n in range(1500)),
        nested(900),
    ],
    ids=["parameters", "folded", "recipients", "paragraphs", "nested"],
)
def test_what_grows_with_its_square_is_bounded(raw: str) -> None:
    began = time.process_time()
    items(raw)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "words",
    [
        "You wrote to ana@daily.example. I have moved to the Times, and will not return.",
        (
            "I will return on 14 December. My colleague has moved to the Times.\n\n"
            "From: press@x.example\nTo: ana@daily.example\nSubject: Harbour\nDate: Mon, 1 Jan 2026"
        ),
        "I will return on 14 December.",
    ],
)
def test_who_is_away_with_an_empty_return_path_has_not_bounced(words: str) -> None:
    (item,) = items(AWAY + words)
    assert item.recipient == "ana.zammit@daily.example"
    assert item.cause in (Cause.OUT_OF_OFFICE, Cause.AUTO_REPLY, Cause.HAS_LEFT)


@pytest.mark.parametrize(
    ("subject", "words", "cause"),
    [
        ("Re: Delivery problems at the port", "Can I interview the minister?", Cause.REPLY),
        ("Re: Delivery problems at the port", "STOP", Cause.REMOVAL_REQUEST),
        ("Re: Delivery problems at the port", "I have moved to the Times", Cause.REPLY),
        ("Automatic reply: Delivery problems", "I am away", Cause.OUT_OF_OFFICE),
        ("Re: Vacation rentals fall by half", "STOP", Cause.REMOVAL_REQUEST),
        ("Re: Absence of rain", "STOP", Cause.REMOVAL_REQUEST),
    ],
)
def test_a_headline_in_the_subject_decides_nothing(subject: str, words: str, cause: Cause) -> None:
    raw = f"From: ana@daily.example\nSubject: {subject}\nX-Auto-Response-Suppress: All\n\n{words}\n"
    assert [item.cause for item in items(raw)] == [cause]


@pytest.mark.parametrize(
    "said",
    [
        (
            "550-5.7.1 The IP you're using to send mail is not authorized to send email directly to"
            " our servers. Please use the SMTP relay at your service provider instead. gsmtp"
        ),
        "550 Your message has been moved to quarantine",
        "550 This message was moved to junk",
        "550 Please use our contact form instead",
        "550 5.7.1 Your domain press.example is unknown to us",
        "550 mx1 does not accept mail from unknown domains",
        "550 The user you are trying to contact does not accept mail from unknown senders",
        "550 you are not listed in the recipient's address book",
        "550 no user consent for press releases",
        "550 5.1.7 Invalid address",
    ],
)
def test_a_refusal_of_us_is_not_of_the_address(said: str) -> None:
    assert not Item("", rules.judge(said).cause).hard


@pytest.mark.parametrize(
    "said",
    [
        "450 4.2.0 <a@b.example>: mailbox unavailable",
        "450 4.1.1 <a@b.example>: Recipient address rejected: unverified address",
        "450 Mailbox unavailable, try later (greylisted)",
        "451 4.3.0 account does not exist in cache, try later",
    ],
)
def test_given_up_after_days_says_nothing_of_the_address(said: str) -> None:
    fields = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 4.0.0\n"
    fields += f"Diagnostic-Code: smtp; {said}"
    assert [item.hard for item in items(DSN.format(fields))] == [False]


@pytest.mark.parametrize(
    ("words", "no"),
    [
        ("Stop, this is great news!", False),
        ("Remove, please, the second picture", False),
        ("Hi, stop. Call me before you publish", False),
        ("Please remove. The figure is wrong", False),
        ("Please remove.\nThe figure is wrong", False),
        ("Bitte löschen, Datei ist kaputt", False),
        ("Supprimer, la photo est floue", False),
        ("STOP", True),
        ("stop\nthanks", True),
        ("Please remove me.\n\nAna Zammit\nThe Daily, Valletta", True),
        ("Désabonner\n\nÉlodie de la Tour", True),
    ],
)
def test_a_plain_no_is_nothing_else(words: str, no: bool) -> None:
    assert is_plain_no(words) is no


def test_a_code_counts_where_a_provider_has_no_kind() -> None:
    item = refused("a@b.example", "550 Adresse refusee", Cause.UNCLASSIFIED, status="5.1.1")
    assert item.cause is Cause.UNKNOWN_USER


def test_what_a_daemon_writes_is_no_answer() -> None:
    (item,) = items("From: MAILER-DAEMON@mx.example\nSubject: 退信\n\n无法投递\n")
    assert (item.recipient, item.cause) == ("", Cause.UNCLASSIFIED)
