"""A number appears only when it is true: each that is a link is the length of the list that it
leads to.
"""

import os
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.flow.submission import Order, submit
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.store import Store, users
from distro.store.embedded import Embedded
from distro.web.application import create_app
from tests.office.conftest import SITE
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

READERS = 100_000 if os.environ.get("DISTRO_FAULTS") == "all" else 250
_LINK = re.compile(r'<a href="(/office/[^"]+)"[^>]*>([\d,]+)</a>')
_PAGES = (
    *("", "/releases", "/releases/D1", "/releases/D2", "/people", "/segments"),
    *("/segments?expression=country:CH", "/segments?expression=language:fr"),
)


def answer(message: Message) -> Outcome | None:
    number = int(re.sub(r"\D", "", message.recipient) or 0)
    if number % 7 == 0:
        return Outcome(State.FAILED, 550, "5.1.1 no such user", relay="memory:0")
    if number % 11 == 0:
        return Outcome(State.DEFERRED, 450, "4.2.2 mailbox full", relay="memory:0")
    return None


@pytest.mark.timeout(900)
def test_each_number_is_the_length_of_its_list(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    made = make_installation(tmp_path, server, store, site={"url": SITE})
    add_readers(store, READERS, folder=tmp_path, languages=("en", "fr", "ar"))
    add_readers(store, 30, folder=tmp_path, name="partners", first=READERS)
    submit(made, Order(files=[write_release(tmp_path)], to="journalists"))
    story = Story(made, answer)
    story.run()
    story.stop()
    later = write_release(tmp_path, name="later.md", headline="Later", body="Later.")
    submit(made, Order(files=[later], to="partners", at="2099-01-01 10:00 UTC"))
    client = TestClient(create_app(made), SITE)
    client.post("/office/sign-in", data={"secret": users.add(store, "ana", "admin")})
    checked = 0
    for path in _PAGES:
        html = client.get(f"/office{path}").text
        for link, number in _LINK.findall(html):
            found, listed = length_of(client, link.replace("&amp;", "&"))
            assert f"{found:,}" == number, (path, link)
            assert listed == found, (path, link)
            checked += 1
    assert checked > 20


def length_of(client: TestClient, link: str) -> tuple[int, int]:
    """Return the count that a list says of itself, and how many lines it has in all its pages."""
    listed, said, path = 0, -1, link
    while path:
        html = client.get(path).text
        count = re.search(r"<h1>[^<]*: ([\d,]+)</h1>|<p>([\d,]+) (?:person|people)</p>", html)
        assert count, path
        said = int((count[1] or count[2]).replace(",", ""))
        listed += len(re.findall(r'<tr><td data-l="Address">', html))
        more = re.search(r'<a href="([^"]+)">The next hundred</a>', html)
        path = more[1].replace("&amp;", "&") if more and listed < 2_000 else ""
    return said, said if listed >= 2_000 else listed
