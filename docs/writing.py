"""Make the pictures of docs/writing-a-release.md: what is written, and what becomes of it.

Needs Debian's Chromium, pandoc and LibreOffice.
"""

import html
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from distro.mailing.preview import PreviewReader, write_preview
from distro.settings.load import load

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from gallery import open_browser  # noqa: E402

WORD = """\
# Twelve harbour towns agree a shared reception plan

ALBERWICK, 3 March 2027 – Twelve towns on the Sable Coast agreed today to receive people who arrive
by sea under **one plan**, with 1,450 beds and a common registration form.

## What changes

- every town keeps at least 60 beds free
- one telephone number, staffed in six languages

> One plan is enough, said Amara Lindqvist.

| Town | Beds |
|------|------|
| Carrow | 450 |
| Saltby | 1,000 |

Media contact: Ines Calloway, calloway@press.example, +44 20 7946 0142
"""
LETTER = """\
---
headline: This week on the coast
kind: newsletter
language: en
date: 2027-03-05
personal: true
---

{{ name | default("Dear reader") }}, here is the news for {{ city | default("you") }}.

## Twelve towns share their warnings

The first common warnings go out in March. [Read it](https://press.example/1)
"""


def main() -> None:
    """Make both pictures."""
    folder = HERE / "pictures" / "writing"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        work, browser = Path(name), open_browser(playwright)
        word = _document(work)
        panes = [("in Word", _text(word.with_suffix(".html"))), ("the letter", _letter(work, word))]
        _sheet(browser, panes, folder / "word.png")
        (work / "news.md").write_text(LETTER, encoding="utf-8")
        look = "font:14px/20px monospace;padding:16px;white-space:pre-wrap"
        source = f"<pre style='{look}'>{html.escape(LETTER)}</pre>"
        _sheet(
            browser,
            [
                ("news.md", source),
                ("for Ana", _letter(work, work / "news.md", "Ana Ruiz")),
                ("for a reader without a name", _letter(work, work / "news.md")),
            ],
            folder / "personal.png",
            height=430,
        )


def _document(work: Path) -> Path:
    (work / "harbour.md").write_text(WORD, encoding="utf-8")
    home = f"-env:UserInstallation=file://{work / 'home'}"
    for command in (
        ["pandoc", "harbour.md", "-o", "harbour.docx"],
        ["soffice", home, "--headless", "--convert-to", "html", "harbour.docx"],
    ):
        subprocess.run(command, cwd=work, check=True, capture_output=True)
    return work / "harbour.docx"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _letter(work: Path, release: Path, name: str = "") -> str:
    reader = PreviewReader("", "reader@outlet.example", name)
    (written,) = write_preview(load(None, needed=False), [release], [reader], work / "out")
    return _text(written.files[0])


def _sheet(
    browser: Browser, panes: list[tuple[str, str]], path: Path, *, height: int = 860
) -> None:
    figures = "".join(
        '<figure style="margin:0"><figcaption style="font:bold 20px sans-serif;padding:0 0 8px">'
        f'{name}</figcaption><iframe width="620" height="{height}" style="border:1px solid #c6ccd1;'
        f'background:#fff" scrolling="no" srcdoc="{html.escape(content)}"></iframe></figure>'
        for name, content in panes
    )
    page = browser.new_context(
        viewport={"width": 660 * len(panes), "height": height + 90}, device_scale_factor=0.8
    ).new_page()
    page.set_content(
        f'<body style="margin:20px;display:flex;gap:20px;background:#f2f4f5">{figures}'
    )
    page.wait_for_timeout(300)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
