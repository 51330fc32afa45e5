"""A newsletter with words of each reader's own: escaped, spliced, and nobody reads a gap."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distro.letter import CompiledLetter, Filler, compile_letter
from distro.letter.context import LetterContext
from distro.letter.templates import Templates
from distro.lib.merge_fields import fields_of
from distro.model import Edition
from distro.readings import Level
from distro.submit import read
from distro.tokens import SecretKeys

BODY = '{{ name | default("Dear reader") }}, here is **news** for {{ city | default("you") }}.'
EDITION = Edition(
    language="en", headline="News", body=BODY, kind="newsletter", personal=True, date="2026-12-01"
)
CONTEXT = LetterContext(
    "17", "Office", "press@office.example", "", "", datetime(2026, 12, 1, tzinfo=UTC)
)


def filler(edition: Edition = EDITION) -> Filler:
    letter = compile_letter(edition, CONTEXT, Templates(Path("/nowhere")))
    letter = CompiledLetter.from_json(letter.to_json())
    return Filler(
        letter,
        distribution=17,
        site_url="https://press.example",
        keys=SecretKeys((b"k",), b"p"),
    )


def parts(row: dict[str, object] | None) -> tuple[str, str]:
    raw = b"".join(filler().fill(1, 2, "a@b.example", "Ana", row=row))
    message = email.message_from_bytes(raw, policy=email.policy.default)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    return plain.get_content(), rich.get_content()


@pytest.mark.parametrize(
    ("row", "plain", "rich"),
    [
        ({"name": "Ana", "city": ["Bern"]}, "Ana, here", "Ana, here"),
        ({"name": ["Zoë & Co"]}, "Zoë & Co, here", "Zoë &amp; Co, here"),
        ({"name": "<script>x</script>"}, "<script>x</script>, here", "&lt;script&gt;x"),
        ({"name": "{{ city }}"}, "{{ city }}, here", "{{ city }}, here"),
        ({"name": "A\r\nBcc: all@b.example"}, "A Bcc: all@b.example, here", "A Bcc: all"),
        ({"name": ""}, "Dear reader, here", "Dear reader, here"),
        (None, "Dear reader, here", "Dear reader, here"),
        ({"name": "x" * 500}, "x" * 80 + ", here", "x" * 80 + ", here"),
        ({"name": "."}, "., here", "., here"),
    ],
)
def test_each_reader_reads_their_own_words(
    row: dict[str, object] | None, plain: str, rich: str
) -> None:
    text, page = parts(row)
    assert plain in " ".join(text.split())
    assert rich in " ".join(page.split())
    assert "slot." not in text + page


def test_a_page_that_everybody_may_see_says_what_readers_without_a_name_read() -> None:
    shared = filler().shared_page()
    assert "Dear reader, here is" in shared
    assert "Ana" not in shared


def test_a_letter_that_is_not_personal_is_kept_as_before() -> None:
    plain = replace(EDITION, personal=False, body="News.")
    assert '"personal"' not in filler(plain).letter.to_json()
    assert plain.version == Edition(**{k: getattr(plain, k) for k in plain.__slots__}).version


def written(folder: Path, front: str, body: str) -> list[str]:
    path = folder / "r.md"
    path.write_text(f"---\nheadline: News\nlanguage: en\n{front}---\n{body}\n", encoding="utf-8")
    return [p.message for p in read(path).problems if p.level is Level.ERROR]


@pytest.mark.parametrize(
    ("front", "body", "says"),
    [
        ("kind: newsletter\npersonal: true\n", BODY, ""),
        ("kind: newsletter\n", BODY, "a placeholder is left"),
        ("personal: true\n", BODY, "only a newsletter may be personal"),
        ("kind: newsletter\npersonal: maybe\n", "Text.", "neither true nor false"),
        ("kind: newsletter\npersonal: true\n", "Dear {{ name }}.", "what do readers without name"),
        (
            "kind: newsletter\npersonal: true\n",
            '{{ phone | default("x") }}',
            'there is no field "phone"',
        ),
        ("kind: newsletter\npersonal: true\n", "{{ name|upper }}", "a placeholder is left"),
        ("kind: newsletter\npersonal: true\n", "{{ ().__class__ }}", "a placeholder is left"),
        (
            "kind: newsletter\npersonal: true\nsubhead: '{{ name | default(\"a\") }}'\n",
            "Text.",
            "only stand in the text",
        ),
        (
            "kind: newsletter\npersonal: true\n",
            '[x]({{name|default("javascript:alert(1)")}})',
            "address of a link",
        ),
        ("kind: newsletter\npersonal: true\n", '`{{name|default("a")}}`', "in `code`"),
        (
            "kind: newsletter\npersonal: true\n",
            '{{ name | default("a") }} ' * 21,
            "over 20 fields",
        ),
    ],
)
def test_what_may_stand_in_a_personal_newsletter(
    tmp_path: Path, front: str, body: str, says: str
) -> None:
    found = written(tmp_path, front, body)
    assert bool(found) is bool(says)
    assert not says or any(says in message for message in found)


def test_typographic_quotes_are_quotes() -> None:
    assert [tuple(f) for f in fields_of("{{name|default(“Dear reader”)}}")] == [
        ("name", "Dear reader")
    ]
