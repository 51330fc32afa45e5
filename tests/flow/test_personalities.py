"""Relays as the world has them, against the real pool and the real ledger in one process; judged by
what they noted.
"""

import random
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.relay.endpoint import Endpoint
from distro.relay.pool import Pool
from distro.store import Store, keys
from distro.store.embedded import Embedded
from tests.faults.rig import judge
from tests.faults.sink import DROP, HANG, RESET, Reply, Sink
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

READERS = 60


def smtp_story(
    installation: Installation,
    sink: Sink,
    *,
    tls: str = "off",
    context: ssl.SSLContext | None = None,
) -> Story:
    """A story whose letters go through the SMTP pool."""
    return Story(
        installation,
        pool_of=lambda work: Pool(
            Endpoint("127.0.0.1", sink.port, tls=tls, context=context), 3, work
        ),
    )


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    installation = make_installation(
        tmp_path,
        server,
        store,
        worker={"batch": 20},
        retry={"first": "1s"},
        in_doubt={"after": "1s"},
        limits={"doubts_least": 1000, "errors_least": 1000},
    )
    add_readers(store, READERS, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    return installation


def through(installation: Installation, sink: Sink, *, rounds: int = 6) -> dict[str, str]:
    """Send until it is at rest, the waits passing quickly; gives the distribution's hash."""
    story = smtp_story(installation, sink)
    ahead_ms = 0
    for _ in range(rounds):
        story.run(2)
        if installation.store.hash(keys.distribution("1"))["state"] in ("sent", "halted"):
            break
        ahead_ms += 31_000
        clock.move(ahead_ms)
    story.stop()
    judge(installation.store, ("1",), sink).check()
    return installation.store.hash(keys.distribution("1"))


def counts(installation: Installation) -> dict[str, int]:
    states = installation.store.raw(keys.states("1")).decode()
    return {letter: states.count(letter) for letter in sorted(set(states))}


def once_for(share: float, verb: str, reply: str) -> Callable[[str, str], Reply]:
    """A share of the recipients gets this reply, each once."""
    met: set[str] = set()

    def answer(said: str, to: str) -> Reply:
        if said == verb and to not in met and random.Random(to).random() < share:
            met.add(to)
            return reply
        return None

    return answer


def always(verb: str, reply: str, share: float = 1.1) -> Callable[[str, str], Reply]:
    return lambda said, to: reply if said == verb and random.Random(to).random() < share else None


def test_a_slow_250(installation: Installation) -> None:
    with Sink(gap=lambda: 0.02) as sink:
        assert through(installation, sink)["state"] == "sent"
    assert counts(installation) == {"a": READERS}


def test_taken_and_then_reset(installation: Installation) -> None:
    """The message is there and the answer is not: doubt, resent once under the same Message-ID,
    counted.
    """
    with Sink(reply=once_for(0.1, "END", RESET)) as sink:
        result = through(installation, sink, rounds=8)
    assert (result["state"], counts(installation)) == ("sent", {"a": READERS})
    assert int(result["possibly_twice"]) == len(sink.taken) - READERS > 0


def test_no_answer_to_the_dot_ever(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distro.relay.session.DATA_END", 0.5)
    with Sink(reply=once_for(0.05, "END", HANG)) as sink:
        result = through(installation, sink, rounds=8)
    assert (result["state"], counts(installation)) == ("sent", {"a": READERS})
    assert int(result["possibly_twice"]) > 0


def test_421_in_the_middle(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distro.relay.pool._BACKOFF", (0.01, 0.05))
    with Sink(reply=once_for(0.1, "RCPT", "421 4.3.2 too many, closing")) as sink:
        assert through(installation, sink, rounds=200)["state"] == "sent"
    assert (counts(installation), len(sink.taken)) == ({"a": READERS}, READERS)


def test_greylisting(installation: Installation) -> None:
    with Sink(reply=once_for(0.3, "RCPT", "450 4.2.0 greylisted, try again in a minute")) as sink:
        assert through(installation, sink)["state"] == "sent"
    assert (counts(installation), len(sink.taken)) == ({"a": READERS}, READERS)


def test_some_addresses_are_unknown(installation: Installation) -> None:
    with Sink(reply=always("RCPT", "550 5.1.1 no such user", 0.1)) as sink:
        assert through(installation, sink)["state"] == "sent"
    found = counts(installation)
    assert found["f"] > 0
    assert found["f"] + found["a"] == READERS == found["f"] + len(sink.taken)


@pytest.mark.parametrize(
    ("verb", "reply", "words"),
    [
        ("MAIL", "550 5.7.1 sender not allowed here", "refuses our sender"),
        ("RCPT", "550 5.7.26 unauthenticated mail is prohibited", "refuses us by policy"),
        ("END", "554 5.7.1 message blocked by policy", "refuses us by policy"),
    ],
)
def test_a_refusal_of_all_is_about_us(
    verb: str, reply: str, words: str, installation: Installation
) -> None:
    with Sink(reply=always(verb, reply)) as sink:
        story = smtp_story(installation, sink)
        story.run(2)
        story.stop()
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], sink.taken) == ("halted", [])
    assert words in row["reason"]


@pytest.mark.parametrize(
    "reply",
    [
        "552 5.3.4 message too big for the system",
        "550 5.6.7 non-ASCII addresses not permitted for that sender",
    ],
)
def test_a_refusal_at_mail_that_is_about_one_reader(reply: str, installation: Installation) -> None:
    with Sink(reply=lambda verb, to: reply if verb == "MAIL" else None) as sink:
        assert through(installation, sink)["state"] == "sent"
    assert counts(installation) == {"f": READERS}


def test_without_tls_nothing_is_sent(installation: Installation) -> None:
    with Sink() as sink:
        story = smtp_story(installation, sink, tls="starttls", context=ssl.create_default_context())
        story.run(1)
        story.stop()
    assert (counts(installation), sink.taken) == ({"q": READERS}, [])


def test_dropped_after_mail(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distro.relay.pool._BACKOFF", (0.01, 0.05))
    dice = random.Random(1)
    with Sink(
        reply=lambda verb, to: DROP if verb == "MAIL" and dice.random() < 0.1 else None
    ) as sink:
        assert through(installation, sink, rounds=200)["state"] == "sent"
    assert (counts(installation), len(sink.taken)) == ({"a": READERS}, READERS)


def test_a_wrong_number_of_replies(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reply too many to a pipelined group: nothing may be taken for an answer that is none."""
    monkeypatch.setattr("distro.relay.pool._BACKOFF", (0.01, 0.05))
    with Sink(reply=once_for(0.1, "RCPT", "250 2.1.5 ok\r\n250 2.1.5 ok again")) as sink:
        story = smtp_story(installation, sink)
        for n in range(8):
            story.run(2)
            clock.move(31_000 * (n + 1))
        story.stop()
    found = judge(installation.store, ("1",), sink)
    assert not found.false, found
    assert not found.silent, found


def test_a_mixed_world(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 % refused, some deferred by domain in the words of real providers, and everybody accounted
    for.
    """
    monkeypatch.setattr("distro.relay.pool._BACKOFF", (0.01, 0.05))
    words = {
        "a": (
            "421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume or user"
            " complaints"
        ),
        "b": "451 4.7.500 Server busy. Please try again later",
        "c": (
            "450-4.2.1 The user you are trying to contact is receiving mail at a rate that\r\n450"
            " 4.2.1 prevents additional messages from being delivered."
        ),
        "d": "452 4.2.2 mailbox full",
    }
    grey: set[str] = set()

    def answer(verb: str, to: str) -> Reply:
        share = random.Random(to).random()
        if verb == "RCPT" and share < 0.1:
            return (
                "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1"
                " Please try double-checking the recipient's address"
            )
        if verb == "END" and share > 0.8 and to not in grey:
            grey.add(to)
            return words[to.partition("@")[2][0]]
        return None

    with Sink(reply=answer) as sink:
        assert through(installation, sink, rounds=200)["state"] == "sent"
    found = counts(installation)
    assert grey
    assert found.get("a", 0) + found.get("f", 0) == READERS
    assert len(sink.taken) == found["a"]
