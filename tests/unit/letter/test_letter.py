"""A letter as readers and receivers get it."""

import email
import email.policy
import html
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from distro.errors import TemplateError
from distro.letter import CompiledLetter, Filler, compile_letter, headers, quoted_printable
from distro.letter.context import LetterContext
from distro.letter.plain import Plain
from distro.letter.templates import Templates
from distro.model import Contact, Edition
from distro.tokens import UNSUBSCRIBE, SecretKeys, verify

KEYS = SecretKeys((b"sign",), b"pepper")
ENVELOPE = LetterContext(
    "17",
    "Example, Press Office",
    "press@press.example",
    "desk@press.example",
    "1 Example Street, Geneva",
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
)
BODY = """Twelve towns **agreed** today, see [the plan](https://press.example/plan?a=1&b=2).

> "One is enough."
>
> Amara Lindqvist

- beds
- schools

From here it begins with From, and {{ 7 * 7 }} stays, <script>alert(1)</script> too.
"""


def edition(**changes: object) -> Edition:
    base: dict[str, object] = {
        "language": "en",
        "headline": "Towns <agree> & plan",
        "body": BODY,
        "subhead": "One desk",
        "dateline": "GENEVA",
        "contacts": (
            Contact("Ines", "Press", "ines@press.example", "+41 22 700 12 34"),
            Contact(email="two@press.example"),
        ),
    }
    return Edition(**(base | changes))  # type: ignore[arg-type]


def letter(**changes: object) -> CompiledLetter:
    return compile_letter(edition(**changes), ENVELOPE, Templates(Path("/nowhere")))


def read_back(
    found: CompiledLetter, address: str = "ana@daily.example", name: str = "Ana Rivas"
) -> EmailMessage:
    filler = Filler(found, distribution=17, site_url="https://press.example", keys=KEYS)
    raw = b"".join(filler.fill(42, 981, address, name))
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert not any(line.startswith(b".") for line in raw.split(b"\r\n"))
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not any(part.defects for part in message.walk())
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_it_carries_the_header_fields_of_a_bulk_letter() -> None:
    """RFC 5322, RFC 2919, RFC 8058."""
    message = read_back(letter())

    assert str(message["From"]) == '"Example, Press Office" <press@press.example>'
    assert str(message["To"]) == "Ana Rivas <ana@daily.example>"
    assert message["Subject"] == "Towns <agree> & plan"
    assert message["Reply-To"].addresses[0].addr_spec == "desk@press.example"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<press.press.example>" in message["List-Id"]
    assert message["Content-Language"] == "en"
    assert message["Feedback-ID"].count(":") == 3
    token = message["List-Unsubscribe"].strip("<>").removeprefix("https://press.example/u/")
    assert verify(token, UNSUBSCRIBE, KEYS, [KEYS.address_hash("ana@daily.example")])


def test_release_text_is_never_a_template_nor_markup() -> None:
    message = read_back(letter())
    html, text = part(message, "html"), part(message, "plain")

    assert "{{ 7 * 7 }}" in html
    assert "{{ 7 * 7 }}" in text
    assert "<script>alert" not in html
    assert "Towns &lt;agree&gt; &amp; plan" in html
    assert 'href="https://press.example/plan?a=1&amp;b=2"' in html
    assert "the plan [1]" in text
    assert "[1] https://press.example/plan?a=1&b=2" in text


def test_both_parts_carry_the_readers_own_links_and_address() -> None:
    message = read_back(letter(), "o'neill+x=1@daily.example", "")
    for kind in ("html", "plain"):
        body = part(message, kind).replace("&#x27;", "'")
        assert "https://press.example/u/17.42.981." in body
        assert "https://press.example/v/17.en." in body  # the same for every reader
        assert "o'neill+x=1@daily.example" in body


def test_a_repetition_carries_the_same_message_id_and_date() -> None:
    first, again = read_back(letter()), read_back(letter())
    assert (first["Message-ID"], first["Date"]) == (again["Message-ID"], again["Date"])


def test_a_letter_survives_being_kept() -> None:
    found = letter()
    assert CompiledLetter.from_json(found.to_json()) == found


def test_arabic_runs_from_right_to_left() -> None:
    html = letter(
        language="ar",
        headline="اثنتا عشرة مدينة",
        body="اتفقت المدن اليوم.\n\n- واحد\n- اثنان",
        dateline="جنيف",
    ).html
    assert 'lang="ar"' in html
    assert 'dir="rtl"' in html
    assert "margin:0 24px 0 0" in html
    assert "إلغاء الاشتراك" in html


def test_a_template_without_an_unsubscribe_link_is_refused(tmp_path: Path) -> None:
    """Promise 11."""
    own = tmp_path / "press-release"
    own.mkdir()
    (own / "body.txt").write_text("{{ headline }}\n")
    with pytest.raises(TemplateError, match="unsubscribe"):
        compile_letter(edition(), ENVELOPE, Templates(tmp_path))


def test_own_templates_win_block_by_block(tmp_path: Path) -> None:
    own = tmp_path / "press-release"
    own.mkdir()
    (own / "body.mjml").write_text(
        '{% extends "packaged/press-release/body.mjml" %}{% block masthead %}HOUSE OF OURS{%'
        " endblock %}"
    )
    found = compile_letter(edition(), ENVELOPE, Templates(tmp_path))
    assert "HOUSE OF OURS" in found.html
    assert "Twelve towns" in found.html


@pytest.mark.parametrize(
    "template",
    ["{{ nothing }}", "{% if %}", "{{ headline.__class__.__mro__ }}", "{{ ''.join.__globals__ }}"],
)
def test_a_broken_or_hostile_template_is_an_error(tmp_path: Path, template: str) -> None:
    own = tmp_path / "press-release"
    own.mkdir()
    (own / "subject.txt").write_text(template)
    with pytest.raises(TemplateError):
        compile_letter(edition(), ENVELOPE, Templates(tmp_path))


def test_the_text_part_wraps_but_never_breaks_a_link() -> None:
    plain = Plain()
    text = plain.render(
        "word " * 40
        + "https://press.example/"
        + "x" * 90
        + "\n\n1. one\n2. two\n   - nested\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"
    )
    assert "https://press.example/" + "x" * 90 in text
    assert all(len(line) <= 72 for line in text.splitlines() if "://" not in line)
    assert "1. one" in text
    assert "A   B" in text


@cache
def _plain_letter() -> CompiledLetter:
    return letter()


@given(
    st.text(
        st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"))
        | st.sampled_from("'- <>&\"=."),
        max_size=90,
    ),
    st.from_regex(r"(From)?[a-zA-Z0-9.'+=&_-]{1,50}@[a-z0-9-]{1,20}\.example", fullmatch=True),
)
@example("Ana Rivas", "From.ana@daily.example")
@example("Ana Rivas", "ana@daily.example")
@settings(max_examples=300, deadline=None)
def test_the_quick_way_for_plain_names_and_addresses_says_what_the_careful_one_says(
    name: str, address: str
) -> None:
    plain_letter = _plain_letter()
    filler = Filler(plain_letter, distribution=17, site_url="https://press.example", keys=KEYS)
    pieces = filler.fill(42, 981, address, name)
    to = pieces[0][: pieces[0].index(b"Message-ID")]
    assert re.sub(rb"\s+", b" ", to) == re.sub(
        rb"\s+", b" ", headers.address_field("To", name, address)
    )
    assert max(map(len, to.split(b"\r\n"))) <= max(78, len(address) + 4)
    shown = [
        piece
        for piece, slot in zip(pieces[3::2], plain_letter.body[1::2], strict=False)
        if slot == "address"
    ]
    assert shown
    assert set(shown) == {quoted_printable.value(html.escape(address).encode())}


@pytest.mark.parametrize(
    ("date", "language", "shown"),
    [
        ("2026-11-05", "en", "5\u00a0November 2026"),
        ("2026-11-05", "fr", "5\u00a0novembre 2026"),
        ("2026-11-05", "de", "5.\u00a0November 2026"),
        ("5 Nov", "en", "5 Nov"),
        ("2026-13-05", "en", "2026-13-05"),
    ],
)
def test_a_date_is_written_out_in_the_language_of_the_letter(
    date: str, language: str, shown: str
) -> None:
    found = compile_letter(
        Edition(language=language, headline="Towns", body="Text.", date=date),
        ENVELOPE,
        Templates(Path("/nowhere")),
    )
    assert shown in found.html.replace("&nbsp;", "\u00a0").replace("&#160;", "\u00a0")
