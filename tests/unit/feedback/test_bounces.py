"""Bounces as servers write them: whom they name, and what they mean."""

from datetime import date

import pytest

from distro.feedback import reader
from distro.feedback.items import Cause, Item
from tests.support.returned import Sent, bounce

LETTER = Sent(
    "bounces+00@press.example",
    "ana@daily.example",
    b"To: ana@daily.example\r\nFrom: press@press.example\r\nMessage-ID: <1.2.3@press.example>"
    b"\r\nSubject: Plan\r\n\r\nText",
)
TODAY = date(2026, 11, 26)
HEAD = "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: press@press.example\n"
RETURNED = """
Received: from press.example by mx.example; Thu, 26 Nov 2026 10:00:00 +0000
From: press@press.example
To: ana@daily.example
Message-ID: <1.2.3@press.example>
Subject: Plan

Text
"""


def items(raw: bytes | str) -> list[Item]:
    return list(reader.read(raw.encode() if isinstance(raw, str) else raw, TODAY).items)


def told(text: str, subject: str = "failure notice") -> list[Item]:
    return items(f"{HEAD}Subject: {subject}\n\n{text}")


def test_a_delivery_status() -> None:
    (item,) = items(bounce(LETTER))
    assert (item.recipient, item.cause, item.hard) == ("ana@daily.example", "unknown_user", True)
    assert (item.status, item.code, item.server) == ("5.1.1", 550, "mx.daily.example")
    assert item.said == "550 5.1.1 User unknown"


def test_two_recipients_without_an_empty_line_between() -> None:
    raw = bounce(LETTER).replace(
        b"Diagnostic-Code: smtp; 550 5.1.1 User unknown\n",
        b"Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
        b"Final-Recipient: rfc822; ben@daily.example\nAction: failed\nStatus: 5.2.2\n"
        b"Diagnostic-Code: smtp; 552 5.2.2 Mailbox full\n",
    )
    assert [(i.recipient, i.cause) for i in items(raw)] == [
        ("ana@daily.example", "unknown_user"),
        ("ben@daily.example", "mailbox_full"),
    ]


def test_a_name_inside_their_system_is_not_the_recipient() -> None:
    raw = bounce(LETTER, recipient="ana@mailhub7").replace(
        b"Action:", b"Original-Recipient: rfc822; ana@daily.example\nAction:"
    )
    assert [i.recipient for i in items(raw)] == ["ana@daily.example"]


def test_an_international_address() -> None:
    """RFC 6533 §3: utf-8 with escapes."""
    raw = bounce(LETTER).replace(
        b"Final-Recipient: rfc822; ana@daily.example",
        b"Final-Recipient: utf-8; \\x{17C}\\x{F3}\\x{142}\\x{107}@daily.example",
    )
    assert [i.recipient for i in items(raw)] == ["żółć@daily.example"]


@pytest.mark.parametrize(
    ("action", "cause"),
    [("delayed", "delayed"), ("delivered", "delivered"), ("relayed (to x)", "delivered")],
)
def test_an_action_that_is_no_failure(action: str, cause: str) -> None:
    (item,) = items(bounce(LETTER, action=action))
    assert (item.cause, item.hard) == (cause, False)


def test_a_report_whose_boundary_is_broken() -> None:
    raw = bounce(LETTER).replace(b'boundary="b0"', b'boundary="other"')
    assert [(i.recipient, i.cause) for i in items(raw)] == [("ana@daily.example", "unknown_user")]


QMAIL = """\
Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@daily.example>:
192.0.2.5 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.5.

--- Below this line is a copy of the message.
"""
EXIM = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@daily.example
    host mx [192.0.2.5]
    SMTP error from remote mail server after RCPT TO:<ana@daily.example>:
    552 5.2.2 Over quota

------ This is a copy of the message, including all the headers. ------
"""
SENDMAIL = """\
   ----- The following addresses had permanent fatal errors -----
<ana@daily.example>

   ----- Transcript of session follows -----
... while talking to mx.daily.example.:
>>> RCPT To:<ana@daily.example>
<<< 550 5.1.1 User unknown
550 5.1.1 <ana@daily.example>... User unknown
"""
OLD_GMAIL = """\
Delivery to the following recipient failed permanently:

     ana@daily.example

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain.
The error that the other server returned was:
554 5.7.1 blocked using zen.spamhaus.org

----- Original message -----
"""
OPENSMTPD = """\
    A message is delayed for more than 10 minutes for the following
    list of recipients:

ana@daily.example: Network error on destination MXs

    Please note that this is only a temporary failure report.
"""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (QMAIL, Cause.UNKNOWN_USER),
        (EXIM, Cause.MAILBOX_FULL),
        (SENDMAIL, Cause.UNKNOWN_USER),
        (OLD_GMAIL, Cause.OUR_REPUTATION),
        (OPENSMTPD, Cause.DELAYED),
    ],
    ids=["qmail", "Exim", "sendmail", "Gmail", "OpenSMTPD"],
)
def test_bounces_that_are_nothing_but_sentences(text: str, cause: Cause) -> None:
    assert [(i.recipient, i.cause) for i in told(text + RETURNED)] == [("ana@daily.example", cause)]


def test_each_of_several_recipients_has_its_own_words() -> None:
    text = (
        "I wasn't able to deliver your message to the following addresses.\n\n"
        "<ana@daily.example>:\nRemote host said: 550 5.1.1 User unknown\n\n"
        "<ben@daily.example>:\nRemote host said: 552 5.2.2 Mailbox full\n\n"
        "--- Below this line is a copy of the message.\n"
    )
    assert [(i.recipient, i.cause) for i in told(text)] == [
        ("ana@daily.example", "unknown_user"),
        ("ben@daily.example", "mailbox_full"),
    ]


def test_unknown_user_after_the_text_is_a_filters_excuse() -> None:
    """The recipient had been accepted before: it is not of the address."""
    text = "<ana@daily.example>: host mx said: 550 User unknown (in reply to end of DATA command)\n"
    (item,) = told(text)
    assert (item.cause, item.hard) == ("refused_by_policy", False)
    (item,) = told(text.replace("end of DATA", "RCPT TO"))
    assert (item.cause, item.hard) == ("unknown_user", True)
    # Unless an enhanced code of the address says so.
    (item,) = told(text.replace("550 User", "550 5.1.1 User"))
    assert (item.cause, item.hard) == ("unknown_user", True)


def test_pipelining_answers_rcpt_although_data_was_written() -> None:
    text = (
        "<ana@daily.example>\n   ----- Transcript of session follows -----\n>>> DATA\n"
        "<<< 550 User unknown\n<<< 503 5.0.0 Need RCPT (recipient)\n"
    )
    assert [i.hard for i in told(text)] == [True]


def test_a_domain_that_is_away_for_now_is_not_gone() -> None:
    gone = bounce(LETTER, status="5.4.4", said="Host or domain name not found")
    assert [i.cause for i in items(gone)] == ["domain_gone"]
    now = bounce(LETTER, status="4.4.4", said="DNS: NXDOMAIN")
    assert [(i.cause, i.hard) for i in items(now)] == [("network", False)]


def test_a_server_that_takes_no_mail_for_now_is_not_gone() -> None:
    always = bounce(LETTER, status="5.3.2", said="521 5.3.2 System not accepting messages")
    assert [(i.cause, i.hard) for i in items(always)] == [("no_mail", True)]
    now = bounce(LETTER, status="4.3.2", said="421 4.3.2 System not accepting messages")
    assert [(i.cause, i.hard) for i in items(now)] == [("no_mail", False)]


def test_a_program_of_theirs_that_failed_says_nothing_of_the_user() -> None:
    raw = bounce(LETTER, said="x").replace(
        b"Diagnostic-Code: smtp; x", b"Diagnostic-Code: x-unix; procmail: No such user"
    )
    assert [(i.cause, i.hard) for i in items(raw)] == [("system", False)]


def test_japanese_that_does_not_say_its_encoding() -> None:
    text = "<ana@daily.example>: ディレクトリのリストにありません".encode("iso-2022-jp")
    raw = f"{HEAD}Subject: Undeliverable message\n\n".encode() + text
    assert [(i.recipient, i.cause) for i in items(raw)] == [("ana@daily.example", "unknown_user")]


def test_a_bounce_whose_words_are_a_page() -> None:
    page = (
        "<html><style>p { color: red }</style><p>Your message wasn't delivered to"
        " <b>ana@daily.example</b> because the address couldn't be found.</p></html>"
    )
    raw = f"{HEAD}Subject: Undeliverable\nContent-Type: text/html\n\n{page}"
    assert [(i.recipient, i.cause) for i in items(raw)] == [("ana@daily.example", "unknown_user")]


def test_addresses_that_are_nobodys_who_was_written_to() -> None:
    text = (
        "For further assistance, please write to postmaster@mx.example or support@mx.example.\n\n"
        "<ana@daily.example>: 550 5.1.1 User unknown\n"
    )
    assert [i.recipient for i in told(text)] == ["ana@daily.example"]


def test_a_letter_is_no_bounce_because_it_quotes_one() -> None:
    raw = "From: ana@daily.example\nTo: press@press.example\nSubject: Re: plan\n\n"
    quoted = "I got this:\n\n> 550 5.1.1 <ben@daily.example>: User unknown\n"
    (item,) = items(raw + quoted)
    assert (item.cause, item.hard) == ("reply", False)


@pytest.mark.parametrize("kind", ["plain", "microsoft", "apple"])
def test_complaints(kind: str) -> None:
    if kind == "plain":
        head = "From: fbl@x.example\nSubject: FW: plan\nContent-Type: multipart/report;"
        raw = (
            f'{head} report-type=feedback-report; boundary="b"\n\n--b\nContent-Type:'
            " message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\n"
            "Original-Rcpt-To: ana@daily.example\n\n--b\nContent-Type: message/rfc822\n"
            f"{RETURNED}\n--b--\n"
        )
    elif kind == "microsoft":
        raw = (
            "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n"
            'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n'
            f"X-HmXmrOriginalRecipient: ana@daily.example\n{RETURNED.lstrip()}\n--b--\n"
        )
    else:
        raw = "From: ana@daily.example\nSubject: unsubscribe\nX-Apple-Unsubscribe: true\n\nx\n"
    (item,) = items(raw)
    cause = Cause.REMOVAL_REQUEST if kind == "apple" else Cause.COMPLAINT
    assert (item.recipient, item.cause, item.hard) == ("ana@daily.example", cause, False)
