"""Letters to one person: each is a letter of its own, and stays it however often it is tried."""

import email
import re
import time
from pathlib import Path

import pytest

from distro.audience import book
from distro.installation.context import Installation
from distro.model import Subscriber
from distro.store import Store
from distro.store.embedded import Embedded
from distro.subscribers import transactional
from tests.support import clock
from tests.support.installation import add_readers, make_installation
from tests.support.smtp import ScriptedServer

KINDS = ("confirm", "welcome", "held", "leave", "back")


def installation_at(
    relay: ScriptedServer, folder: Path, server: Embedded, store: Store
) -> Installation:
    found = make_installation(
        folder, server, store, relay=[{"url": f"smtp://127.0.0.1:{relay.port}?tls=off"}]
    )
    add_readers(store, 2, folder=folder)
    return found


def subscriber(installation: Installation, number: int) -> Subscriber:
    found = book.by_id(installation.store, number)
    assert found is not None
    return found


def ids(messages: list[bytes]) -> list[str]:
    return [str(email.message_from_bytes(raw)["Message-ID"]) for raw in messages]


def test_each_letter_to_one_person_has_its_own_message_id(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    with ScriptedServer() as relay:
        installation = installation_at(relay, tmp_path, server, store)
        for who in (1, 2):
            for kind in KINDS:
                transactional.post(installation, subscriber(installation, who), kind)
        assert transactional.send_waiting(installation) == 10

    found = ids(relay.whole)
    assert len(set(found)) == 10
    assert all(re.fullmatch(r"<0\.\d+\.[0-9a-f]{16}@press\.example>", one) for one in found)


def test_a_letter_asked_for_again_later_is_another_one(
    tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer() as relay:
        installation = installation_at(relay, tmp_path, server, store)
        transactional.post(installation, subscriber(installation, 1), "confirm")
        transactional.send_waiting(installation)
        later = time.time() + 60
        monkeypatch.setattr(time, "time", lambda: later)
        transactional.post(installation, subscriber(installation, 1), "confirm")
        transactional.send_waiting(installation)

    first, second = ids(relay.whole)
    assert first != second


def test_a_letter_tried_again_keeps_its_message_id(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    refusals = iter(["451 4.3.0 later", "451 4.3.0 later"])
    with ScriptedServer(lambda verb, _: next(refusals, None) if verb == "END" else None) as relay:
        installation = installation_at(relay, tmp_path, server, store)
        transactional.post(installation, subscriber(installation, 1), "confirm")
        assert transactional.send_waiting(installation) == 0
        for ms in (600_000, 1_200_000):
            clock.move(ms)
            transactional.send_waiting(installation)

    assert len(relay.whole) == 3
    assert len(set(ids(relay.whole))) == 1
