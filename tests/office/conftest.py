"""One office, and browsers in which somebody is signed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.store import Store
from distro.store.embedded import Embedded
from distro.store.scope import EVERYTHING, Scope
from tests.support.office import Office, make_office

SITE = "https://press.example"
Browser = Callable[..., TestClient]


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Office]:
    """Two desks, two lists, a distribution of each desk."""
    made = make_office(tmp_path, server, store, site={"url": SITE})
    with made.client:
        yield made


@pytest.fixture
def browser(office: Office) -> Browser:
    """Return a browser in which somebody of a role is signed in."""

    def made(role: str, scope: Scope = EVERYTHING) -> TestClient:
        client = TestClient(
            office.client.app, SITE, follow_redirects=False, raise_server_exceptions=False
        )
        answer = client.post("/office/sign-in", data={"secret": office.token(role, scope)})
        assert answer.status_code == 303, answer.text
        return client

    return made
