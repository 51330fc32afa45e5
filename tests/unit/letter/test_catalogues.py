"""Letters and pages speak the six languages of the UN and three more, each of them whole."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distro.letter.labels import SPOKEN, long_date
from distro.web.pages import PAGES_SPEAK

DISTRO = Path(__file__).parents[3] / "distro"
NINE = ("ar", "de", "en", "es", "fr", "it", "pt", "ru", "zh")


def test_letters_and_pages_speak_the_same_languages() -> None:
    assert SPOKEN == PAGES_SPEAK == NINE


@pytest.mark.parametrize("folder", ["letter/catalogues", "web/catalogues"])
@pytest.mark.parametrize("language", NINE)
def test_every_phrase_is_there_with_what_is_filled_in(folder: str, language: str) -> None:
    read = {
        code: tomllib.loads((DISTRO / folder / f"{code}.toml").read_text(encoding="utf-8"))
        for code in ("en", language)
    }
    blanks = {
        code: {key: sorted(re.findall(r"\{\w+\}", phrase)) for key, phrase in words.items()}
        for code, words in read.items()
    }
    assert blanks[language] == blanks["en"]
    assert (
        language == "en"
        or sum(read[language][key] == phrase for key, phrase in read["en"].items()) <= 5
    )


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("ru", "25\u00a0ноября 2026\u202fг."),
        ("zh", "2026年11月25日"),
        ("it", "25\u00a0novembre 2026"),
        ("pt", "25\u00a0de novembro de 2026"),
    ],
)
def test_a_date_is_written_out(language: str, written: str) -> None:
    assert re.sub(
        r"[\u202f\s]+", " ", long_date(datetime(2026, 11, 25, tzinfo=UTC), language)
    ) == re.sub(r"[\u202f\s]+", " ", written)
