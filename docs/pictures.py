"""Make docs/pictures/ with Debian's Chromium: the report, the letter and the mailbox as a person
sees them (`make pictures`).
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent / "pictures"
SHOTS = (
    ("report", "report", 1280, "light"),
    ("report-dark", "report", 1280, "dark"),
    ("report-phone", "report", 375, "light"),
    ("mailbox", "letter", 1280, "light"),
    ("letter-phone", "html", 375, "light"),
    ("letter-dark", "html", 375, "dark"),
    ("unsubscribe", "leave", 375, "light"),
)


def main() -> None:
    """Run the demo, look at its pages, end it."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryFile("w+") as said, sync_playwright() as playwright:
        demo = subprocess.Popen([sys.executable, "-u", "-m", "distro", "demo"], stdout=said)
        try:
            urls = _addresses(said)
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            for name, what, width, scheme in SHOTS:
                page = browser.new_context(
                    viewport={"width": width, "height": 900},
                    color_scheme="dark" if scheme == "dark" else "light",
                ).new_page()
                page.goto(urls[what])
                page.screenshot(path=HERE / f"{name}.png", full_page=True)
        finally:
            demo.send_signal(2)
            demo.wait(60)


def _addresses(said: "object") -> dict[str, str]:
    """The addresses that the demo prints when it is through."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        said.seek(0)  # type: ignore[attr-defined]
        found = dict(re.findall(r"(Letters|Report|Leave)\s+(http\S+)", said.read()))  # type: ignore[attr-defined]
        if len(found) == 3:
            return {
                "report": found["Report"],
                "letter": found["Letters"] + "/1",
                "html": found["Letters"] + "/1/html",
                "leave": found["Leave"],
            }
        time.sleep(0.2)
    raise SystemExit("the demo did not end")


if __name__ == "__main__":
    main()
