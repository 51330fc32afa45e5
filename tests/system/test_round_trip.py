"""Releases through other programs and back: pandoc, and LibreOffice where it is installed."""

import random
import re
import shutil
import subprocess
from itertools import groupby
from pathlib import Path

import pytest

from distro.lib.commonmark import parser
from distro.submit import read
from tests.support.words import WORDS

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not shutil.which("pandoc"), reason="needs pandoc: apt install pandoc"),
]
OFFICE = shutil.which("soffice")


def a_release(chance: random.Random) -> str:
    """Return a release with headings, lists, tables, links, quotes and numbers."""

    def words(count: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(count))

    def block(kind: int) -> str:
        if kind == 0:
            return f"## {words(3).capitalize()}"
        if kind == 1:
            return "\n".join(f"- {words(4)}\n    1. {words(3)}\n    2. {words(3)}" for _ in "ab")
        if kind == 2:
            first = chance.randint(1, 7)
            return "\n".join(f"{first + n}. {words(5)}" for n in range(3))
        if kind == 3:
            rows = [f"| {words(1)} | {chance.randint(2, 99_999):,} | {words(2)} |" for _ in "abc"]
            return "\n".join([f"| {words(1)} | {words(1)} | {words(1)} |", "|---|---|---|", *rows])
        if kind == 4:
            return f"> {words(9).capitalize()}."
        link = f"[{words(2)}](https://press.example/{words(1)})"
        return f"{words(6).capitalize()} **{words(2)}** {link} *{words(1)}* {words(4)}."

    opening = f"GENEVA, 3 March 2027 – {words(20).capitalize()}."
    # Two lists or quotes next to each other are one, for Markdown as for a document.
    kinds = [kind for kind, _ in groupby(chance.choices(range(6), k=9))]
    blocks = "\n\n".join(map(block, kinds))
    closing = f"{words(12).capitalize()}."
    return f"# {words(7).capitalize()}\n\n{opening}\n\n{blocks}\n\n{closing}\n"


def shape(markdown: str) -> list[tuple[str, str]]:
    """Return the tokens of a text that say what it is: headings, items, cells, links, words."""
    found = []
    for token in parser().parse(markdown):
        if token.type == "inline":
            words = "".join(
                c.content if c.type in ("text", "code_inline") else " "
                for c in token.children or []
                if c.type in ("text", "softbreak", "hardbreak", "code_inline")
            )
            links = [str(c.attrGet("href")) for c in token.children or [] if c.type == "link_open"]
            found.append(("text", re.sub(r"\s+", " ", words).strip()))
            found += [("link", link) for link in links]
        elif token.type.endswith("_open") and token.type != "paragraph_open":
            start = token.attrGet("start") if token.type == "ordered_list_open" else ""
            found.append((token.type, f"{token.tag}{start or ''}"))
    return found


def pandoc(folder: Path, given: str, made: str) -> None:
    subprocess.run(
        ["pandoc", "-f", "commonmark_x-smart", given, "-o", made], cwd=folder, check=True
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["docx", "odt"])
def test_a_release_comes_back_from_pandoc_as_it_was(kind: str, seed: int, tmp_path: Path) -> None:
    whole = a_release(random.Random(seed))
    (tmp_path / "r.md").write_text(whole, encoding="utf-8")
    pandoc(tmp_path, "r.md", f"r.{kind}")
    before, after = read(tmp_path / "r.md").edition, read(tmp_path / f"r.{kind}").edition
    assert before is not None
    assert after is not None
    assert (after.headline, after.dateline) == (before.headline, before.dateline)
    assert shape(after.body) == shape(before.body)


@pytest.mark.skipif(not OFFICE, reason="needs LibreOffice: apt install libreoffice-writer-nogui")
@pytest.mark.timeout(300)
def test_releases_come_back_from_libreoffice_as_they_were(tmp_path: Path) -> None:
    for seed in range(6):
        (tmp_path / f"r{seed}.md").write_text(a_release(random.Random(seed)), encoding="utf-8")
        subprocess.run(
            ["pandoc", "-f", "commonmark_x-smart", f"r{seed}.md", "-o", f"r{seed}.odt"],
            cwd=tmp_path,
            check=True,
        )
    names = [f"r{seed}.odt" for seed in range(6)]
    assert OFFICE is not None
    home = f"-env:UserInstallation=file://{tmp_path / 'home'}"
    for kind in ("docx", "rtf", "html"):
        subprocess.run(
            [OFFICE, home, "--headless", "--convert-to", kind, *names],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    for seed in range(6):
        before = read(tmp_path / f"r{seed}.md").edition
        after = read(tmp_path / f"r{seed}.docx").edition
        assert before is not None
        assert after is not None
        assert after.headline == before.headline
        assert shape(after.body) == shape(before.body)
        for kind in ("html", "rtf"):
            other = read(tmp_path / f"r{seed}.{kind}")
            assert other.edition is not None
            numbers = set(re.findall(r"\d[\d,]+", before.body))
            assert numbers <= set(re.findall(r"\d[\d,]+", other.edition.body))
