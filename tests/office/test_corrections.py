"""Correcting a release from a page: what changes, who hears of it, and only on what was seen."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.flow.submission import Order, submit
from distro.model import DistributionId
from distro.store import distributions
from distro.web.office.visitor import FRESH_MS
from tests.office.conftest import Browser
from tests.office.test_pages import field
from tests.support import clock
from tests.support.installation import write_release
from tests.support.office import GENEVA, Office, release_file
from tests.support.story import Story

OLD, NEW = "Prices fell by 14 per cent.", "Prices fell by 3 per cent."
RENTS = "Rents fell by 14 per cent."
PAGE = "/office/releases/D3/correct"


@pytest.fixture
def sent(office: Office, tmp_path: Path) -> Iterator[Story]:
    """D3 was sent to three journalists."""
    file = write_release(tmp_path, name="prices.md", headline="Prices", body=OLD)
    submit(office.installation, Order(files=[file], to="journalists"))
    story = Story(office.installation)
    story.run(1)
    yield story
    story.stop()


def uploaded(client: TestClient, page: str = PAGE, body: str = NEW) -> str:
    """Upload the new text, and give the page at which it is looked at."""
    csrf = field(client.get(page).text, "csrf")
    file = release_file(headline="Prices", body=body)
    kept = client.post(page, data={"csrf": csrf}, files=[file])
    assert kept.status_code == 303
    return str(kept.headers["location"])


def planned(client: TestClient, page: str, **typed: str) -> str:
    csrf = field(client.get(page).text, "csrf")
    return client.post(page, data={"csrf": csrf} | typed).text


def form_of(html: str) -> dict[str, str]:
    return {n: field(html, n).replace("&#34;", '"') for n in ("csrf", "key", "tag", "note")}


def test_a_release_is_corrected(office: Office, browser: Browser, sent: Story) -> None:
    client = browser("approver")
    page = uploaded(client)
    html = client.get(page).text
    assert "<del>14</del>" in html
    assert "<ins>3</ins>" in html
    assert "Halt the earlier text" not in html
    html = planned(client, page, note="It is 3, not 14.")
    assert re.search(r'class="figure">3</p>', html)
    data = form_of(html)
    answers = [client.post(f"{page}/send", data=data) for _ in range(2)]
    assert [a.headers["location"] for a in answers] == ["/office/releases/D4"] * 2
    sent.run(2)
    told = distributions.read(office.installation.store, DistributionId("4"))
    assert (told.kind, told.audience) == ("correction", 3)
    assert b"It is 3, not 14." in sent.letters[-1][1]


def test_it_is_sent_only_on_what_was_seen_and_by_who_is_there(
    office: Office, browser: Browser, sent: Story
) -> None:
    client = browser("approver")
    page = uploaded(client)
    data = form_of(planned(client, page, note="It is 3."))
    clock.move(FRESH_MS + 1000)
    assert "Your password, or token" in planned(client, page, note="It is 3.")
    refused = client.post(f"{page}/send", data=data)
    assert refused.status_code == 403
    assert "Show again that it is you" in refused.text
    proof = {"secret": office.token("approver")}
    office.ask("POST", "/distributions/D3/hold", key="k", json={"note": "wait"})
    changed = client.post(f"{page}/send", data=data | proof)
    assert changed.status_code == 412
    data = form_of(planned(client, page, note="It is 3."))
    assert client.post(f"{page}/send", data=data | proof).status_code == 303


def test_what_is_wrong_is_said_beside_it(browser: Browser, sent: Story) -> None:
    client = browser("approver")
    page = uploaded(client, body=OLD)
    html = planned(client, page, note="It is 3.")
    assert "The text is the same as before." in html
    assert 'role="alert"' in html
    update = uploaded(client, "/office/releases/D3/update")
    wrong = planned(client, update, note="Newer.", to="jornalists")
    assert "there is no list or segment" in wrong
    good = planned(client, update, note="Newer.", to="partners")
    assert "Halt the earlier text" in good


def test_who_may_not_or_does_not_see_it_gets_no_form(browser: Browser, sent: Story) -> None:
    assert browser("editor").get(PAGE).status_code == 403
    other = browser("approver", GENEVA)
    for path in (PAGE, PAGE.replace("correct", "update"), f"{PAGE}/x"):
        missing = path.replace("D3", "D99")
        assert other.get(path).status_code == other.get(missing).status_code == 404
    mine = uploaded(browser("approver"))
    assert browser("admin").get(mine).status_code == 404


def test_a_long_text_and_one_language_of_several_are_taken(
    office: Office, browser: Browser, sent: Story, tmp_path: Path
) -> None:
    """Larger than a form without files may be; the French says the same as before."""
    made = office.installation
    files = [
        write_release(
            tmp_path, name="two.en.md", headline="Two", body="Rents fell by 14 per cent."
        ),
        write_release(tmp_path, name="two.fr.md", headline="Deux", language="fr", body="Oui."),
    ]
    submit(made, Order(files=files, to="journalists", at="2099-01-01 10:00 UTC"))
    client = browser("approver")
    page = "/office/releases/D4/correct"
    csrf = field(client.get(page).text, "csrf")
    file = release_file(
        headline="Two", body="Rents fell by 3 per cent.\n\n" + "They met in Geneva.\n\n" * 900
    )
    place = client.post(page, data={"csrf": csrf}, files=[file]).headers["location"]
    assert "Only these languages" in client.get(place).text
    assert 'role="alert"' in planned(client, place, note="It is 3.")
    html = planned(client, place, note="\u0629" * 900, it_said="\u0629" * 1500, only="en")
    assert "Halt the earlier text" in html
