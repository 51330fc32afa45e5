"""Reply codes and enhanced status codes as words."""

import pytest

from distro.lib.smtp_codes import cause, enhanced


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("  4.7.0 try later", "4.7.0"),
        ("5.7.515 Access denied", "5.7.515"),
        ("3.1.1 no class of ours (RFC 3463 §2)", ""),
        ("see section 5.1.1", ""),
        ("5.1.1234 no code", ""),
        ("", ""),
    ],
)
def test_an_enhanced_code_stands_at_the_beginning(text: str, code: str) -> None:
    assert enhanced(text) == code


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (550, "5.1.1 <x@y> unknown", "no such mailbox"),
        (452, "4.2.2 over quota", "mailbox full"),
        (550, "5.7.26 no DKIM", "refused: the sender is not authenticated"),
        (550, "5.9.9 nobody knows this one", "refused"),
        (421, "closing", "server closing"),
        (599, "", "reply 599"),
        (0, "", "no reply"),
    ],
)
def test_the_enhanced_code_says_more_than_the_code(code: int, text: str, words: str) -> None:
    assert cause(code, text) == words
