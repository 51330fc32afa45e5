"""Header fields parse back to what went in, whatever the script of a name."""

import email
import email.policy
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distro.letter import headers

NAMES = [
    "O'Neill, Press Office (External); London " + "long " * 12,
    "Żółć Gęślą Jaźń " * 6,
    "محمد الأمين",
    "李小龍",
    "=?utf-8?q?x?=",
    '"quoted" \\ back',
    "a@b.example",
    "<script>alert(1)</script>",
    "👩‍👩‍👧‍👦 Family",
    ",;:<>()[]",
    "Ends with dot.",
    "x" * 300,
]


def parsed(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def check_form(raw: bytes) -> None:
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(
        len(line) <= 998 and line.strip() and b"\n" not in line and b"\r" not in line
        for line in lines[:-1]
    )
    assert all(line[:1] in (b" ", b"\t") for line in lines[1:-1])


@given(st.text(max_size=200))
@pytest.mark.parametrize("fixed", [""])
def test_an_address_survives_any_name(fixed: str, name: str) -> None:
    del fixed
    raw = headers.address_field("To", name, "ana@daily.example")
    check_form(raw)
    addresses = parsed(raw)["To"].addresses
    assert [a.addr_spec for a in addresses] == ["ana@daily.example"]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_break_other_writers(name: str) -> None:
    raw = headers.address_field("To", name, "ana@daily.example")
    check_form(raw)
    found = parsed(raw)["To"].addresses
    assert [a.addr_spec for a in found] == ["ana@daily.example"]
    # CPython's parser keeps the space between adjacent encoded words of a phrase, which RFC 2047
    # §6.2 says to drop.
    assert found[0].display_name.replace(" ", "") == " ".join(name.split())[:120].replace(" ", "")


@given(st.text(min_size=1, max_size=300))
@example(
    "Réunion à Genève: le plan d’hiver des villes portuaires adopté aujourd’hui à l’unanimité des"
    " communes"
)
@example("a" * 200)
def test_a_subject_parses_back_and_injects_nothing(text: str) -> None:
    raw = headers.text_field("Subject", text)
    check_form(raw)
    message = parsed(raw)
    assert message.keys() == ["Subject"]


@pytest.mark.parametrize(
    "text", ["Plain words", "Réunion à Genève " * 9, "مدن الموانئ توافق", "Q: =?x?= what"]
)
def test_a_subject_is_read_as_written(text: str) -> None:
    assert parsed(headers.text_field("Subject", text))["Subject"] == " ".join(text.split())


def test_a_long_url_is_never_broken() -> None:
    """RFC 8058: CPython's own folding turns this into encoded words."""
    url = "<https://press.example/" + "u" * 120 + ">"
    assert url.encode() in headers.field("List-Unsubscribe", url)


def test_a_date_is_english_with_its_offset() -> None:
    when = datetime(2026, 11, 4, 9, 5, 7, tzinfo=timezone(timedelta(hours=1)))
    assert headers.date(when) == "Wed, 4 Nov 2026 09:05:07 +0100"


@pytest.mark.parametrize(
    "text",
    [
        "محمد الأمين " * 9,
        "plain words of a release محمد الأمين Ünïcode " * 4,
        "李小龍" * 40,
        "👩‍👩‍👧‍👦 " * 20,
    ],
)
def test_no_encoded_word_but_the_last_is_padded(text: str) -> None:
    words = headers.encoded_words(text)
    assert len(words) > 1
    assert not any("=?=" in word for word in words[:-1])
    assert all(len(word) <= 75 for word in words)
