"""The whole story in one process: memory relay, the real embedded Redis, no Celery."""

import email
import email.policy
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from distro.flow.freeze import advance
from distro.flow.submission import Order, plan, submit
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.store.records import counters
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    return make_installation(tmp_path, server, store)


def test_everyone_gets_one_letter_and_the_book_balances(
    installation: Installation, tmp_path: Path
) -> None:
    """Submit, freeze, send, close: one letter for each of the audience, in their language."""
    add_readers(installation.store, 120, folder=tmp_path, languages=("en", "fr"))
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
    story = Story(installation)

    accepted = submit(installation, Order(files=files, to="journalists"))
    story.run(3)
    story.stop()

    row = installation.store.hash(keys.distribution("1"))
    assert accepted.distribution == "D1"
    assert row["state"] == "sent", row
    assert len(story.letters) == 120 == len({who for who, _ in story.letters})
    assert counters(installation.store, "1")[State.ACCEPTED] == 120
    assert audit(installation.store, "1").findings == ()
    french = [raw for _, raw in story.letters if b"Content-Language: fr" in raw]
    assert len(french) == 60


def test_a_second_submit_reaches_exactly_the_rest(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 10, folder=tmp_path)
    release = write_release(tmp_path)
    story = Story(installation)
    submit(installation, Order(files=[release], to="journalists"))
    story.run(3)

    add_readers(installation.store, 5, folder=tmp_path, first=10)
    assert plan(installation, Order(files=[release], to="journalists")).plan.left_out == {
        "already_has_it": 10
    }
    submit(installation, Order(files=[release], to="journalists"))
    story.run(3)
    story.stop()

    assert len(story.letters) == 15 == len({who for who, _ in story.letters})


def test_a_second_distribution_does_not_wait_until_the_first_is_through(
    installation: Installation, tmp_path: Path
) -> None:
    """A wake-up keeps its process for a turn, and longer only while nobody else waits."""
    add_readers(installation.store, 60, folder=tmp_path)
    relay = [installation.settings.relay[0].model_copy(update={"rate": "5/s"})]
    installation = replace(
        installation, settings=installation.settings.model_copy(update={"relay": relay})
    )
    story = Story(installation)
    for n in (1, 2):
        submit(
            installation,
            Order(
                files=[
                    write_release(
                        tmp_path,
                        name=f"r{n}.md",
                        headline=f"Number {n}",
                        body=f"The towns agreed on plan number {n}.",
                    )
                ],
                to="journalists",
            ),
        )
    advance(installation, DistributionId("1"))

    began = time.monotonic()
    wakes = story.sender.deliver(DistributionId("1"), -1, 20)
    assert time.monotonic() - began < 10
    assert wakes
    assert installation.store.hash(keys.distribution("1"))["state"] == "sending"
    advance(installation, DistributionId("2"))
    for _ in range(20):
        story.sender.deliver(DistributionId("2"), -1, 1)
        if counters(installation.store, "2")[State.ACCEPTED]:
            break
    second = counters(installation.store, "2")
    story.stop()
    assert second[State.ACCEPTED] > 0


def test_refused_and_deferred_are_accounted_for(installation: Installation, tmp_path: Path) -> None:
    add_readers(installation.store, 20, folder=tmp_path)

    def answer(message: Message) -> Outcome | None:
        if message.recipient.startswith("reader3@"):
            return Outcome(State.FAILED, 550, "5.1.1 no such user", relay="memory:0")
        if message.recipient.startswith("reader4@"):
            return Outcome(State.DEFERRED, 450, "4.2.1 try later", relay="memory:0")
        return None

    story = Story(installation, answer)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    story.run(3)
    story.stop()

    found = counters(installation.store, "1")
    assert (found[State.ACCEPTED], found[State.FAILED], found[State.DEFERRED]) == (18, 1, 1)
    assert installation.store.hash(keys.distribution("1"))["state"] == "sending"
    assert (
        json.dumps(sorted(installation.store.hash(keys.replies("1")).values()))
        == '["4.2.1 try later", "5.1.1 no such user"]'
    )
    assert audit(installation.store, "1").findings == ()


def test_a_personal_newsletter_says_each_readers_own_words(
    installation: Installation, tmp_path: Path
) -> None:
    """The names come from the book at the recipient's turn, as the address does."""
    add_readers(installation.store, 6, folder=tmp_path)
    path = tmp_path / "news.md"
    path.write_text(
        "---\nheadline: News\nlanguage: en\nkind: newsletter\npersonal: true\n---\n"
        '{{ name | default("Dear reader") }}, news from {{ city | default("everywhere") }}.\n',
        encoding="utf-8",
    )
    submit(installation, Order(files=[path], to="journalists"))
    story = Story(installation)
    story.run()
    story.stop()
    assert len(story.letters) == 6
    for who, raw in story.letters:
        number = who.removeprefix("reader").partition("@")[0]
        message = email.message_from_bytes(raw, policy=email.policy.default)
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            text = " ".join(body.get_content().split())
            assert f"Reader {number}, news from everywhere" in text
            assert "slot." not in text
