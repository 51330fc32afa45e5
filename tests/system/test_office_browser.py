"""The office in a real browser: each page at two widths, light and dark, no serious fault for axe;
what goes out is followed; what is done is done by hand and keyboard, without JavaScript too.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from distro.flow import corrections, domain_halts, orders
from distro.flow.corrections import Correction
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.store import Store, distributions, users
from distro.store.embedded import Embedded
from distro.web.application import create_app
from distro.web.office.visitor import FRESH_MS
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.server import free_port
from tests.support.story import Story

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,  # for their length
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="apt install chromium"),
]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PICTURES = os.environ.get("DISTRO_PICTURES", "")  # a folder: the pages are kept there as pictures
ALL = os.environ.get("DISTRO_FAULTS") == "all" or bool(PICTURES)
WALKS = [(375, "dark"), (1280, "light"), *([(375, "light"), (1280, "dark")] if ALL else [])]
PAGES = {
    "today": "",
    "releases": "/releases",
    "release": "/releases/D1",
    "draft": "/releases/D3/draft",
    "recipients": "/releases/D1/recipients?state=failed",
    "letter": "/releases/D1/letters",
    "correct": "/releases/D1/correct",
    "versions": "/releases/D4/versions",
    "save": "/releases/D1/recipients/save",
    "halt": "/releases/D2/halt",
    "kill": "/releases/D1/kill",
    "compose": "/compose",
    "people": "/people?search=reader+1",
    "person": "/people/reader3@d.example",
    "segments": "/segments?expression=country:CH",
    "import": "/import",
    "came-back": "/came-back",
    "storms": "/storms",
    "health": "/health",
    "audit-log": "/audit-log",
    "relays": "/relays",
    "sender-reports": "/sender-reports",
    "users": "/users",
    "add-a-person": "/users/add",
    "passkeys": "/passkeys",
    "settings": "/settings",
}

BODY = "Twelve towns agreed today.\n\nThey share one harbour, and one budget for it."


@dataclass
class Served:
    """An office on a port, and the token of its admin."""

    installation: Installation
    url: str
    token: str


def answer(message: Message) -> Outcome | None:
    if message.recipient.startswith("reader3@"):
        return Outcome(State.FAILED, 550, "5.1.1 no such user", relay="memory:0")
    return None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield found
        found.close()


@pytest.fixture
def served(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Served]:
    """D1 was sent, D2 is scheduled; D3 waits for approval."""
    port = free_port()
    url = f"http://localhost:{port}"  # a passkey is for a name, not for a number
    made = make_installation(tmp_path, server, store, site={"url": url}, approval={"required": 1})
    add_readers(store, 40, folder=tmp_path, languages=("en", "fr"))
    token = users.add(store, "ana", "admin")
    files = [write_release(tmp_path, body=BODY)]
    submit(made, Order(files=files, to="journalists"))
    approve(made, "1")
    story = Story(made, answer)
    story.run()
    story.stop()
    for name, headline in (("two", "The bridge opens"), ("three", "A budget for the harbour")):
        file = write_release(tmp_path, name=f"{name}.md", headline=headline, body=headline)
        submit(made, Order(files=[file], to="journalists", at="2099-01-01 10:00 UTC"))
    approve(made, "2")
    file = write_release(tmp_path, body=BODY.replace("today", "yesterday"))
    order = Correction(files=[file], note="It was yesterday.", actor="machine:ana")
    corrections.send(made, corrections.plan(made, DistributionId("1"), order))
    domain_halts.halt_domain(
        made, "outlook.com", 7200, actor="machine:ana", reason="they refuse our address"
    )
    config = uvicorn.Config(
        create_app(made), host="127.0.0.1", port=port, log_level="error", lifespan="off"
    )
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.01)
    yield Served(made, url, token)
    serving.should_exit = serving.force_exit = True
    thread.join(20)
    assert not thread.is_alive()


def approve(installation: Installation, number: str) -> None:
    from distro.actors import Actor
    from distro.flow import approval

    token = users.add(installation.store, f"ben{number}", "approver")
    actor = Actor.of("root", token)
    shown = approval.drafts(installation, DistributionId(number), f"ben{number}")
    approval.approve(installation, shown, actor=actor)


def sign_in(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/office")
    page.get_by_label("Password, or token").fill(served.token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), WALKS)
def test_each_page_is_sound_at_each_width_and_in_the_dark(
    served: Served, browser: Browser, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{served.url}/office/sign-in")
    check(page, "sign-in", width, scheme)
    sign_in(page, served)
    for name, path in PAGES.items():
        found = page.goto(f"{served.url}/office{path}", wait_until="load")
        assert found is not None
        assert found.status == 200, name
        check(page, name, width, scheme)
    context.close()
    assert not [line for line in said if "Content Security Policy" in line], said


def check(page: Page, name: str, width: int, scheme: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} wide"
    found = Axe().run(page)
    serious = [
        (v["id"], [node["html"][:120] for node in v["nodes"][:3]])
        for v in found.response["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert not serious, (name, serious)
    if PICTURES:
        Path(PICTURES).mkdir(exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png", full_page=True)


def test_a_release_is_followed_while_something_happens_to_it(
    served: Served, browser: Browser
) -> None:
    page = browser.new_page()
    sign_in(page, served)
    page.goto(f"{served.url}/office/releases/D2")
    expect(page.get_by_text("Scheduled. It starts by itself.")).to_be_visible()
    number = DistributionId("2")
    orders.halt(served.installation, number, actor="machine:ana", reason="wrong photo")
    expect(page.get_by_text("wrong photo").first).to_be_visible(timeout=10_000)
    page.close()


def test_an_act_needs_no_script(served: Served, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served)
    page.goto(f"{served.url}/office/releases/D2")
    page.get_by_role("link", name="Halt").click()
    page.get_by_label("Why, for the record").fill("wrong photo")
    page.get_by_role("button", name="Halt it now").click()
    expect(page.get_by_text("halted: wrong photo").first).to_be_visible()
    found = distributions.read(served.installation.store, DistributionId("2"))
    assert (found.state, found.reason) == ("halted", "wrong photo")
    context.close()


def test_a_draft_is_looked_at_and_approved(served: Served, browser: Browser) -> None:
    page = browser.new_page()
    sign_in(page, served)
    page.goto(f"{served.url}/office/releases/D3/draft")
    letter = page.frame_locator("iframe").first
    expect(letter.get_by_role("heading", name="A budget for the harbour")).to_be_visible()
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Approve it").click()
    expect(page.get_by_text("Scheduled. It starts by itself.")).to_be_visible()
    page.close()


def test_a_release_is_composed_by_hand(served: Served, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    sign_in(page, served)
    file = write_release(tmp_path, name="four.md", headline="Ferries run again", body="They do.")
    page.get_by_role("link", name="Compose").click()
    page.get_by_label("The release", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check it").click()
    page.get_by_label("To", exact=True).fill("journalists")
    page.get_by_label("When").fill("2099-01-01 10:00")
    page.get_by_role("button", name="Show who would get it").click()
    expect(page.get_by_role("heading", name="40 will get it")).to_be_visible()
    letter = page.frame_locator("iframe").first
    expect(letter.get_by_role("heading", name="Ferries run again")).to_be_visible()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/composed-1280-light.png", full_page=True)
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_role("heading", name="Ferries run again")).to_be_visible()
    page.close()


def test_a_release_is_corrected_by_hand(served: Served, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    sign_in(page, served)
    page.goto(f"{served.url}/office/releases/D1")
    page.get_by_role("link", name="Correct", exact=True).click()
    file = write_release(tmp_path, name="new.md", body=BODY.replace("Twelve", "Thirteen"))
    page.get_by_label("The new text").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("ins").first).to_be_visible()
    page.get_by_label("What readers are told").fill("The towns are thirteen, not twelve.")
    page.get_by_label("It said").fill("Twelve towns")
    page.get_by_label("It should say").fill("Thirteen towns")
    page.get_by_role("button", name="Show who hears of it").click()
    expect(page.get_by_text("have the earlier text, and get this one")).to_be_visible()
    letter = page.frame_locator("iframe").first
    expect(letter.get_by_role("heading", name="Towns agree a plan")).to_be_visible()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/corrected-1280-light.png", full_page=True)
    page.get_by_role("button", name="Halt the earlier text, and send this").click()
    expect(page.get_by_role("heading", name="Towns agree a plan")).to_be_visible()
    assert "correction" in page.inner_text("main").lower()
    page.close()


def test_a_passkey_signs_in_and_does_what_cannot_be_taken_back(
    served: Served, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    sign_in(page, served)
    page.get_by_role("link", name="ana, admin").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("button", name="Forget it")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="With a passkey").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    clock.move(FRESH_MS + 1000)
    page.goto(f"{served.url}/office/releases/D2/cancel")
    page.get_by_role("button", name="Do it with a passkey").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    found = distributions.read(served.installation.store, DistributionId("2"))
    assert found.state == "cancelled"
    # A device that did not verify its user is not enough.
    page.get_by_role("button", name="Sign out").click()
    unverified = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    devices.send("WebAuthn.setUserVerified", unverified)
    page.get_by_role("button", name="With a passkey").click()
    expect(page.get_by_text("The passkey was not shown")).to_be_visible()
    devices.send("WebAuthn.setUserVerified", unverified | {"isUserVerified": True})
    page.get_by_role("button", name="With a passkey").click()
    page.get_by_role("link", name="ana, admin").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="With a passkey").click()
    expect(page.get_by_text("That is not right")).to_be_visible()
    context.close()
