"""228 made-up releases in twelve languages, in the shapes in which releases lie on the web.

The reader was tuned on those in `known`; those in `held_out` were written by somebody else
afterwards, and only measured. What is right is counted as a careful person would count it:
language, headline, contacts, each phrase that must be kept or left out, and where the text has them
subhead, dateline, embargo, notes and the number of paragraphs.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from distro.readings import Level, Reading
from distro.submit import read
from distro.submit.lines import TextLine
from distro.submit.parts import Division, Part
from distro.submit.plaintext import doubts

RELEASES = Path(__file__).parent / "releases"


def answers(
    path: Path, wanted: dict[str, Any], reader: Callable[[Path], Reading] = read
) -> Iterator[tuple[str, bool]]:
    """Every question about one release, and whether the reader's answer is right."""
    reading = reader(path)
    edition = reading.edition
    assert edition is not None
    body = " ".join("\n".join(reading.paragraphs).split())
    kept = " ".join(
        (
            edition.headline,
            edition.subhead,
            edition.dateline,
            body,
            edition.notes_to_editors,
            *(f"{c.name} {c.role} {c.email} {c.phone}" for c in edition.contacts),
        )
    )
    yield "language", edition.language == wanted["language"]
    yield "headline", edition.headline == wanted["headline"]
    yield (
        "contacts",
        sorted(c.email.lower() for c in edition.contacts if c.email) == sorted(wanted["contacts"]),
    )
    for name, right in (
        ("dateline", edition.dateline.lower().startswith(wanted.get("dateline", "").lower())),
        ("subhead", edition.subhead == wanted.get("subhead")),
        ("embargo", edition.embargo[:16] == wanted.get("embargo", "")[:16]),
        ("notes", wanted.get("notes", "") in edition.notes_to_editors),
        ("paragraphs", len(reading.paragraphs) == wanted.get("paragraphs")),
    ):
        if name in wanted:
            yield name, right
    for phrase in wanted["must_keep"]:
        yield f"keeps {phrase[:40]}", phrase in body
    for phrase in wanted["must_drop"]:
        yield f"drops {phrase[:40]}", phrase not in kept


@cache
def all_answers(folder: str) -> dict[tuple[str, str], bool]:
    expected = json.loads((RELEASES / folder / "expected.json").read_text(encoding="utf-8"))
    return {
        (name, question): right
        for name, wanted in expected.items()
        for question, right in answers(RELEASES / folder / name, wanted)
    }


@pytest.mark.parametrize(("folder", "least"), [("known", 0.955), ("held_out", 0.945)])
def test_a_careful_reader_would_find_nearly_the_same(folder: str, least: float) -> None:
    answered = all_answers(folder)
    wrong = [f"{name}: {question}" for (name, question), right in answered.items() if not right]
    assert 1 - len(wrong) / len(answered) >= least, "\n".join(wrong)


@pytest.mark.parametrize(
    "language", ["en", "fr", "es", "ar", "ru", "zh", "de", "it", "pt", "ja", "nl", "tr"]
)
def test_no_language_is_left_behind(language: str) -> None:
    answered = [
        right
        for (name, _), right in all_answers("known").items()
        if name.startswith(f"{language}-")
    ]
    assert sum(answered) / len(answered) >= 0.90


def test_the_reader_says_when_it_is_not_sure(tmp_path: Path) -> None:
    """Two lines that could both be the headline: the other one is named."""
    path = tmp_path / "r.txt"
    path.write_text(
        "Ferry office prints its timetables in four languages\n\nPassengers have asked for new"
        " timetables for a year\n\nThe ferry office said today that its timetables are printed in"
        " four languages, so that all may read them.\n\nThey are free.\n"
    )
    found = read(path)
    assert found.sure == "probably"
    assert found.otherwise[0] == 3


def test_more_prose_left_out_than_kept_is_an_error() -> None:
    """However the division came about, nothing is lost in silence."""
    lines = [
        TextLine(
            n,
            f"Paragraph {n} of the story tells of the harbour, and it is as long as the others"
            " are.",
        )
        for n in range(1, 9)
    ]
    parts = (Part.HEAD, Part.BODY, *[Part.AFTER] * 6)
    found = doubts("r.txt", lines, Division(parts, left_out=tuple(range(2, 8))), "Paragraph 1")
    assert [(p.line, p.level) for p in found] == [(3, Level.ERROR)]
    assert not doubts(
        "r.txt",
        lines,
        Division((Part.HEAD, *[Part.BODY] * 6, Part.AFTER), left_out=(7,)),
        "Paragraph 1",
    )
