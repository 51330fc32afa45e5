"""Messages that come back about a letter, as servers and people write them."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

REPORTER = "MAILER-DAEMON@mx.receiver.example"


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that left, with its envelope."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def letter(self) -> Message:
        return message_from_bytes(self.raw)

    @property
    def head(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")


def bounce(
    letter: Sent,
    *,
    status: str = "5.1.1",
    said: str = "550 5.1.1 User unknown",
    action: str = "failed",
    recipient: str = "",
    to: str = "",
    head: str | None = None,
    server: str = "mx.daily.example",
) -> bytes:
    """A delivery status notification about a letter (RFC 3464)."""
    whom = recipient or letter.recipient
    returned = letter.head if head is None else head
    return f"""Return-Path: <>
From: Mail Delivery System <{REPORTER}>
To: {to or letter.sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b0"

--b0
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.receiver.example.

<{whom}>: host {server}[192.0.2.5] said: {said} (in reply to RCPT TO command)

--b0
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.receiver.example

Final-Recipient: rfc822; {whom}
Action: {action}
Status: {status}
Remote-MTA: dns; {server}
Diagnostic-Code: smtp; {said}

--b0
Content-Type: text/rfc822-headers

{returned}

--b0--
""".encode()


def complaint(letter: Sent, *, kind: str = "abuse", recipient: str = "", to: str = "") -> bytes:
    """A feedback report about a letter (RFC 5965)."""
    named = f"Original-Rcpt-To: {recipient}\n" if recipient else ""
    return f"""From: <feedback@receiver.example>
To: {to or "abuse@press.example"}
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b0"

--b0
Content-Type: text/plain

This is an email abuse report.

--b0
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Receiver/1.0
Version: 1
{named}
--b0
Content-Type: text/rfc822-headers

{letter.head}

--b0--
""".encode()


def answer(
    letter: Sent,
    text: str,
    *,
    subject: str = "Re: your release",
    sender: str = "",
    to: str = "",
    references: bool = True,
    **fields: str,
) -> bytes:
    """An answer to a letter, of a person or a program."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    thread = f"In-Reply-To: {letter.letter['Message-ID']}\n" if references else ""
    return f"""From: {sender or letter.recipient}
To: {to or letter.sender}
Subject: {subject}
{thread}{extra}Content-Type: text/plain; charset=utf-8

{text}
""".encode()
