"""What doctor sees of the pages from outside: another server, a redirect, a proxy that keeps POST
to itself.
"""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import trustme

from distro.admin.doctor import without_redis
from distro.admin.finding import Finding, Grade
from distro.admin.public_pages import examine_pages
from distro.settings.load import Settings


class Front(BaseHTTPRequestHandler):
    """A proxy with a temper: status, where to and body, by method."""

    answers: ClassVar[dict[str, tuple[int, str, bytes]]] = {}

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer()

    def _answer(self) -> None:
        status, where, body = self.answers[self.command]
        self.send_response(status)
        if where:
            self.send_header("Location", where)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


@pytest.fixture
def front() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def found(url: str) -> list[Finding]:
    return list(examine_pages(Settings(site={"url": url})))


OURS = (200, "", json.dumps({"status": "ok"}).encode())


@pytest.mark.parametrize(
    ("get", "post", "grade", "words"),
    [
        (OURS, (404, "", b"no such link"), Grade.OK, "reaches the page"),
        (
            OURS,
            (301, "https://www.press.example/u", b""),
            Grade.ERROR,
            "is led on to https://www.press.example/u",
        ),
        (OURS, (405, "", b""), Grade.ERROR, "answered with 405"),
        ((302, "https://press.example/login", b""), OURS, Grade.ERROR, "follows no redirect"),
        ((200, "", b"<h1>It works!</h1>"), OURS, Grade.ERROR, "another server answers"),
        ((404, "", b""), OURS, Grade.ERROR, "another server answers"),
    ],
)
def test_what_stands_before_the_pages_is_looked_at(
    front: ThreadingHTTPServer,
    get: tuple[int, str, bytes],
    post: tuple[int, str, bytes],
    grade: Grade,
    words: str,
) -> None:
    Front.answers = {"GET": get, "POST": post}
    last = found(f"http://127.0.0.1:{front.server_address[1]}")[-1]
    assert last.grade is grade
    assert words in last.text
    assert last.next or grade is Grade.OK


def test_a_certificate_that_browsers_refuse_is_told(front: ThreadingHTTPServer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    front.socket = context.wrap_socket(front.socket, server_side=True)
    Front.answers = {"GET": OURS, "POST": OURS}
    (only,) = found(f"https://127.0.0.1:{front.server_address[1]}")
    assert only.grade is Grade.ERROR
    assert "certificate is not trusted" in only.text


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:1", "does not answer"), ("https://nowhere.invalid", "no such host")],
)
def test_pages_that_cannot_be_reached(url: str, words: str) -> None:
    (only,) = found(url)
    assert words in only.text


def test_without_redis_the_rest_is_looked_at() -> None:
    states = {
        f.about
        for f in without_redis(
            Settings(
                site={"url": "http://127.0.0.1:1"}, relay=[{"url": "smtp://127.0.0.1:1?tls=off"}]
            )
        )
    }
    assert {"Relay", "Pages", "Disk", "Settings"} <= states
