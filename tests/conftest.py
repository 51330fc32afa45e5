"""One real Redis for the whole run, empty for every test; every key left behind must be in the
table of keys.
"""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.demo.mailbox import Mailbox
from distro.installation.context import Installation
from distro.store import Store, connect
from distro.store.embedded import Embedded, ensured
from distro.store.key_table import PERMANENT, describe
from distro.web.application import create_app
from tests.support import clock


@pytest.fixture(scope="session")
def server() -> Iterator[Embedded]:
    """The embedded server, as `distro` itself runs it."""
    # Its keeper ends a moment after the last user: it may still write while the folder goes.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ensured(Path(folder), supervised=False) as running,
    ):
        yield running


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A relay that takes letters and shows them."""
    with Mailbox(tmp_path / "box") as found:
        yield found


@pytest.fixture
def client(installation: Installation) -> Iterator[TestClient]:
    """A browser on the pages of a test's own office."""
    with TestClient(
        create_app(installation), follow_redirects=False, raise_server_exceptions=False
    ) as found:
        yield found


@pytest.fixture(autouse=True)
def no_loop_left_behind() -> Iterator[None]:
    """A sending thread that outlives its test would meet the end of the interpreter inside its
    loop, which is a crash.
    """
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name == "sender"]
    assert not left, "a Sender was not stopped: story.stop()"


@pytest.fixture(autouse=True)
def clock_as_it_is() -> Iterator[None]:
    """Put the ledger's clock back after each test."""
    yield
    clock.move(0)


@pytest.fixture
def store(server: Embedded) -> Iterator[Store]:
    """An empty store; afterwards no key may be left that the table of keys does not know."""
    found = connect(server.url())
    found.command("FLUSHALL")
    yield found
    strangers = []
    for name in (raw.decode("utf-8", "replace") for raw in found.command("KEYS", "*")):
        row = describe(name)
        if row is None:
            strangers.append(f"{name} is not in the table of keys")
        elif row.lifetime != PERMANENT and found.command("TTL", name) == -1:
            strangers.append(f"{name} has no lifetime")
    found.close()
    assert not strangers, strangers
