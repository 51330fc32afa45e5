"""One office for the tests of the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from distro.store import Store
from distro.store.embedded import Embedded
from tests.support.office import Office, make_office


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Iterator[Office]:
    """Two desks, two lists, a distribution of each desk."""
    made = make_office(tmp_path, server, store)
    with made.client:
        yield made
