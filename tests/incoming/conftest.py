"""An office whose release went out to six readers, all accepted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distro.flow.submission import Order, submit
from distro.incoming import processing
from distro.incoming.mailroom import arrived
from distro.incoming.outcome import Effect
from distro.installation.context import Installation
from distro.model import Outcome
from distro.relay.message import Message
from distro.store import Store, keys
from distro.store import clock as ledger_clock
from distro.store.embedded import Embedded
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.returned import Sent
from tests.support.story import Story

RETURN_PATH = "bounces@press.example"


class Office:
    """An installation, and what left it."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.installation = installation
        self.folder = folder
        self.answer: Callable[[Message], Outcome | None] | None = None
        self.sent: list[Sent] = []

    @property
    def store(self) -> Store:
        return self.installation.store

    def publish(self, headline: str = "Towns agree a plan") -> list[Sent]:
        """Send a release to everybody who may have it; return its letters, by recipient."""
        letters: list[Sent] = []

        def keep(message: Message) -> Outcome | None:
            letters.append(Sent(message.sender, message.recipient, b"".join(message.pieces)))
            return self.answer(message) if self.answer else None

        body = f"{headline}: the towns agreed today."
        path = write_release(self.folder, headline=headline, body=body)
        submit(self.installation, Order(files=[path], to="journalists"))
        story = Story(self.installation, keep)
        try:
            story.run()
        finally:
            story.stop()
        self.sent = sorted(letters, key=lambda letter: letter.recipient)
        return self.sent

    def receive(self, raw: bytes, *, recipient: str = "") -> list[Effect]:
        """Have a message arrive, and carry it out."""
        room = processing.mailroom(self.installation)
        arrival = arrived(raw, "test", recipient=recipient)
        room.put(arrival)
        return processing.one(self.installation, room, arrival.id) or []

    def states(self, distribution: str = "1") -> str:
        return self.store.raw(keys.states(distribution)).decode()

    def later(self, days: float) -> None:
        """Let days pass, on the ledger's clock."""
        clock.move(ledger_clock.offset_ms + int(days * 86_400_000))


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Office:
    """Six readers, nothing sent yet."""
    installation = make_installation(tmp_path, server, store, feedback={"return_path": RETURN_PATH})
    add_readers(store, 6, folder=tmp_path)
    return Office(installation, tmp_path)
