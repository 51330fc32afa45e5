"""Releases of our own in the forms in which wires, ministries, universities, NGOs and companies
publish them.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from distro.submit import read

FORMS = Path(__file__).parent / "forms"
EXPECTED: dict[str, Any] = json.loads((FORMS / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_careful_reader_would_find_the_same(name: str) -> None:
    wanted = EXPECTED[name]
    reading = read(FORMS / name)
    edition = reading.edition
    assert edition is not None
    body = " ".join("\n".join(reading.paragraphs).split())
    everything = " ".join(
        (
            edition.headline,
            edition.subhead,
            edition.dateline,
            body,
            edition.notes_to_editors,
            edition.boilerplate,
            *(f"{c.name} {c.role}" for c in edition.contacts),
        )
    )

    assert edition.language == wanted["language"]
    assert edition.headline == wanted["headline"]
    assert sorted(c.email for c in edition.contacts if c.email) == sorted(wanted["contacts"])
    assert edition.dateline.startswith(wanted.get("dateline", ""))
    assert edition.subhead == wanted.get("subhead", edition.subhead)
    assert edition.embargo[:16] == wanted.get("embargo", "")[:16]
    assert wanted.get("notes", "") in edition.notes_to_editors
    assert len(reading.paragraphs) == wanted.get("paragraphs", len(reading.paragraphs))
    for phrase in wanted["must_keep"]:
        assert phrase in body
    for phrase in wanted["must_drop"]:
        assert phrase not in everything


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_nothing_dropped_is_quoted_elsewhere(name: str) -> None:
    reading = read(FORMS / name)
    edition = reading.edition
    assert edition is not None
    kept = " ".join(
        (edition.headline, edition.subhead, *reading.paragraphs, edition.notes_to_editors)
    )
    for _, text in reading.dropped:
        assert len(text) < 40 or text not in kept
