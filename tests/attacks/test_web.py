"""Whoever opens connections to the pages and does not go away."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distro import tokens
from distro.audience import book, consent
from distro.installation.context import Installation
from distro.installation.secrets import load_keys
from distro.settings.load import load
from distro.store import connect, keys
from distro.store.consents import refusals
from distro.store.embedded import Embedded
from tests.support.installation import add_readers
from tests.support.server import free_port

pytestmark = [pytest.mark.system, pytest.mark.faults]  # for their length
HEAD = b"POST %s HTTP/1.1\r\nHost: press.example\r\n"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[Installation, int]]:
    """An office whose pages are served by a process of their own, behind one trusted proxy."""
    port = free_port()
    (tmp_path / "distro.toml").write_text(
        f'[site]\nurl = "http://127.0.0.1:{port}"\nlisten = "0.0.0.0:{port}"\ntrusted_proxies ='
        ' ["127.0.0.9", "127.1.0.0/16"]\n'
    )
    server = Embedded(tmp_path / "var")
    keeper = server.spawn_keeper()
    server.wait(10)
    settings = load(tmp_path / "distro.toml")
    store = connect(server.url())
    add_readers(store, 5, folder=tmp_path)
    found = Installation(
        settings, store, server.url(), server.broker_url(), load_keys(settings, store), "h0"
    )
    web = subprocess.Popen(
        [sys.executable, "-m", "distro", "web"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DISTRO_SUPERVISED": ""},
    )
    try:
        until_it_answers(port)
        yield found, port
    finally:
        web.terminate()
        web.wait(20)
        keeper.terminate()
        keeper.wait(20)


def until_it_answers(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the pages do not answer")


def token(installation: Installation, number: int) -> bytes:
    who = book.by_id(installation.store, number)
    assert who
    return tokens.sign(
        installation.keys.signing[0],
        tokens.UNSUBSCRIBE,
        0,
        0,
        number,
        installation.keys.address_hash(who.email),
    )


def ask(port: int, raw: bytes, *, of: str = "127.0.0.1", seconds: float = 3.0) -> bytes:
    with socket.socket() as link:
        link.bind((of, 0))
        link.settimeout(seconds)
        link.connect(("127.0.0.1", port))
        link.sendall(raw)
        found = b""
        try:
            while piece := link.recv(65536):
                found += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return found


def left_open(port: int, of: str, raw: bytes, *, buffer: int = 0) -> socket.socket:
    """A connection that says something and reads nothing."""
    link = socket.socket()
    link.settimeout(0.5)
    if buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    link.bind((of, 0))
    try:
        link.connect(("127.0.0.1", port))
        link.sendall(raw)
    except OSError:
        pass
    return link


def one_click(
    installation: Installation,
    port: int,
    number: int,
    *,
    of: str = "127.0.0.1",
    headers: bytes = b"",
) -> bytes:
    return ask(
        port,
        HEAD % (b"/u/" + token(installation, number))
        + headers
        + b"Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length:"
        b" 26\r\n\r\nList-Unsubscribe=One-Click",
        of=of,
    )


def test_half_open_connections_by_the_thousand_leave_a_one_click_its_place(
    installation: tuple[Installation, int],
) -> None:
    found, port = installation
    begun = (
        b"POST /u/x HTTP/1.1\r\nHost: a\r\nX-",
        HEAD % b"/subscribe" + b"Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n",
    )
    halves = [
        left_open(port, f"127.0.1.{1 + n % 12}" if n % 3 else "127.0.0.2", begun[1 - n % 2])
        for n in range(1500)
    ]
    slowest = 0.0
    for number in (1, 2, 3):
        began = time.monotonic()
        assert one_click(found, port, number).startswith(b"HTTP/1.1 200")
        slowest = max(slowest, time.monotonic() - began)
        assert refusals(found.store, number) == ["unsubscribed"]
    for link in halves:
        link.close()
    assert slowest < 1.0


def test_a_body_without_end_is_ended(installation: tuple[Installation, int]) -> None:
    found, port = installation
    form = (
        HEAD % (b"/p/" + token(found, 1))
        + b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = ask(
        port, form + b"400\r\n" + b"x" * 1024 + b"\r\n" + (b"400\r\n" + b"x" * 1024 + b"\r\n") * 40
    )
    assert answer.startswith(b"HTTP/1.1 413")
    assert ask(port, HEAD % b"/subscribe" + b"Content-Length: 99999999\r\n\r\n").startswith(
        b"HTTP/1.1 413"
    )
    assert ask(port, HEAD % b"/subscribe" + b"X-Long: " + b"y" * 100_000).startswith(
        b"HTTP/1.1 400"
    )
    endless = (
        HEAD % (b"/u/" + token(found, 2))
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"1\r\nx\r\n" * 10
    )
    assert ask(port, endless).startswith(b"HTTP/1.1 200")  # the wish counts, whatever follows
    assert refusals(found.store, 2) == ["unsubscribed"]


@pytest.mark.faults  # for its length
def test_a_form_that_trickles_in_is_ended_in_time(installation: tuple[Installation, int]) -> None:
    _, port = installation
    with socket.create_connection(("127.0.0.1", port), 15) as link:
        began = time.monotonic()
        link.sendall(
            HEAD % b"/subscribe"
            + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\n"
        )
        answer = b"?"
        while answer and time.monotonic() - began < 14:
            try:
                link.sendall(b"a")
                link.settimeout(0.3)
                answer = link.recv(100)
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 13


@pytest.mark.parametrize(
    ("of", "forwarded"),
    [("127.0.0.9", "203.0.113.7"), ("127.1.2.3", "203.0.113.7"), ("127.0.0.3", "127.0.0.3")],
)
def test_only_a_trusted_proxy_says_who_the_reader_is(
    installation: tuple[Installation, int], of: str, forwarded: str
) -> None:
    """Without it all readers share one bucket, and the evidence of consent names the proxy; with
    any, everybody may lie.
    """
    found, port = installation
    from distro.subscribers import transactional

    found.store.command(
        "SET",
        keys.subscriber("5"),
        found.store.raw(keys.subscriber("5")).replace(
            b"}", b',"_wants":["weekly"],"_asked":["1"]}'
        ),
    )
    who = book.by_id(found.store, 5)
    assert who
    path = transactional.link(found, who, tokens.CONFIRM).rpartition("/c/")[2].encode()
    ask(
        port,
        HEAD % (b"/c/" + path)
        + b"X-Forwarded-For: 203.0.113.7\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        of=of,
    )
    sources = [f.source for f in consent.history(found.store, 5) if f.act == "confirmed"]
    assert len(sources) == 1
    assert forwarded in sources[0]


def test_answers_that_nobody_reads_leave_a_one_click_its_place(
    installation: tuple[Installation, int],
) -> None:
    """Connections that do not read their answer were never closed for others: one in three wishes
    to leave met a 503.
    """
    found, port = installation
    greedy = [
        left_open(
            port, f"127.0.2.{1 + n % 6}", b"GET /u/x HTTP/1.1\r\nHost: a\r\n\r\n" * 36, buffer=4096
        )
        for n in range(1100)
    ]
    for number in (1, 2, 3, 4):
        assert one_click(found, port, number).startswith(b"HTTP/1.1 200")
    for link in greedy:
        link.close()
