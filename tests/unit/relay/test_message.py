"""The commands that announce a letter, with and without what a relay may offer."""

import pytest

from distro.relay.message import Message, commands_of
from distro.relay.reply import Reply

LETTER = Message("bounces+1@press.example", "ana+x=y@daily.example", (b"x",), "D17.42")


@pytest.mark.parametrize(
    ("offers", "mail", "rcpt"),
    [
        ({}, b"MAIL FROM:<bounces+1@press.example>", b"RCPT TO:<ana+x=y@daily.example>"),
        (
            {"SIZE": "100"},
            b"MAIL FROM:<bounces+1@press.example> SIZE=100",
            b"RCPT TO:<ana+x=y@daily.example>",
        ),
        (
            {"SIZE": "0", "DSN": ""},
            b"MAIL FROM:<bounces+1@press.example> SIZE=100 RET=HDRS ENVID=D17.42",
            (
                b"RCPT TO:<ana+x=y@daily.example> NOTIFY=FAILURE"
                b" ORCPT=rfc822;ana+2Bx+3Dy@daily.example"
            ),
        ),
    ],
)
def test_what_is_offered_is_used(offers: dict[str, str], mail: bytes, rcpt: bytes) -> None:
    """RFC 1870 §6, RFC 3461 §4."""
    assert commands_of(LETTER, 100, offers) == (mail + b"\r\n", rcpt + b"\r\n", b"DATA\r\n")


def test_without_a_name_for_bounces_none_is_asked_for() -> None:
    commands = commands_of(LETTER._replace(envelope_id=""), 100, {"DSN": ""})
    assert not isinstance(commands, Reply)
    assert b"ENVID" not in commands[0]
    assert b"NOTIFY" not in commands[1]


def test_an_international_address_needs_a_relay_that_takes_it() -> None:
    """RFC 6531 §3.2; RFC 3461's ORCPT is for ASCII."""
    letter = LETTER._replace(recipient="żółć@daily.example")
    assert commands_of(letter, 100, {}) == Reply(
        553, "5.6.7 the relay takes no international addresses"
    )
    commands = commands_of(letter, 100, {"SMTPUTF8": "", "DSN": ""})
    assert not isinstance(commands, Reply)
    assert commands[0].endswith(b" BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=D17.42\r\n")
    assert commands[1] == "RCPT TO:<żółć@daily.example> NOTIFY=FAILURE\r\n".encode()


def test_a_letter_that_is_too_large_is_refused_here() -> None:
    assert commands_of(LETTER, 101, {"SIZE": "100"}) == Reply(
        552, "5.3.4 the letter has 101 bytes, the relay takes 100"
    )
