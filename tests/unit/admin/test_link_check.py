"""Links that nobody can follow, and links that must not be asked."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from distro.admin import link_check
from distro.model import Edition
from distro.readings import Reading


class _Site(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        status = {"/ok": 200, "/shy": 403, "/moved": 301, "/loop": 302, "/bad": 307}.get(
            self.path, 404
        )
        self.send_response(status)
        onward = {"/moved": "/ok", "/loop": "/loop", "/bad": "http://["}.get(self.path)
        if onward:
            self.send_header("Location", onward)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "fec0::1",
        "224.0.0.1",
        "0.0.0.0",
        "fe80::1",
    ],
)
def test_addresses_that_hold_others_are_not_of_the_internet(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(0, 0, 0, "", (address, 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert ["private network" in message for message in dead("http://press.example/x")] == [True]


@pytest.fixture
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def dead(*links: str) -> list[str]:
    body = " ".join(f"[x]({link})" for link in links)
    reading = Reading("r.md", "Markdown", Edition(language="en", headline="A plan", body=body))
    return [p.message for p in link_check.dead_links([reading])]


def test_what_does_not_answer_is_named(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_check, "_public", lambda host, _: host)
    found = dead(f"{site}/ok", f"{site}/shy", f"{site}/moved", f"{site}/gone", f"{site}/loop")
    assert "does not answer" in dead(f"{site}/bad")[0]
    assert found == [f"{site}/gone answers 404", f"{site}/loop leads from page to page"]


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
    ],
)
def test_private_networks_are_not_asked(link: str) -> None:
    assert ["private network" in message for message in dead(link)] == [True]
