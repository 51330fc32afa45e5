"""The report as a page: complete without JavaScript, self-contained, only for whoever has its
link.
"""

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.audience import book
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.reports import live
from distro.reports.details import details
from distro.reports.explain import explain
from distro.reports.explanation_text import write_page
from distro.reports.page import live_parts
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.web.application import create_app
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story


def answer(message: Message) -> Outcome | None:
    if message.recipient.startswith("reader3@"):
        return Outcome(State.FAILED, 550, "5.1.1 no such <user>", relay="memory:0")
    return (
        Outcome(State.DEFERRED, 450, "4.2.2 full", relay="memory:0")
        if message.recipient.startswith("reader4@")
        else None
    )


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Forty readers in two languages: 38 accepted, one refused, one deferred, and one who left
    before.
    """
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 41, folder=tmp_path, languages=("en", "fr"))
    installation.consent.record(store, subscriber=41, address="", act="unsubscribed", source="test")
    files = [
        write_release(tmp_path, headline="Towns & <plans>"),
        write_release(
            tmp_path, language="fr", headline="Les villes", name="r.fr.md", body="Les villes."
        ),
    ]
    submit(installation, Order(files=files, to="journalists", actor="m.zammit"))
    story = Story(installation, answer)
    story.run()
    story.stop()
    return installation


def test_the_page_says_what_the_ledger_says(installation: Installation, tmp_path: Path) -> None:
    live.write(installation, DistributionId("1"), tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text()

    assert "38 of 40 accepted" in html
    assert "The book balances" in html
    assert "Towns &amp; &lt;plans&gt;" in html
    assert "5.1.1 no such &lt;user&gt;" in html
    assert "m.zammit" in html
    assert len(re.findall(r'<tr(?: class="none")?><td data-l="State"><span><svg', html)) >= 10
    for part in (
        "Where everyone is",
        "Sending over time",
        "By edition",
        "By recipient domain",
        "Refusals by cause",
        "Failed, by name",
        "In doubt, and possibly twice",
        "Left out, by reason",
        "Events",
        "Versions",
    ):
        assert part in html


def test_the_page_loads_nothing_and_runs_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    live.write(installation, DistributionId("1"), tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text()
    assert "<script" not in html
    assert not re.search(r'(?:src|href)="https?:', html)
    assert all("<title>" in svg for svg in re.findall(r'<svg role="img".*?</svg>', html, re.DOTALL))


def test_the_details_add_up(installation: Installation) -> None:
    found = details(installation.store, DistributionId("1"))
    assert sum(b.accepted for b in found.bins) == 38
    assert sum(r.audience for r in found.editions) == 40
    assert sum(r.audience for r in found.domains) == 40
    assert {(r.state, r.cause, r.people) for r in found.refusals} == {
        (State.FAILED, "no such mailbox", 1),
        (State.DEFERRED, "mailbox full", 1),
    }
    assert [v[0] for v in found.versions] == ["en", "fr"]


def test_only_a_link_made_here_opens_it(installation: Installation) -> None:
    client = TestClient(create_app(installation))
    path = live.link(installation, DistributionId("1")).removeprefix(installation.settings.site.url)

    page = client.get(path)
    assert page.status_code == 200
    assert "new EventSource" in page.text  # still sending: one is deferred
    assert "sha256-" in page.headers["content-security-policy"]
    for wrong in (
        "/reports/D1",
        "/reports/D1/events",
        "/reports/D1?key=x",
        path.replace("D1", "D2"),
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        "/reports/x?key=y",
        "/reports/D99999999999999?key=y",
    ):
        assert client.get(wrong).status_code == 404, wrong


def test_the_live_parts_come_as_events_and_end(installation: Installation) -> None:
    """Counters only: nobody's row is read for them."""
    parts, goes_on = live_parts(installation.store, DistributionId("1"))
    assert goes_on
    assert "38 of 40 accepted" in json.loads(parts)["now"]

    installation.store.command("HSET", keys.distribution("1"), "state", "sent")
    path = (
        live.link(installation, DistributionId("1"))
        .removeprefix(installation.settings.site.url)
        .replace("?", "/events?")
    )
    answer = TestClient(create_app(installation)).get(path)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith("data: {")
    assert "event: over" in answer.text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "our mail server took it"),
        (4, "your server refused it"),
        (5, "asked us to come back later"),
        (41, "asked us not to write to you"),
    ],
)
def test_one_person_as_a_page(
    installation: Installation, tmp_path: Path, number: int, words: str
) -> None:
    """What to read out to whoever rings, and what a mail admin searches for."""
    who = book.by_id(installation.store, number)
    assert who is not None
    write_page(installation, explain(installation, who.email, "D1"), tmp_path / "p.html")
    html = (tmp_path / "p.html").read_text()
    assert words in html
    assert "What we cannot know" in html
    assert ("Message-ID" in html) == (number != 41)
    assert "<script" not in html
