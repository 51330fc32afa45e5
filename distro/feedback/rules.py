"""Judge what a server said, by the rules in `rules.toml`: providers, then words, then codes."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from distro.feedback.items import GONE, Cause

_MOST = 2_000  # characters that are judged; servers explain themselves in fewer
_MOST_NAME = 253  # of a host (RFC 1035)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of `rules.toml`."""

    layer: str  # "words", or the name of a provider
    cause: Cause
    pattern: re.Pattern[str]
    sample: str

    @property
    def name(self) -> str:
        """Return the rule as a report names it."""
        return f"{self.layer}: {self.cause}"


@dataclass(frozen=True, slots=True)
class Provider:
    """The table of one provider."""

    name: str
    known_by: re.Pattern[str]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A cause, and the rule that decided."""

    cause: Cause
    rule: str


UNDECIDED = Judgement(Cause.UNCLASSIFIED, "")


def judge(said: str, near: str = "") -> Judgement:
    """Return what a refusal means.

    `said`: the server's words with its codes; `near`: the server, if it is known.
    """
    return _judged(said[:_MOST], near[:_MOST_NAME])


@lru_cache(1024)
def _judged(said: str, near: str) -> Judgement:
    text, code = plain(said), by_code(enhanced_in(said))
    known = f"{near} {said}".lower()
    layers = [p.rules for p in providers() if p.known_by.search(known)] + [words()]
    for rules in layers:
        for rule in rules:
            if rule.pattern.search(text) and not _contradicts(code, rule):
                return Judgement(rule.cause, rule.name)
    return code


def _contradicts(code: Judgement, rule: Rule) -> bool:
    """Return whether words seem to speak of the address, and the code of something else: of us, of
    security or policy (x.7.x, RFC 3463 §3.8), of the sender (x.1.7, x.1.8).
    """
    about = code.rule.removeprefix("code: ")
    of_us = about.startswith("7.") or about in ("1.7", "1.8")
    return rule.cause in GONE and rule.layer == "words" and of_us and code.cause not in GONE


def by_code(status: str) -> Judgement:
    """Return what an enhanced status code alone means (RFC 3463)."""
    subject_and_detail = status.partition(".")[2]
    cause = _codes().get(subject_and_detail)
    return Judgement(cause, f"code: {subject_and_detail}") if cause else UNDECIDED


def enhanced_in(said: str) -> str:
    """Return the most telling enhanced status code in a text; "" for none."""
    found = [m[0] for m in _STATUS.finditer(said[:_MOST])]
    return next((code for code in found if not code.endswith(".0.0")), found[0] if found else "")


def plain(said: str) -> str:
    """Return a text as the rules compare it: lower case, one line, addresses as @, links as url."""
    text = " ".join(said[:_MOST].lower().split())
    text = _LINK.sub("url", text)
    return _ADDRESS.sub("@", text)


# Not the middle of an address like 192.0.2.1.
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_LINK = re.compile(r"https?:/{1,2}[^\s<>\"')]{1,500}")
_ADDRESS = re.compile(r"<?[^\s<>@\"':;,()\[\]]{1,100}@[a-z0-9.\[\]-]{1,255}>?")


@cache
def providers() -> tuple[Provider, ...]:
    """Return the tables of single providers, in their order."""
    found = []
    for name, table in _listed()["provider"].items():
        rules: Any = {cause: lines for cause, lines in table.items() if cause != "known_by"}
        known_by = re.compile(str(table["known_by"]))
        found.append(Provider(name, known_by, tuple(_rules(name, rules))))
    return tuple(found)


@cache
def words() -> tuple[Rule, ...]:
    """Return the rules for whoever says it, in their order."""
    return tuple(_rules("words", _listed()["words"]))


def _rules(layer: str, table: dict[str, dict[str, str]]) -> Iterator[Rule]:
    for cause, lines in table.items():
        for pattern, sample in lines.items():
            yield Rule(layer, Cause(cause), re.compile(pattern), sample)


@cache
def _codes() -> dict[str, Cause]:
    return {code: Cause(str(cause)) for code, cause in _listed()["codes"].items()}


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(files("distro.feedback").joinpath("rules.toml").read_text("utf-8"))
