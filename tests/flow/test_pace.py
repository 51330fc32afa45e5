"""Pace: grants never exceed burst + rate x time, and a throttled group never blocks the others."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import uvloop

from distro.audience import importing
from distro.errors import RefusedError
from distro.flow import orders
from distro.flow.domain_halts import DomainHalts, halt_domain
from distro.flow.freeze import advance
from distro.flow.submission import Order, submit
from distro.flow.throttle import buckets_of, relay_rate
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.lib.mailbox_providers import parse_rate, provider_of
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.settings.relays import Relay
from distro.store import AsyncStore, Store, keys
from distro.store import ledger_scripts as scripts
from distro.store.embedded import Embedded
from distro.store.ledger_scripts import Step
from tests.support import clock
from tests.support.installation import make_installation, write_release
from tests.support.story import Story

DOMAINS = ("outlook.com", "hotmail.fr", "paper.example", "radio.example")


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Installation]:
    """Eighty readers, half of them at one provider that gets five letters a second."""
    installation = make_installation(
        tmp_path, server, store, pace={"rates": {"microsoft": "5/s"}}, worker={"batch": 20}
    )
    path = tmp_path / "book.csv"
    path.write_text(
        "email,name,language\n" + "".join(f"r{i}@{DOMAINS[i % 4]},R {i},en\n" for i in range(80))
    )
    importing.commit(store, importing.stage(store, path, "journalists", actor="test").number)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    yield installation
    assert not [f for f in audit(store, "1").findings if "counter" in f or "states" in f]


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("gmail.com", "google"),
        ("hotmail.fr", "microsoft"),
        ("yahoo.co.uk", "yahoo"),
        ("live.example.org", ""),
        ("paper.example", ""),
        ("me.com", "apple"),
        ("outlook", ""),
    ],
)
def test_the_provider_of_a_domain(domain: str, group: str) -> None:
    assert provider_of(domain) == group


@pytest.mark.parametrize(
    ("text", "rate"), [("20/s", 20), ("300/m", 5), ("3600/h", 1), ("86400/d", 1)]
)
def test_rates(text: str, rate: float) -> None:
    assert parse_rate(text) == rate
    with pytest.raises(ValueError, match="not a rate"):
        parse_rate(text.replace("/", " per "))


def test_a_new_address_begins_small_and_doubles() -> None:
    relay = Relay(warm_up="2026-11-24", rate="100000/d")
    day = [round(relay_rate(relay, date(2026, 11, 24 + n)) * 86_400) for n in range(3)]
    assert day == [500, 1000, 2000]
    assert round(relay_rate(relay, date(2026, 12, 24)) * 86_400) == 100_000
    assert relay_rate(Relay(warm_up="2026-11-24"), date(2026, 12, 24)) == 0


def test_a_group_stands_in_batches_of_its_own(installation: Installation) -> None:
    advance(installation, DistributionId("1"))
    raw = installation.store.raw(keys.batches("1"))
    groups = [raw[n + 9] for n in range(0, len(raw), 10)]
    assert groups == [0, 0, 1, 1]
    assert installation.store.hash(keys.distribution("1"))["groups"] == "microsoft"


def test_a_freeze_that_goes_on_later_finds_the_same_groups(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is a pure function of what was kept; readers who came meanwhile must not move
    anybody.
    """

    def die(name: str) -> None:
        if name == "freeze.flip":
            raise KeyboardInterrupt

    monkeypatch.setattr("distro.lib.failpoints.point", die)
    with pytest.raises(KeyboardInterrupt):
        advance(installation, DistributionId("1"))
    monkeypatch.undo()
    before = installation.store.raw(keys.audience("1"))
    # However long the machine was away.
    assert installation.store.command("TTL", keys.group("1", "microsoft")) == -1
    installation.store.command("DEL", keys.index("provider", "microsoft"))
    advance(installation, DistributionId("1"))
    assert installation.store.raw(keys.audience("1")) == before
    assert [installation.store.raw(keys.batches("1"))[n + 9] for n in range(0, 40, 10)] == [
        0,
        0,
        1,
        1,
    ]
    assert not installation.store.command("EXISTS", keys.group("1", "microsoft"))


def test_an_audience_fixed_for_another_time_finds_its_groups_anew(
    installation: Installation, tmp_path: Path
) -> None:
    orders.cancel(installation, DistributionId("1"), actor="me", reason="")
    number = submit(
        installation,
        Order(files=[tmp_path / "release.md"], to="journalists", at="2030-01-01T10:00Z"),
    ).id

    def freeze() -> int:
        ahead = (
            int(installation.store.hash(keys.distribution(number))["start_at"])
            - installation.store.now_ms()
        )
        clock.move(ahead - 60_000)
        advance(installation, number)
        clock.move(0)
        raw = installation.store.raw(keys.batches(number))
        return sum(
            int.from_bytes(raw[n + 4 : n + 8], "big") - int.from_bytes(raw[n : n + 4], "big")
            for n in range(0, len(raw), 10)
            if raw[n + 9]
        )

    assert freeze() == 40
    installation.store.command("SETBIT", keys.index("provider", "microsoft"), 1, 0)
    orders.reschedule(installation, number, "2031-01-01T10:00Z", actor="me")
    assert freeze() == 39


def test_grants_never_exceed_burst_plus_rate_times_time(installation: Installation) -> None:
    """Two processes ask as fast as they can; Redis' clock is moved by hand."""
    advance(installation, DistributionId("1"))
    store = installation.store
    (bucket,) = [
        b for b in buckets_of(installation.settings, "microsoft") if b.name == "group:microsoft"
    ]
    claims = {
        p: store.call(scripts.claim("1", b, f"0000000{b}", p, 600_000, 10**10))
        for p, b in (("h.1.x", 2), ("h.2.x", 3))
    }
    granted = serial = ahead_ms = 0
    for _ in range(40):
        for process, mine in claims.items():
            serial += 1
            assert mine is not None
            answer = store.call(
                scripts.step(
                    Step(
                        process,
                        serial,
                        "1",
                        claim=mine,
                        want=7,
                        cursor=mine.first,
                        pace=bucket.to_text(),
                    )
                )
            )
            granted += len(answer.intents)
            assert granted <= bucket.burst + bucket.rate * (ahead_ms + 500) / 1000
            assert answer.status in (0, 3)
            assert answer.intents or answer.wait_ms > 0 or answer.cursor == mine.past
        ahead_ms += 200
        clock.move(ahead_ms)
    assert granted >= bucket.rate * 7


def test_a_throttled_group_does_not_hold_up_the_others(installation: Installation) -> None:
    story = Story(installation)
    began = time.monotonic()
    story.sweep.once()
    advance(installation, DistributionId("1"))
    story.sender.deliver(DistributionId("1"), -1, 2)
    others = [who for who, _ in story.letters if who.endswith(".example")]
    mine = [who for who, _ in story.letters if not who.endswith(".example")]
    seconds = time.monotonic() - began
    assert len(others) == 40
    assert 1 <= len(mine) <= 5 + 5 * seconds + 1
    story.sender.stop()


class _EarlyLoop(asyncio.SelectorEventLoop):
    """Timers ring two milliseconds early, as those of uvloop do by a rounding error."""

    def call_later(  # type: ignore[override]
        self, delay: float, *args: Any, **options: Any
    ) -> asyncio.TimerHandle:
        return super().call_later(max(0.0, delay - 0.002), *args, **options)


def test_a_throttled_group_goes_on_by_itself_though_timers_ring_early(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its batch rests until the bucket has filled a little; nothing else calls for it."""
    monkeypatch.setattr(uvloop, "new_event_loop", _EarlyLoop)
    quick = installation.settings.pace.model_copy(update={"rates": {"microsoft": "20/s"}})
    story = Story(
        replace(installation, settings=installation.settings.model_copy(update={"pace": quick}))
    )
    advance(installation, DistributionId("1"))
    story.sender.deliver(DistributionId("1"), -1, 1)
    end = time.monotonic() + 5
    while len(story.letters) < 80:
        assert time.monotonic() < end, f"stuck at {len(story.letters)}"
        story.run(1)
    story.stop()


def test_a_group_that_asks_us_to_slow_down_is_slow_for_a_while(installation: Installation) -> None:
    """Ten temporary refusals within a minute; the others do not notice."""

    def answer(message: Message) -> Outcome | None:
        return (
            Outcome(State.DEFERRED, 421, "4.7.0 too many", relay="memory:0")
            if "outlook.com" in message.recipient or "hotmail" in message.recipient
            else None
        )

    fast = installation.settings.model_copy(
        update={
            "pace": installation.settings.pace.model_copy(update={"rates": {"microsoft": "1000/s"}})
        }
    )
    story = Story(replace(installation, settings=fast), answer)
    advance(story.installation, DistributionId("1"))
    story.sender.deliver(DistributionId("1"), -1, 1.5)
    row = installation.store.hash(keys.pace("group:microsoft"))
    assert int(row["slow_until"]) > installation.store.now_ms() + 500_000
    assert row["slow_rate"] == "1"
    assert "slowed" in "".join(installation.store.elements(keys.events("1")))
    states = Counter(installation.store.raw(keys.states("1")).decode())
    assert states["a"] == 40
    assert states["q"] > 0
    story.sender.stop()


def test_a_relays_own_rate_is_kept_and_no_batch_is_hoarded(installation: Installation) -> None:
    relay = [installation.settings.relay[0].model_copy(update={"rate": "10/s"})]
    slow = replace(installation, settings=installation.settings.model_copy(update={"relay": relay}))
    story = Story(slow)
    advance(slow, DistributionId("1"))
    began = time.monotonic()
    story.sender.deliver(DistributionId("1"), -1, 1.0)
    seconds = time.monotonic() - began
    leased = installation.store.hash(keys.leases("1"))
    assert 10 <= len(story.letters) <= 10 + 10 * seconds + 1
    assert len(leased) <= 2
    story.sender.stop()


def test_one_domain_is_halted_and_goes_on_by_itself(installation: Installation) -> None:
    halt_domain(installation, "paper.example", 600, actor="me", reason="their server is on fire")
    fast = installation.settings.model_copy(
        update={"pace": installation.settings.pace.model_copy(update={"rates": {}})}
    )
    story = Story(replace(installation, settings=fast))
    story.run(3)
    taken = Counter(who.partition("@")[2] for who, _ in story.letters)
    assert (taken["paper.example"], taken["radio.example"], taken["outlook.com"]) == (0, 20, 20)
    assert set(installation.store.hash(keys.replies("1")).values()) == {
        "halted: their server is on fire"
    }

    installation.store.command("DEL", keys.HALTS)
    end = time.monotonic() + 5
    later = itertools.count(700_000, 700_000)
    while len(story.letters) < 80:  # the process looks twice a second, and puts them off meanwhile
        assert time.monotonic() < end
        clock.move(next(later))
        story.run(1)
    story.run(1)
    story.stop()
    assert len(story.letters) == 80
    assert installation.store.hash(keys.distribution("1"))["state"] == "sent"


@pytest.mark.parametrize("bad", ["", "two words"])
def test_what_is_no_domain_is_said(bad: str, installation: Installation) -> None:
    with pytest.raises(RefusedError, match="is no domain"):
        halt_domain(installation, bad, 60, actor="me", reason="")


def test_a_halt_of_a_domain_ends_by_redis_clock(
    installation: Installation, server: Embedded
) -> None:
    """A host whose clock is two minutes ahead must not begin two minutes early."""
    clock.move(-120_000)
    halt_domain(installation, "paper.example", 60, actor="me", reason="on fire")

    async def watched() -> DomainHalts:
        store = AsyncStore(server.url())
        halts = DomainHalts(store)
        watching = asyncio.create_task(halts.watch())
        while not halts.known:
            await asyncio.sleep(0)
        watching.cancel()
        await store.close()
        return halts

    halts = asyncio.run(watched())
    found = halts.of("a@paper.example")
    assert found is not None
    assert halts.left(found) == pytest.approx(60, abs=5)
    halts.ahead += 61
    assert halts.of("a@paper.example") is None
