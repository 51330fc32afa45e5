"""Letters as they were agreed: subject, text, HTML, and the message with its header fields.

A wanted change: DISTRO_GOLDEN=update python -m pytest tests/golden, look at the difference, commit
it.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distro.letter import Filler, compile_letter
from distro.letter.context import LetterContext
from distro.letter.templates import Templates
from distro.submit import read
from distro.tokens import SecretKeys

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "distro" / "demo" / "sample"
ENVELOPE = LetterContext(
    "17",
    "Harbour Towns Office",
    "press@harbourtowns.example",
    "",
    "4 Customs Quay, Alberwick AB1 2HT",
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
)


def agrees(name: str, text: str) -> None:
    path = HERE / "expected" / name
    if os.environ.get("DISTRO_GOLDEN") == "update":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    assert path.exists(), f"no {path}: run with DISTRO_GOLDEN=update"
    with path.open(encoding="utf-8", newline="") as file:
        assert file.read() == text, (
            f"{name} changed; if that is wanted: DISTRO_GOLDEN=update python -m pytest tests/golden"
        )


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_sample_release_in_each_language(language: str) -> None:
    edition = read(SAMPLES / f"harbour-plan.{language}.md").edition
    assert edition is not None
    letter = compile_letter(edition, ENVELOPE, Templates(Path("/nowhere")))
    filler = Filler(
        letter, distribution=17, site_url="https://press.example", keys=SecretKeys((b"k",), b"p")
    )

    agrees(f"harbour-plan.{language}.html", filler.page(3, 99, "ana@daily.example"))
    agrees(f"harbour-plan.{language}.txt", filler.plain(3, 99, "ana@daily.example"))
    raw = b"".join(filler.fill(3, 99, "ana@daily.example", "Ana Rivas, Daily"))
    agrees(f"harbour-plan.{language}.head.txt", raw.partition(b"\r\n\r\n")[0].decode() + "\n")
