"""Every template in every language that letters speak: what a blind reader, a phone, Outlook and a
mail gateway need.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from distro.letter import Filler, compile_letter, service_letters
from distro.letter.brand import SEA, SEA_DARK, contrast
from distro.letter.context import LetterContext
from distro.letter.labels import SPOKEN
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.model import Contact, Edition, is_right_to_left
from distro.tokens import SecretKeys

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
KINDS = sorted(p.name for p in TEMPLATES.iterdir() if p.name != "_base")
ENVELOPE = LetterContext(
    "17",
    "Harbour Towns Office",
    "press@harbourtowns.example",
    "",
    "4 Customs Quay",
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    languages=("en", "fr", "ar"),
)
SAMPLE = Edition(
    language="en",
    headline="Twelve towns agree",
    subhead="One desk for all",
    dateline="ALBERWICK",
    body=(
        "Twelve towns agreed, see [the plan](https://harbourtowns.example/plan).\n\n## Next\n\n-"
        " one\n- two\n\n> Enough.\n>\n> Amara\n\n| What | When |\n|---|---|\n| A | B |\n"
    ),
    notes_to_editors="1. First",
    boilerplate="The office.",
    embargo="2026-12-01T10:00:00+05:30",
    note="A figure was wrong.",
    it_said="a quarter",
    it_should_say="a third",
    contacts=(
        Contact("Ines", "Press", "ines@press.example", "+41 22 700 12 34"),
        Contact(email="two@press.example"),
    ),
)
VOID = {"meta", "br", "img", "hr", "link", "input", "col"}


class Outline(HTMLParser):
    """What a screen reader goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.links: list[tuple[str, str]] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self._link: list[str] | None = None
        self.open: list[str] = []
        self.crossed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.attributes.append((tag, named))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self._link = [named.get("href") or "", ""]

    def handle_data(self, data: str) -> None:
        if self._link:
            self._link[1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)
        if tag == "a" and self._link:
            self.links.append((self._link[0], self._link[1]))
            self._link = None


def made(kind: str, language: str) -> tuple[str, str, str]:
    """Subject, HTML and text."""
    if kind in ("confirm", "welcome"):
        slots = Slots()
        letter = compile_letter(
            getattr(service_letters, kind)(language, ENVELOPE.sender_name, slots),
            ENVELOPE,
            Templates(Path("/nowhere")),
            slots=slots,
        )
    else:
        tier = kind if kind in ("embargo", "low-bandwidth") else ""
        letter = compile_letter(
            replace(SAMPLE, language=language, kind="press-release" if tier else kind),
            ENVELOPE,
            Templates(Path("/nowhere")),
            tier,
        )
    filler = Filler(
        letter, distribution=17, site_url="https://press.example", keys=SecretKeys((b"k",), b"p")
    )
    reader = (42, 99, "ana+x@daily.example", "https://press.example/c/1")
    assert b"".join(
        filler.fill(
            42,
            99,
            "ana+x@daily.example",
            "Ana",
            "https://press.example/c/1",
            "https://press.example/n/1",
        )
    )
    return letter.subject, filler.page(*reader), filler.plain(*reader)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", SPOKEN)
def test_a_letter_is_right_for_everyone(kind: str, language: str) -> None:
    subject, page, text = made(kind, language)
    outline = Outline()
    outline.feed(page)

    root = next(attrs for tag, attrs in outline.attributes if tag == "html")
    assert root["lang"] == language
    assert root["dir"] == ("rtl" if is_right_to_left(language) else "ltr")
    assert outline.crossed == []
    assert outline.headings.count(1) == 1
    assert all(
        after <= before + 1
        for before, after in zip(outline.headings, outline.headings[1:], strict=False)
    ), "a heading level was jumped over"
    assert all(
        words.strip() and href.startswith(("https://", "mailto:", "tel:"))
        for href, words in outline.links
    ), outline.links
    assert all(
        attrs.get("role") == "presentation"
        or attrs.get("class") == "cells"
        or kind == "low-bandwidth"
        for tag, attrs in outline.attributes
        if tag == "table"
    )
    assert all(attrs.get("scope") for tag, attrs in outline.attributes if tag == "th")
    assert "<img" not in page
    assert "fonts.googleapis" not in page
    assert len(page.encode()) < 60_000
    assert "x0slot" not in page + text + subject
    assert "{{" not in page + text + subject
    assert (
        max(map(len, (line for line in text.splitlines() if "://" not in line and "@" not in line)))
        <= 72
    )
    assert not any(line.startswith("-- ") for line in text.splitlines())


@pytest.mark.parametrize("kind", KINDS)
def test_html_and_text_agree(kind: str) -> None:
    """Nobody who reads plain text is told less."""
    subject, page, text = made(kind, "fr")
    shown = " ".join(
        html.unescape(re.sub(r"<(style|title|head)[\s\S]*?</\1>|<[^>]+>", " ", page)).split()
    )
    for words in _sentences(text):
        assert words in shown, words
    assert subject.strip()


def _sentences(text: str) -> Iterator[str]:
    """The text part's paragraphs that are words, as one line each."""
    for paragraph in re.split(r"\n\s*\n", text.split("\n\n", 1)[1]):
        words = " ".join(paragraph.split())
        if re.match(r"[A-ZÉÀ][^\[\]:|]{25,}[.!?]$", words) and "ALBERWICK" not in words:
            yield words


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_is_readable(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, of the colours that the frame uses on each ground that it uses."""
    grounds = {"light": ("#ffffff", "#fbefed"), "dark": ("#15181b", "#2c1b19")}[scheme]
    inks = {
        "light": ("#1b1f23", "#59626b", "#0b5570", "#a11d14"),
        "dark": ("#e6e8ea", "#a5adb5", "#83c5de", "#ff9b8c"),
    }[scheme]
    frame = (TEMPLATES / "_base" / "letter.mjml").read_text(encoding="utf-8")
    for ink in inks:
        assert ink in frame or ink in (SEA, SEA_DARK)
        for ground in grounds:
            assert ground in frame
            assert contrast(ink, ground) >= 4.5, (ink, ground)
