"""Markdown with front matter, and every way to get it wrong."""

from pathlib import Path

import pytest

from distro.errors import InputFileError, RefusedError
from distro.model import Contact
from distro.readings import Level
from distro.submit import read, release_of, slug_of

GOOD = """---
headline: Towns agree a plan
kind: statement
language: no
id: harbour-plan
embargo: 2027-12-01T10:00 Europe/Zurich
contacts: [{name: Ines Calloway, role: "Press officer, English", email: calloway@press.example}]
topics: [housing, winter]
---
ALBERWICK, 24 November – The towns *agreed* today.

- one
- two
"""


def put(tmp_path: Path, text: str | bytes, name: str = "r.md") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_front_matter_is_yaml_1_2_and_texts_stay_texts(tmp_path: Path) -> None:
    """`no` is Norwegian, a time stays as written but for its offset."""
    reading = read(put(tmp_path, GOOD))
    edition = reading.edition
    assert edition is not None

    assert edition.language == "no"
    assert edition.embargo == "2027-12-01T10:00:00+01:00"
    assert edition.contacts == (
        Contact("Ines Calloway", "Press officer, English", "calloway@press.example"),
    )
    assert edition.dateline == "ALBERWICK, 24 November"
    assert reading.paragraphs == ("The towns agreed today.", "one", "two")
    assert not reading.errors


def test_every_problem_has_its_line(tmp_path: Path) -> None:
    text = (
        "---\nheadlin: Towns\nkind: rumour\nid: Not An Id\nembargo: soon\ncontacts:"
        " nobody\nheadline: A\nheadline: B\n---\nText with {{ name }} left.\n"
    )

    found = {
        (p.line, p.message.split(":")[0][:28])
        for p in read(put(tmp_path, text)).problems
        if p.level is Level.ERROR
    }

    assert {line for line, _ in found} == {2, 3, 4, 5, 6, 8, 10}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\nheadline: A\n", 1, "does not end"),
        ("---\nheadline: [A\n---\nText.\n", 2, "not YAML"),
        ("---\n- a\n- b\n---\nText.\n", 2, "must be fields"),
        ("---\nheadline: " + "[" * 5000 + "\n---\nText.\n", 1, "nested too deeply"),
    ],
)
def test_broken_front_matter_is_an_error_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    assert any(
        p.line == line and words in p.message and p.level is Level.ERROR
        for p in read(put(tmp_path, text)).problems
    ), read(put(tmp_path, text)).problems


def test_a_heading_is_the_headline(tmp_path: Path) -> None:
    edition = read(put(tmp_path, "\n# Towns agree\n\nThey did.\n")).edition
    assert edition is not None
    assert (edition.headline, edition.body) == ("Towns agree", "They did.")


@pytest.mark.parametrize(
    "text", ["---\nkind: statement\n---\nText without a headline.\n", "# Only a headline\n"]
)
def test_no_headline_or_no_text_is_an_error(tmp_path: Path, text: str) -> None:
    assert read(put(tmp_path, text)).errors


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\x00\x01\x02" * 50, "not a text"),
        (b"PK\x03\x04rest", "under another name"),
        (b"x" * 300_001, "too large"),
    ],
)
def test_what_is_no_release_is_refused_with_words(tmp_path: Path, raw: bytes, words: str) -> None:
    with pytest.raises(InputFileError, match=words):
        read(put(tmp_path, raw))


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    put(tmp_path, GOOD, "release.md")
    with pytest.raises(InputFileError) as error:
        read(tmp_path / "relaese.md")
    assert "release.md" in error.value.hint


def test_latin_1_is_read_with_a_warning(tmp_path: Path) -> None:
    reading = read(
        put(tmp_path, "# Réunion à Genève\n\nLe texte de la réunion est prêt.\n".encode("cp1252"))
    )
    assert reading.edition is not None
    assert reading.edition.headline == "Réunion à Genève"
    assert any("Windows-1252" in p.message for p in reading.problems)


def test_two_editions_of_one_language_are_refused(tmp_path: Path) -> None:
    files = [put(tmp_path, GOOD, "a.md"), put(tmp_path, GOOD, "b.md")]
    with pytest.raises(RefusedError) as error:
        release_of([read(f) for f in files])
    assert "b.md" in error.value.details[0]


def test_a_version_is_what_readers_see(tmp_path: Path) -> None:
    first, same, other = (
        read(put(tmp_path, t)).edition for t in (GOOD, GOOD, GOOD.replace("agreed", "refused"))
    )
    assert first
    assert same
    assert other
    assert first.version == same.version != other.version
    assert type(first).from_json(first.to_json()) == first


def test_slugs_are_short_and_ascii() -> None:
    assert (
        slug_of("Réunion à Genève: le plan d’hiver") == "reunion-a-geneve-le-plan-dhiver"
        or slug_of("Réunion à Genève") == "reunion-a-geneve"
    )
    assert len(slug_of("word " * 50)) <= 60
    assert slug_of("مدن الموانئ").startswith("release-")


def test_links_that_do_not_say_where_they_go(tmp_path: Path) -> None:
    path = tmp_path / "r.md"
    path.write_text(
        "# ALL THE TOWNS AGREE ON A PLAN\n\nSee [here](http://a.example/x), [the"
        " plan](https://a.example) and ![here](x.png).\n\n[Aquí.](https://b.example)\n",
        encoding="utf-8",
    )
    problems = [(p.line, p.message) for p in read(path).problems]
    assert [line for line, message in problems if "does not say where" in message] == [3, 5]
    assert [line for line, message in problems if "not encrypted" in message] == [3]
    assert any("capitals" in message for _, message in problems)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("The towns <b>agreed</b>.", '"<b>"'),
        ('<div class="box">', '"<div class="box">"'),
        ("![The boats](https://pictures.example/boats.png)", '"[The boats]"'),
        ("So ![logo](//x.example/l.png) it is", '"[logo]"'),
    ],
)
def test_what_readers_will_see_otherwise_is_said_with_its_line(
    tmp_path: Path, line: str, seen: str
) -> None:
    found = read(
        put(tmp_path, f"---\nheadline: Towns agree\nlanguage: en\n---\nThey did.\n\n{line}\n")
    )
    warned = [p for p in found.problems if "readers see" in p.message]
    assert [(p.line, p.level) for p in warned] == [(7, Level.WARNING)]
    assert seen in warned[0].message
    assert not found.errors


@pytest.mark.parametrize(
    "line",
    [
        "a < b and b > c",
        "`<b>` is HTML",
        "See <https://towns.example>",
        "Write to <a@towns.example>",
        "<placeholder>",
    ],
)
def test_what_only_resembles_html_is_left_alone(tmp_path: Path, line: str) -> None:
    found = read(
        put(tmp_path, f"---\nheadline: Towns agree\nlanguage: en\n---\nThey did.\n\n{line}\n")
    )
    assert not [p for p in found.problems if "readers see" in p.message]


@pytest.mark.parametrize(
    ("kind", "command"),
    [("correction", "distro correct"), ("hold", "distro hold"), ("kill", "distro kill")],
)
def test_a_kind_that_is_sent_by_hand_says_so_with_the_way_out(
    tmp_path: Path, kind: str, command: str
) -> None:
    found = read(
        put(tmp_path, f"---\nheadline: Towns agree\nkind: {kind}\nlanguage: en\n---\nThey did.\n")
    )
    (problem,) = [p for p in found.problems if command in p.message]
    assert (problem.line, problem.level) == (3, Level.WARNING)
    assert "`id:` of its own" in problem.message


def test_a_datelines_day_is_the_date(tmp_path: Path) -> None:
    found = read(
        put(
            tmp_path,
            "---\nheadline: Towns agree\nlanguage: en\n---\nGENEVA, 3 March 2027 – They did.\n",
        )
    ).edition
    assert found
    assert (found.dateline, found.date) == ("GENEVA, 3 March 2027", "2027-03-03")
    assert not any("no date" in p.message for p in read(tmp_path / "r.md").problems)


@pytest.mark.parametrize("mark", ["ENDS", "###", "-30-", "Ende", "FIN", "* * *"])
def test_the_mark_that_ends_a_text_is_not_sent(tmp_path: Path, mark: str) -> None:
    found = read(
        put(tmp_path, f"---\nheadline: Towns agree\nlanguage: en\n---\nThey did.\n\n{mark}\n")
    )
    assert found.paragraphs == ("They did.",)
