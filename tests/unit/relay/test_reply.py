"""Replies: read from any cut of bytes, judged in one table."""

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distro.model import State
from distro.relay.reply import Reply, ReplyReader, Scope, Stage, judge, queue_id

RAW = b"220 hello\r\n250-first\r\n250-PIPELINING\r\n250 last\r\n354\r\n550 5.1.1 no such user\r\n"


@given(st.lists(st.integers(0, len(RAW)), max_size=8))
def test_replies_are_whole_however_they_arrive(cuts: list[int]) -> None:
    reader, found = ReplyReader(), []
    edges = [0, *sorted(cuts), len(RAW)]
    for a, b in itertools.pairwise(edges):
        found += reader.feed(RAW[a:b])
    assert found == [
        Reply(220, "hello"),
        Reply(250, "first / PIPELINING / last"),
        Reply(354, ""),
        Reply(550, "5.1.1 no such user"),
    ]


def test_words_that_are_known_are_the_same_and_a_cut_between_them_is_seen() -> None:
    reader = ReplyReader()
    same = b"250 2.1.0 Ok\r\n354 go\r\n"
    assert reader.feed(same) == reader.feed(same) == [Reply(250, "2.1.0 Ok"), Reply(354, "go")]
    assert reader.feed(b"250-2.1.0 half") == []
    assert reader.feed(b"\r\n") == []
    # The end of what was begun, though its bytes are known.
    assert reader.feed(b"250 2.1.0 Ok\r\n") == [Reply(250, "2.1.0 half / 2.1.0 Ok")]
    assert reader.feed(b"250 2.1.0 Ok\r\n") == [Reply(250, "2.1.0 Ok")]


def test_a_reader_does_not_grow_with_what_it_reads() -> None:
    """Each letter has its own queue id: they are not all kept."""
    reader = ReplyReader()
    reader.feed(b"250 queued as -1\r\n")
    tracemalloc.start()
    for n in range(2000):
        assert reader.feed(b"250 queued as %d\r\n" % n) == [Reply(250, f"queued as {n}")]
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert grown < 20_000  # bytes; 2,000 readings would take over 400,000


@pytest.mark.parametrize(
    "raw", [b"hello\r\n", b"25 x\r\n", b"250=x\r\n", b"x" * 5000, b"250-a\r\n" * 2000]
)
def test_what_is_no_reply_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="reply"):
        ReplyReader().feed(raw)


@pytest.mark.parametrize(
    ("stage", "reply", "scope", "state"),
    [
        (Stage.END, Reply(250, "ok"), Scope.RECIPIENT, State.ACCEPTED),
        (Stage.END, Reply(451, "4.3.0 later"), Scope.RECIPIENT, State.DEFERRED),
        (Stage.END, Reply(554, "5.6.0 no"), Scope.RECIPIENT, State.FAILED),
        (Stage.END, Reply(421, "4.3.2 closing"), Scope.RELAY, State.DEFERRED),
        (Stage.RCPT, Reply(450, "4.2.1 greylisted"), Scope.RECIPIENT, State.DEFERRED),
        (Stage.RCPT, Reply(550, "5.1.1 unknown"), Scope.RECIPIENT, State.FAILED),
        (Stage.RCPT, Reply(421, "bye"), Scope.RELAY, State.QUEUED),
        (Stage.DATA, Reply(554, "no"), Scope.RECIPIENT, State.FAILED),
        (Stage.DATA, Reply(250, "what?"), Scope.RELAY, State.QUEUED),
        (Stage.MAIL, Reply(451, "busy"), Scope.RELAY, State.QUEUED),
        (Stage.MAIL, Reply(550, "5.7.1 not you"), Scope.US, State.QUEUED),
        (Stage.MAIL, Reply(552, "5.3.4 too big"), Scope.RECIPIENT, State.FAILED),
        (Stage.MAIL, Reply(553, "5.6.7 utf8"), Scope.RECIPIENT, State.FAILED),
        (Stage.AUTH, Reply(535, "5.7.8 wrong"), Scope.US, State.QUEUED),
        (Stage.AUTH, Reply(454, "later"), Scope.RELAY, State.QUEUED),
        (Stage.GREETING, Reply(554, "no"), Scope.RELAY, State.QUEUED),
    ],
)
def test_each_reply_is_about_somebody(
    stage: Stage, reply: Reply, scope: Scope, state: State
) -> None:
    verdict = judge(stage, reply)
    assert (verdict.scope, verdict.state) == (scope, state)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2.0.0 Ok: queued as 4XzQ1b2c3D", "4XzQ1b2c3D"),
        ("2.0.0 ok queued as SINK12", "SINK12"),
        ("OK id=1abc", ""),
        ("2.0.0 ok", ""),
        ("Message accepted for delivery, id <a@b>", "a@b"),
    ],
)
def test_what_the_relay_calls_it(text: str, wanted: str) -> None:
    assert queue_id(text) == wanted
