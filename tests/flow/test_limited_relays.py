"""Random relays with limits, refusals and breaks: every letter arrives once, in the time that the
relay itself allows.
"""

import os
import random
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from distro.flow.freeze import advance
from distro.flow.submission import Order, submit
from distro.flow.wake import Wake
from distro.mailing.transport import pool_of
from distro.model import DistributionId
from distro.reports.summary import report
from distro.store import Store, keys
from distro.store.embedded import Embedded
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.limited import LimitedServer, Temper
from tests.support.story import Story

BACK_OFF, DOUBT = 30.0, 1.0  # seconds: the longest pause of a relay, and `[in_doubt] after`
LETTERS = 120


def a_relay(dice: random.Random) -> tuple[Temper, int, bool]:
    """A relay's temper, our lanes, and whether it speaks TLS."""
    drops = dice.choice((0.0, 0.0, 0.03))
    tls_fails = dice.choice((0.0, 0.0, 0.2))
    temper = Temper(
        connections=dice.randint(1, 30),
        letters=dice.choice((1, 2, 5, 20, 200)),
        greylisted=dice.choice((0.0, 0.0, 0.0, 1.5)),
        greeting=dice.choice((0.0, 0.0, 0.05)),
        answer=dice.choice((0.0, 0.002, 0.01)),
        drops=drops,
        after=dice.random() < 0.5,
        tls_fails=tls_fails,
    )
    return temper, dice.randint(1, 30), bool(tls_fails)


def send_all(
    folder: Path, server: Embedded, store: Store, relay: LimitedServer, lanes: int, bound: float
) -> Story:
    """Run sweep and sending process until all is sent, as a worker does."""
    installation = make_installation(
        folder,
        server,
        store,
        relay=[
            {
                "url": f"smtp://localhost:{relay.port}{'' if relay.tls else '?tls=off'}",
                "connections": lanes,
                "ca_file": str(folder / "ca.pem") if relay.tls else "",
            }
        ],
        in_doubt={"after": f"{DOUBT}s"},
        worker={"processes": 1},
        limits={"doubts_least": 1000},
    )
    add_readers(store, LETTERS, folder=folder)
    submit(installation, Order(files=[write_release(folder)], to="journalists"))
    story = Story(installation, pool_of=pool_of(installation.settings, 0, 1))
    assert story.sender  # begun here, and not by two threads at once
    end = time.monotonic() + bound

    def follow(wake: Wake) -> None:
        for following in (
            story.sender.deliver(wake.distribution, wake.batch, 2)
            if wake.deliver
            else advance(installation, wake.distribution)
        ):
            follow(following)

    threads = []
    while store.hash(keys.distribution("1")).get("state") != "sent" and time.monotonic() < end:
        for wake in story.sweep.once():
            threads.append(threading.Thread(target=follow, args=(wake,)))
            threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(10)
    return story


def check(folder: Path, server: Embedded, store: Store, seed: int) -> None:
    temper, lanes, tls = a_relay(random.Random(seed))
    context = None
    if tls:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
    with LimitedServer(temper, seed, context) as relay:
        bound = (
            2 * temper.seconds(LETTERS, lanes)
            + temper.greylisted
            + BACK_OFF
            + (3 * DOUBT if temper.drops else 0)
        )
        story = send_all(folder, server, store, relay, lanes, bound)
        result = report(store, DistributionId("1"), "UTC").fields
        story.stop()
    where = (seed, temper, lanes, result["counts"])
    assert result["state"] == "sent", where
    assert len(relay.taken) == LETTERS, where
    assert result["balanced"], where
    twice = sum(n - 1 for n in relay.taken.values())
    assert twice <= result["possibly_twice"], where
    assert twice == 0 or (temper.drops and temper.after), where
    assert relay.knocked <= lanes + 10, where  # providers ban who knocks
    assert relay.peak <= temper.connections, where


# More of them in `make faults`.
@pytest.mark.parametrize("seed", [0, 2])
def test_every_letter_arrives_once_whatever_the_relay_allows(
    tmp_path: Path, server: Embedded, store: Store, seed: int
) -> None:
    check(tmp_path, server, store, seed)


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_five_hundred_relays(tmp_path: Path, server: Embedded, store: Store) -> None:
    """All of them with DISTRO_FAULTS=all; fifteen in CI."""
    for seed in range(100, 600 if os.environ.get("DISTRO_FAULTS") == "all" else 115):
        folder = tmp_path / str(seed)
        folder.mkdir()
        store.command("FLUSHALL")
        check(folder, server, store, seed)


def test_a_letter_that_no_lane_works_on_is_not_kept(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    """One lane, five letters a connection: what was granted while the connection ended is sent by
    the next one.
    """
    with LimitedServer(Temper(connections=1, letters=5), 1) as relay:
        story = send_all(tmp_path, server, store, relay, 1, 20)
        result = report(store, DistributionId("1"), "UTC").fields
        story.stop()
    assert (result["state"], result["counts"]["accepted"], sum(relay.taken.values())) == (
        "sent",
        LETTERS,
        LETTERS,
    )


def test_what_was_learnt_is_told(tmp_path: Path, server: Embedded, store: Store) -> None:
    from distro.admin.doctor import examine

    with LimitedServer(Temper(connections=3, letters=10, answer=0.01), 1) as relay:
        story = send_all(tmp_path, server, store, relay, 8, 30)
        events = " ".join(store.elements(keys.events("1")))
        found = " ".join(f.text for f in examine(story.installation))
        story.stop()
    for lines in (events, found):
        assert "connections = 3" in lines
        assert "letters_per_connection = 10" in lines


def test_nothing_moves_without_a_reason(
    tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report said "not tried yet" while the relay could not be reached."""
    monkeypatch.setattr("distro.reports.stall._STILL_MS", 0)
    installation = make_installation(
        tmp_path, server, store, relay=[{"url": "smtp://127.0.0.1:1?tls=off", "connections": 2}]
    )
    add_readers(store, 3, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    assert "no worker" in report(store, DistributionId("1"), "UTC").fields["reason"]
    story = Story(installation, pool_of=pool_of(installation.settings, 0, 1))
    assert story.sender
    advance(installation, DistributionId("1"))
    threading.Thread(target=story.sender.deliver, args=("1", -1, 1)).start()
    end = time.monotonic() + 10
    while (
        "127.0.0.1:1" not in report(store, DistributionId("1"), "UTC").fields["reason"]
        and time.monotonic() < end
    ):
        time.sleep(0.05)
    assert (
        "the relay does not take letters: 127.0.0.1:1"
        in report(store, DistributionId("1"), "UTC").fields["reason"]
    )
    story.stop()
