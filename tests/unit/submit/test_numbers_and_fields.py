"""Numbers that begin a line, and fields that another system would have filled."""

from pathlib import Path

import pytest

from distro.letter.body import blocks
from distro.letter.plain import Plain
from distro.readings import Level
from distro.submit import read
from distro.submit.prose import paragraphs

HEAD = (
    "Zwei Nächte der offenen Werkstatt im Oktober angekündigt\n\nWIEN – Die Werkstätten am Kanal"
    " öffnen im Oktober an zwei Abenden für alle, die sie sehen wollen.\n\n"
)


def text_of(tmp_path: Path, text: str) -> str:
    (tmp_path / "r.txt").write_text(
        HEAD + text + "\n\nDer Eintritt ist frei, für alle und jeden Tag.\n"
    )
    found = read(tmp_path / "r.txt").edition
    assert found
    return found.body


@pytest.mark.parametrize(
    "line",
    [
        "3. Oktober ist der erste Abend, von 18 bis 23 Uhr, mit Führungen.",
        "17. Oktober ist der zweite Abend, mit Konzert im Hof der Gießerei.",
        "1994. So hieß auch das Jahr, in dem alles begann, sagt der Verein.",
        "2) ist keine Liste, sondern ein Satz, der so beginnt und weiter geht.",
        "&copy; ist kein Zeichen, sondern fünf, sagt der Verein am Kanal.",
        "~~~ ist ein Muster, das hier niemand meint und alle sehen.",
        "=== ebenso, auch wenn es wie eine Überschrift aussieht, Freunde.",
    ],
)
def test_a_plain_text_is_no_markdown(tmp_path: Path, line: str) -> None:
    body = text_of(tmp_path, line)
    assert line in " ".join(paragraphs(body))
    assert line[:30] in " ".join(Plain().render(body).split())
    assert not any(b.kind == "ordered" for b in blocks(body))


def test_a_numbered_list_stays_one(tmp_path: Path) -> None:
    body = text_of(
        tmp_path,
        "1. Die Halle öffnet um acht Uhr.\n2. Die Führung beginnt um neun.\n3. Das Konzert folgt um"
        " zehn.",
    )
    [found] = [b for b in blocks(body) if b.kind == "ordered"]
    assert len(found.items) == 3


def test_a_list_goes_on_where_it_stopped() -> None:
    text = "1. Raised.\n2. Renewed.\n\nBoth have begun.\n\n3. Closes.\n4. Moves."
    assert [b.start for b in blocks(text) if b.kind == "ordered"] == [1, 3]
    assert "3. Closes." in Plain().render(text)


@pytest.mark.parametrize(
    ("language", "line", "level"),
    [
        ("es", "La red abre en todo el cantón, con TODO el personal.", None),
        ("en", "TODO: ask Ana.", Level.ERROR),
        ("en", "What we do to do it.", None),
        ("en", "Dear *|FNAME|*, towns agree.", Level.ERROR),
        ("en", "Dear %FIRSTNAME%, towns agree.", Level.ERROR),
        ("en", "Dear {{ first_name }}, towns agree.", Level.ERROR),
        ("en", "Dear [[firstname]], towns agree.", Level.ERROR),
        ("en", "The XXX Olympiad begins.", Level.WARNING),
        ("en", "Call XXXXX today.", Level.ERROR),
        ("en", "It rose by 5 % and 7 % in May.", None),
        ("en", "The council prolonged the arms embargo until 30 June 2028.", None),
        ("en", "This text is embargoed until 5 May.", Level.ERROR),
        ("en", "Under embargo until 5 May.", Level.ERROR),
    ],
)
def test_what_is_left_to_fill_in_is_found_and_nothing_else(
    tmp_path: Path, language: str, line: str, level: Level | None
) -> None:
    (tmp_path / "r.md").write_text(
        f"---\nheadline: Towns\nlanguage: {language}\ndate: 2026-11-25\ndateline: GENEVA\ncontacts:"
        f" [{{name: Ana, email: a@b.example}}]\n---\nText.\n\n{line}\n"
    )
    assert {p.level for p in read(tmp_path / "r.md").problems if p.line == 10} == (
        {level} if level else set()
    )
