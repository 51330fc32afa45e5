"""Links of letters that are counted: over our own pages, to nowhere but where they led."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.flow.submission import Order, submit
from distro.incoming.clicks import Asked, follow
from distro.model import DistributionId
from distro.reports import page
from distro.reports.summary import report
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.web.application import create_app
from tests.incoming.conftest import Office
from tests.support.installation import add_readers, make_installation
from tests.support.returned import Sent
from tests.support.story import Story

D = DistributionId("1")
TRUE = ("https://plan.example/a?x=1&y=2", "https://plan.example/b")
TEXT = f"Read [the plan]({TRUE[0]}) and [its map]({TRUE[1]}), or write to [us](mailto:a@b.example)."
RELEASE = f"---\nheadline: Towns agree\nlanguage: en\n---\n{TEXT}\n"
BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Office:
    """An office that counts links."""
    installation = make_installation(tmp_path, server, store, tracking={"clicks": True})
    add_readers(store, 3, folder=tmp_path)
    return Office(installation, tmp_path)


def publish(office: Office) -> list[Sent]:
    """Send a release with two links."""
    path, letters = office.folder / "release.md", list[Sent]()
    path.write_text(RELEASE, encoding="utf-8")
    submit(office.installation, Order(files=[path], to="journalists"))
    story = Story(office.installation)
    try:
        story.run()
        letters = [Sent("", to, raw) for to, raw in story.letters]
    finally:
        story.stop()
    return sorted(letters, key=lambda letter: letter.recipient)


def parts(letter: Sent) -> tuple[str, str]:
    """Return the text and the HTML of a letter."""
    whole = message_from_bytes(letter.raw, policy=policy.default)
    text, html = whole.get_body(("plain",)), whole.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def links_of(letter: Sent) -> list[str]:
    """Return the paths of the counted links: the hidden one last."""
    return re.findall(r'href="http://127\.0\.0\.1:8025(/l/[^"]+)"', parts(letter)[1])


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    with TestClient(create_app(office.installation), follow_redirects=False) as found:
        yield found


def clicks(office: Office) -> list[tuple[str, int, int, int]]:
    found = report(office.store, D, "UTC").fields["clicks"]
    return [(c["url"], c["human"], c["machine"], c["unknown"]) for c in found]


def test_links_lead_over_our_pages_and_the_text_keeps_the_true_ones(
    office: Office, browser: TestClient
) -> None:
    first = publish(office)[0]
    text, html = parts(first)
    assert all(link in text for link in TRUE)
    assert "/l/" not in text
    assert not any(link in html for link in TRUE)
    assert "mailto:a@b.example" in html
    paths = links_of(first)
    assert len(paths) == 3
    assert [path.rpartition("/")[2] for path in paths] == ["1", "2", "0"]
    office.later(1)
    answers = [browser.get(path, headers=BROWSER) for path in paths[:2]]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert tuple(answer.headers["location"] for answer in answers) == TRUE
    assert answers[0].headers["referrer-policy"] == "no-referrer"
    assert clicks(office) == [(TRUE[0], 1, 0, 0), (TRUE[1], 1, 0, 0)]


def test_nobody_counts_twice_and_programs_stand_apart(office: Office, browser: TestClient) -> None:
    first, second, third = publish(office)
    office.later(1)
    for _ in range(3):
        browser.get(links_of(first)[0], headers=BROWSER)
    browser.head(links_of(second)[0])
    browser.get(links_of(third)[0])
    assert clicks(office)[0] == (TRUE[0], 1, 1, 1)
    shown = page.page(office.store, D, zone="UTC", organisation="Office", live=False)
    assert "Links followed" in shown
    assert "Readers are not tracked" not in shown


def test_a_scanner_that_takes_all_links_is_a_program_throughout(
    office: Office, browser: TestClient
) -> None:
    first = publish(office)[0]
    office.later(1)
    for path in links_of(first):  # the hidden one too
        browser.get(path, headers=BROWSER)
    assert clicks(office) == [(TRUE[0], 0, 1, 0), (TRUE[1], 0, 1, 0)]


def test_no_address_and_no_program_is_kept(office: Office) -> None:
    first = publish(office)[0]
    office.later(1)
    token, number = links_of(first)[0].split("/")[2:]
    asked = Asked("GET", "198.51.100.77", navigates=True)
    assert follow(office.installation, token, int(number), asked) == TRUE[0]
    for name in office.store.command("KEYS", "*"):
        kind = office.store.command("TYPE", name)
        raw = office.store.command("DUMP", name) if kind != b"none" else b""
        assert b"198.51.100" not in raw
    assert office.store.command("TTL", keys.followed("1", 0)) <= 60


@pytest.mark.parametrize("change", ["token", "number", "negative", "target"])
def test_there_is_no_open_way(office: Office, browser: TestClient, change: str) -> None:
    path = links_of(publish(office)[0])[0]
    wrong = {
        "token": path[:10] + ("0" if path[10] != "0" else "1") + path[11:],
        "number": path[:-1] + "77",
        "negative": path[:-1] + "-1",
        "target": path[:-1] + "https://evil.example",
    }[change]
    assert browser.get(wrong).status_code == 404
    assert "evil" not in browser.get(f"{path}?to=https://evil.example").headers["location"]


def test_who_refused_gets_the_true_links(office: Office, browser: TestClient) -> None:
    first = publish(office)[0]
    path = str(first.letter["List-Unsubscribe"]).partition("/u/")[2].rstrip(">")
    shown = browser.get(f"/p/{path}").text
    assert "We count how many people follow each link" in shown
    assert "We do not record" not in shown
    saved = browser.post(
        f"/p/{path}", data={"act": "save", "list": "journalists", "uncounted": "1"}
    )
    assert saved.status_code == 200
    assert "checked" in saved.text.partition('name="uncounted"')[2][:30]
    browser.get(links_of(first)[0], headers=BROWSER)  # of a letter from before
    assert clicks(office)[0][1:] == (0, 0, 0)
    another = RELEASE.replace("Towns agree", "Another story").replace("Read", "Do read")
    other = office.folder / "other.md"
    other.write_text(another, encoding="utf-8")
    submit(office.installation, Order(files=[other], to="journalists"))
    story = Story(office.installation)
    try:
        story.run()
        raw = next(raw for to, raw in story.letters if to == first.recipient)
    finally:
        story.stop()
    assert all(link.replace("&", "&amp;") in parts(Sent("", "", raw))[1] for link in TRUE)


def test_off_is_off(tmp_path: Path, server: Embedded, store: Store) -> None:
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 3, folder=tmp_path)
    first = publish(Office(installation, tmp_path))[0]
    assert links_of(first) == []
    assert report(store, D, "UTC").fields["clicks"] == []
