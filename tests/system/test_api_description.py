"""The API keeps to its own description, whatever it is asked: schemathesis, also out of bounds."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from distro.installation.ports import listening
from distro.store import Store
from distro.store.embedded import Embedded
from distro.web.api import credentials
from distro.web.guard import guarded
from tests.support.office import Office, make_office

_MINUTES = 8 if os.environ.get("DISTRO_FAULTS") == "all" else 0.5

# 422 is also for values that fit the description and no release, list or person; 412 for a state
# that nobody saw.
_CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, 412, 422]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422]
"""


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Office:
    return make_office(tmp_path, server, store)


@pytest.fixture
def address(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The office's pages on a port, as `distro web` serves them."""
    for limit in ("_REQUESTS", "_GUESSES"):
        monkeypatch.setattr(credentials, limit, (10**9, 60))
    ours = listening("127.0.0.1:0")
    config = uvicorn.Config(
        office.client.app,
        log_level="warning",
        lifespan="off",
        ws="none",
        http=guarded([], 100),
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([ours],))
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{ours.getsockname()[1]}"
    running.should_exit = True
    thread.join()
    ours.close()


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_no_request_meets_an_answer_that_is_not_described(
    office: Office, address: str, tmp_path: Path
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    tool = Path(sys.executable).with_name("st")
    words = [
        *(str(tool), "--config-file", str(config), "run", f"{address}/openapi.json"),
        *("-H", f"Authorization: Bearer {office.token('admin')}", "--url", address),
        *("--mode", "all", "--checks", "all", "--max-time", str(int(_MINUTES * 60))),
        *("--max-examples", "25", "--no-color", "--generation-database", "none"),
    ]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
