"""An embargo in tiers: the trusted at once under a notice, everyone else at the lift."""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.errors import RefusedError
from distro.flow import embargo, orders
from distro.flow.submission import Order, plan, submit
from distro.installation.context import Installation
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.reports import embargo_record
from distro.reports.summary import report
from distro.store import Store, distributions, keys, ledger_scripts
from distro.store.distribution import Distribution
from distro.store.embedded import Embedded
from distro.store.records import counters
from tests.support import clock
from tests.support.installation import add_readers, make_installation
from tests.support.story import Story

D1 = DistributionId("1")
HOUR = 3_600_000


def release(
    folder: Path, *, hours: float = 50, trusted: str = "desk", language: str = "en"
) -> Path:
    """A release under embargo for so many hours."""
    lift = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    path = folder / f"r.{language}.md"
    path.write_text(
        f"---\nid: fees\nheadline: Fees fall\nlanguage: {language}\nembargo: {lift.isoformat()}\n"
        f"trusted: {trusted}\n---\nSending money home became cheaper.\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    found = make_installation(tmp_path, server, store)
    add_readers(store, 4, name="desk", folder=tmp_path)
    add_readers(store, 10, name="general", folder=tmp_path, first=10)
    return found


@pytest.fixture
def story(installation: Installation) -> Iterator[Story]:
    found = Story(installation)
    yield found
    found.stop()


def letters(story: Story) -> dict[str, list[email.message.EmailMessage]]:
    found: dict[str, list[email.message.EmailMessage]] = {}
    for who, raw in story.letters:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        found.setdefault(who, []).append(message)
    return found


def text(message: email.message.EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def view(message: email.message.EmailMessage) -> str:
    found = re.search(r"/v/[^\s>/]+", text(message))
    assert found
    return found[0]


def test_the_trusted_have_it_at_once_and_everyone_else_at_the_lift(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    """More than an hour between the tiers is no late start."""
    accepted = submit(installation, Order(files=[release(tmp_path)], to="desk or general"))
    story.run(3)

    early = letters(story)
    assert sorted(early) == [f"reader{n}@{'abcd'[n % 4]}.example" for n in range(4)]
    for (message,) in early.values():
        assert "embargo" in message["Subject"].lower()
        assert "embargo" in text(message).lower()
    clock.move(49 * HOUR)
    story.run(2)
    assert len(story.letters) == 4

    clock.move(50 * HOUR + 60_000)
    story.run(3)
    late = {who: found for who, found in letters(story).items() if who not in early}
    assert len(late) == 10 == len(story.letters) - 4
    assert not any("embargo" in text(m).lower() for (m,) in late.values())
    fields = report(installation.store, accepted.id, "UTC").fields
    assert fields["state"] == "sent", fields
    assert [(t["name"], t["audience"]) for t in fields["tiers"]] == [
        ("trusted", 4),
        ("everyone", 10),
    ]


def test_a_lift_needs_both_clocks_to_agree(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    submit(installation, Order(files=[release(tmp_path)], to="desk or general"))
    story.run(3)
    clock.move(50 * HOUR + 60_000)
    early = int(datetime.now(UTC).timestamp() * 1000)

    claim = ledger_scripts.claim("1", -1, "0a0b0c0d", "h.1.x", 30_000, HOUR, host_ms=early)

    assert installation.store.call(claim) is None


def test_who_is_not_trusted_any_more_gets_nothing_before_the_lift(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    """Trust is read at the reader's turn: whoever was taken off the list meanwhile is left out."""
    submit(installation, Order(files=[release(tmp_path)], to="desk or general"))
    story.sweep.once()
    from distro.flow.freeze import advance

    advance(installation, D1)
    installation.store.command("SETBIT", keys.index("lists", "desk"), 1, 0)
    story.run(3)

    assert len(story.letters) == 3
    assert counters(installation.store, "1")[State.SUPPRESSED] == 1
    assert list(installation.store.hash(keys.replies("1")).values()) == ["trust withdrawn"]


def test_an_embargo_can_be_lifted_earlier(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    submit(installation, Order(files=[release(tmp_path)], to="desk or general"))
    story.run(3)

    assert embargo.lift(installation, D1, actor="ana", reason="the minister spoke") == [D1]
    story.run(3)

    assert len(story.letters) == 14
    with pytest.raises(RefusedError) as error:
        embargo.lift(installation, D1, actor="ana", reason="")
    assert error.value.code == "no_embargo"


def test_a_moved_embargo_is_said_to_whoever_does_not_have_it_yet(
    installation: Installation, tmp_path: Path
) -> None:
    """The letters that are left say the new time, and a lift at the old one does nothing."""
    refused = {"reader0@a.example"}

    def answer(message: Message) -> Outcome | None:
        if message.recipient in refused:
            return Outcome(State.DEFERRED, 450, "4.2.1 try later", relay="memory:0")
        return None

    story = Story(installation, answer)
    submit(installation, Order(files=[release(tmp_path)], to="desk or general"))
    story.run(2)
    orders.reschedule(installation, D1, "2099-05-04 10:00", actor="ana")
    refused.clear()
    clock.move(HOUR // 3)
    story.run(3)
    clock.move(HOUR // 3 + 20_000)  # the notice waits while a letter of the release is in flight
    story.run(3)
    story.stop()

    found = {
        who: [text(m).replace("\u00a0", " ") for m in mine] for who, mine in letters(story).items()
    }
    assert "4 May 2099" in found.pop("reader0@a.example")[0]
    assert len(found) == 3
    for old, notice in found.values():
        assert "2099" not in old
        assert "THE EMBARGO HAS ANOTHER TIME" in notice
        assert "4 may 2099" in notice.lower()
        assert "Sending money" not in notice


def test_a_trusted_reader_deferred_until_the_lift_gets_it_without_the_notice(
    installation: Installation, tmp_path: Path
) -> None:
    refused = {"reader0@a.example"}

    def answer(message: Message) -> Outcome | None:
        if message.recipient in refused:
            return Outcome(State.DEFERRED, 450, "4.2.1 try later", relay="memory:0")
        return None

    story = Story(installation, answer)
    submit(installation, Order(files=[release(tmp_path, hours=0.5)], to="desk or general"))
    story.run(2)
    refused.clear()
    clock.move(HOUR // 2 + 60_000)
    story.run(3)
    story.stop()

    assert "embargo" not in text(letters(story)["reader0@a.example"][0]).lower()


def test_before_the_lift_only_a_trusted_readers_own_link_opens_a_page(
    installation: Installation, story: Story, tmp_path: Path, client: TestClient
) -> None:
    from distro import tokens

    submit(installation, Order(files=[release(tmp_path)], to="desk or general"))
    story.run(3)
    own = view(letters(story)["reader0@a.example"][0])
    shared = "/v/" + tokens.sign_view(installation.keys.signing[0], 1, "en")

    opened = client.get(own)
    assert opened.status_code == 200
    assert "embargo" in opened.text.lower()
    assert own in opened.text
    unknown = client.get("/v/1.2.3.abcdefghijklmnopqrstuv")
    for address in (shared, own[:-4] + "aaaa", "/v/1.en", "/v/fees", "/v/1"):
        for answer in (client.get(address), client.get(address, headers={"Range": "bytes=0-1"})):
            assert (answer.status_code, answer.text) == (404, unknown.text), address
        assert client.head(address).status_code == 404
    installation.store.command("SETBIT", keys.index("lists", "desk"), 1, 0)
    assert client.get(own).status_code == 404

    clock.move(50 * HOUR + 60_000)
    assert client.get(own).status_code == 200
    assert client.get(shared).status_code == 200


def test_a_crawler_finds_nothing_before_the_lift(
    installation: Installation, story: Story, tmp_path: Path, client: TestClient
) -> None:
    """Every guessable form, by every method, from the submit to the lift."""
    (tmp_path / "figures.pdf").write_bytes(b"%PDF-1.4 " + b"x" * 3_000_000)
    path = release(tmp_path)
    path.write_text(path.read_text().replace("trusted:", "attachments: [figures.pdf]\ntrusted:"))
    submit(installation, Order(files=[path], to="desk or general"))
    edition = next(
        iter(distributions.editions(installation.store, read(installation, D1)).values())
    )
    (file,) = edition.files
    guesses = ["/", "/fees", "/v", "/v/fees", "/v/1", "/v/2", "/v/1.en", f"/v/{file.hash}"]
    guesses += [f"/v/1.en/{name}" for name in (file.name, file.hash)]
    guesses += [f"/{file.name}", f"/{file.hash}", "/reports/D1", "/sitemap.xml", "/feed"]
    guesses += [f"/v/1.{n}.{n + 1}.abcdefghijklmnopqrstuv" for n in range(4)]
    headers: tuple[dict[str, str], ...] = (
        {},
        {"Range": "bytes=0-99"},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
    )

    def crawl() -> None:
        for guess in guesses:
            for fields in headers:
                got = client.get(guess, headers=fields)
                assert got.status_code == 404, guess
                assert "Fees fall" not in got.text
                assert client.head(guess, headers=fields).status_code in (404, 405)

    crawl()
    story.run(3)
    crawl()
    clock.move(49 * HOUR)
    crawl()
    own = view(letters(story)["reader0@a.example"][0])
    assert client.get(own).headers["cache-control"] == "private, no-store"
    opened = client.get(f"{own}/{file.hash}")
    assert (opened.status_code, len(opened.content)) == (200, 3_000_009)
    clock.move(50 * HOUR + 60_000)
    assert client.get(own).status_code == 200

    record = tmp_path / "record.md"
    embargo_record.write(installation.store, D1, "UTC", record)
    text_of_it = record.read_text()
    assert "reader0@a.example: figures.pdf" in text_of_it
    assert text_of_it.count("| accepted |") == 4


def read(installation: Installation, number: DistributionId) -> Distribution:
    return distributions.read(installation.store, number)


@pytest.mark.parametrize(
    ("to", "trusted", "words"),
    [
        ("general", "nobody", "nobody on the list"),
        ("general", "desk", ""),
    ],
)
def test_who_may_be_trusted(
    installation: Installation, tmp_path: Path, to: str, trusted: str, words: str
) -> None:
    order = Order(files=[release(tmp_path, trusted=trusted)], to=to)
    if not words:
        assert plan(installation, order).plan.trusted == 0
        return
    with pytest.raises(RefusedError, match=words):
        plan(installation, order)
