"""Match phrases that classify a line: "press release", "notes to editors", as in `phrases.toml`."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

LONG = 300  # characters; what is longer is prose, and says none of these
_NUMBERED = r"(?:\s*(?:no|nr|n[°º]|№|#|vom|du|del|of)?\.?\s*\d[\d/. –-]*(?:\s*/\s*\d{2,4})?)?\W*$"


def says(kind: str, text: str) -> bool:
    """Return whether a line says what `kind` of `phrases.toml` lists."""
    return kind in kinds_of(text)


@lru_cache(8192)
def kinds_of(text: str) -> frozenset[str]:
    """Return every kind of phrase that a line is."""
    if len(text) > LONG:
        return frozenset()
    plain = text.replace("'", "’")
    return frozenset(kind for kind, pattern in _patterns().items() if pattern.match(plain))


def word_list(kind: str) -> list[str]:
    """Return the words that `phrases.toml` lists under [words]."""
    return str(_listed()["words"][kind]).split()


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(
        files("distro.submit").joinpath("phrases.toml").read_text(encoding="utf-8")
    )


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    listed = _listed()
    whole = {
        kind: re.compile(rf"\W*(?:{'|'.join(phrases)}){_NUMBERED}", re.IGNORECASE)
        for kind, phrases in listed["whole"].items()
        if kind != "end"
    }
    end = {
        "end": re.compile(
            rf"(?:[-–—*•\s(（]*)(?:{'|'.join(listed['whole']['end'])})[-–—*•.!\s)）]*$",
            re.IGNORECASE,
        )
    }
    whole["notes"] = re.compile(
        rf"\W*(?:{'|'.join(listed['whole']['notes'])})(?:\s?[,(（–—-].{{0,50}})?{_NUMBERED}",
        re.IGNORECASE,
    )
    start = {
        kind: re.compile(rf"\W*(?!\S+@)(?:{'|'.join(phrases)})", re.IGNORECASE)
        for kind, phrases in listed["start"].items()
    }
    return whole | end | start
