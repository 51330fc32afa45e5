"""The pages in a real browser: two widths, light and dark, with and without JavaScript, and no
serious fault for axe.
"""

import io
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect, sync_playwright
from pypdf import PdfReader

from distro.audience import book
from distro.demo.mailbox import Mailbox
from distro.demo.mailbox_pages import MailboxPages
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.reports import live
from distro.reports.summary import report
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.subscribers import transactional
from distro.tokens import CONFIRM, PERSONAL_DATA
from distro.web.application import create_app
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,  # for their length
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="apt install chromium"),
]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield found
        found.close()


def answer(message: Message) -> Outcome | None:
    if message.recipient.startswith("reader3@"):
        return Outcome(State.FAILED, 550, "5.1.1 no such user", relay="memory:0")
    return (
        Outcome(State.DEFERRED, 450, "4.2.2 mailbox full", relay="memory:0")
        if message.recipient.startswith("reader4@")
        else None
    )


@pytest.fixture
def addresses(tmp_path: Path, server: Embedded, store: Store) -> Iterator[dict[str, str]]:
    """A served office with one distribution: its report, an unsubscribe page, a letter online, the
    demo's mailbox.
    """
    with Mailbox(tmp_path / "box") as mailbox:
        (tmp_path / "subscribers").mkdir()
        (tmp_path / "subscribers" / "segments.toml").write_text(
            '[lists.journalists]\ntitle = "Press releases"\npublic = true\n[lists.weekly]\ntitle ='
            ' "The week in one letter"\npublic = true\n'
        )
        installation = make_installation(tmp_path, server, store)
        add_readers(store, 40, folder=tmp_path, languages=("en", "fr"))
        files = [
            write_release(tmp_path),
            write_release(
                tmp_path,
                language="fr",
                headline="Les villes",
                name="r.fr.md",
                body="Les villes sont d'accord.",
            ),
        ]
        submit(installation, Order(files=files, to="journalists"))
        story = Story(installation, answer)
        story.run()
        story.stop()
        serving = uvicorn.Server(
            uvicorn.Config(
                create_app(installation),
                host="127.0.0.1",
                port=0,
                log_level="error",
                lifespan="off",
            )
        )
        thread = threading.Thread(target=serving.run, daemon=True)
        thread.start()
        while not serving.started:
            time.sleep(0.01)
        port = serving.servers[0].sockets[0].getsockname()[1]
        who, raw = story.letters[0]
        (mailbox.folder / "1.eml").write_bytes(raw)
        mailbox.accepted.append((who, mailbox.folder / "1.eml"))
        pages = MailboxPages(mailbox)
        yield _paths(installation, raw, f"http://127.0.0.1:{port}") | {
            "mailbox": pages.url,
            "mailbox letter": f"{pages.url}/1",
        }
        pages.close()
        serving.should_exit = True
        thread.join(5)
        # a page that is still followed does not outlive the test: its loop would end with the
        # interpreter, badly
        serving.force_exit = True
        thread.join(20)
        assert not thread.is_alive()


def _paths(installation: Installation, raw: bytes, base: str) -> dict[str, str]:
    import email

    message = email.message_from_bytes(raw)
    text = message.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
    view = next(line.strip() for line in text.splitlines() if "/v/" in line)
    found = {
        "report": live.link(installation, DistributionId("1")),
        "unsubscribe": str(message["List-Unsubscribe"]).strip("<>"),
        "letter online": view,
    }
    who = book.by_address(installation.store, str(message["To"]).split("<")[-1].strip(">"))
    assert who is not None
    found |= {
        "preferences": found["unsubscribe"].replace("/u/", "/p/"),
        "subscribe": f"{installation.settings.site.url}/subscribe",
        "in Arabic": f"{installation.settings.site.url}/subscribe?lang=ar",
    }
    found |= {
        "what is held": transactional.link(installation, who, PERSONAL_DATA),
        "confirm": transactional.link(installation, who, CONFIRM),
    }
    return {name: url.replace(installation.settings.site.url, base) for name, url in found.items()}


@pytest.mark.faults  # for its length
def test_every_page_at_both_widths_in_light_and_dark(
    browser: Browser, addresses: dict[str, str]
) -> None:
    """No serious fault for axe, nothing wider than the screen, nothing that needs JavaScript."""
    faults = []
    for width in (375, 1280):
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme
            )
            for name, url in addresses.items():
                page = context.new_page()
                page.goto(url)
                where = f"{name} at {width} in the {scheme}"
                if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    faults.append(f"{where}: wider than the screen")
                found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
                faults += [
                    f"{where}: {v['id']} {v['nodes'][0]['html'][:80]}"
                    for v in found.response["violations"]
                    if v["impact"] in ("serious", "critical")
                ]
                page.close()
            context.close()
    assert not faults, "\n".join(faults)


def test_without_javascript_a_reader_leaves_by_keyboard(
    browser: Browser, addresses: dict[str, str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(addresses["unsubscribe"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert page.get_by_role("heading", level=1).inner_text() == "You are unsubscribed."
    page.goto(addresses["report"])
    assert "38 of 40 accepted" in page.content()
    context.close()


def test_without_javascript_a_reader_chooses_and_comes_back(
    browser: Browser, addresses: dict[str, str]
) -> None:
    """By the labels that a screen reader reads."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(addresses["preferences"])
    page.get_by_label("The week in one letter").check()
    page.get_by_label("Only newsletters and digests").check()
    page.get_by_label("Pause").select_option("One month")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert page.get_by_label("The week in one letter").is_checked()
    page.get_by_role("link", name="Stop all e-mail").click()
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_label("Press releases").uncheck()
    page.get_by_role("button", name="Keep these").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Welcome back."
    page.goto(addresses["subscribe"])
    page.get_by_label("Your e-mail address").fill("zoe@daily.example")
    page.get_by_label("The week in one letter").check()
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("heading", level=1).inner_text() == "The letter is on its way."
    context.close()


@pytest.mark.faults  # for its length
def test_the_live_page_follows_by_itself(
    browser: Browser, addresses: dict[str, str], store: Store
) -> None:
    """Numbers change without a reload; when it is over the whole page is fetched once more."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(addresses["report"])
    assert "38 of 40 accepted" in page.locator("#now").inner_text()

    store.command(
        "BITFIELD", keys.counters("1"), "INCRBY", "i32", "#2", 1, "INCRBY", "i32", "#3", -1
    )
    expect(page.locator("#now")).to_contain_text("39 of 40 accepted", timeout=8000)
    store.command(
        "BITFIELD", keys.counters("1"), "INCRBY", "i32", "#2", -1, "INCRBY", "i32", "#3", 1
    )
    store.command("HSET", keys.distribution("1"), "state", "halted", "reason", "wrong photo")
    expect(page.locator("body")).to_contain_text("Halted: wrong photo", timeout=8000)
    context.close()


def test_the_report_prints_on_one_page(
    browser: Browser, addresses: dict[str, str], store: Store
) -> None:
    """For a boss: the figures of the command line on one sheet, nothing that is zero."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(addresses["report"])
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    context.close()
    assert len(sheets) == 1
    words = " ".join(sheets[0].extract_text().split())
    counts = report(store, DistributionId("1"), "UTC").fields["counts"]
    assert f"{counts['accepted']} of {sum(counts.values())} accepted" in words
    for state, people in counts.items():
        shown = re.search(rf"\b{state.replace('_', ' ').capitalize()} {people} \d", words)
        assert bool(shown) == (people > 0), state
