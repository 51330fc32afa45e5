"""Receivers on real sockets: order, retries, signatures, what ends it, and where none may lead."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey, VerifyKey
from pydantic import SecretStr, ValidationError

from distro.admin import doctor
from distro.flow import orders
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.model import DistributionId
from distro.outgoing import post as posting
from distro.outgoing import telling
from distro.outgoing.post import ForbiddenAddressError, is_public, post, resolved
from distro.outgoing.signatures import public_key
from distro.settings.webhooks import Webhook
from distro.store import Store
from distro.store.embedded import Embedded
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
SIGNING = "whsk_" + base64.b64encode(b"k" * 32).decode()


class Receiver:
    """An HTTP server that keeps what is posted, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[int], int] = lambda _: 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((dict(self.headers), body))
                status = outer.answer(len(outer.got))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", outer.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self) -> list[str]:
        """Return what it was told, as distribution and sequence."""
        data = [json.loads(body)["data"] for _, body in self.got]
        return [f"{d['distribution']}.{d['sequence']}" for d in data]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def hook(url: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "site",
        "url": url,
        "secret": SECRET,
        "signing_key": SIGNING,
        "private": True,
    } | more


@pytest.fixture
def installation(
    tmp_path: Path, server: Embedded, store: Store, receiver: Receiver
) -> Installation:
    made = make_installation(tmp_path, server, store, webhook=[hook(receiver.url)])
    add_readers(store, 3, folder=tmp_path)
    telling.once(made)  # from now on
    return made


def submitted(installation: Installation, tmp_path: Path, name: str = "one") -> DistributionId:
    file = write_release(tmp_path, name=f"{name}.md", headline=name, body=name)
    order = Order(files=[file], to="journalists", at="2099-01-01 10:00 UTC")
    return submit(installation, order).id


def test_events_are_told_in_order_with_both_signatures(
    installation: Installation, receiver: Receiver, tmp_path: Path
) -> None:
    number = submitted(installation, tmp_path)
    orders.halt(installation, number, actor="ana", reason="wrong photo")
    assert telling.once(installation) == 2
    assert telling.once(installation) == 0
    assert receiver.told() == ["D1.1", "D1.2"]
    headers, body = receiver.got[1]
    event = json.loads(body)
    assert event["type"] == "distribution.halted"
    assert event["data"]["reason"] == "wrong photo"
    assert headers["webhook-id"] == "evt_1_2"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"evt_1_2.{headers['webhook-timestamp']}.".encode() + body
    v1, v1a = headers["webhook-signature"].split(" ")
    mac = hmac.new(b"s" * 32, signed, hashlib.sha256).digest()
    assert v1 == "v1," + base64.b64encode(mac).decode()
    verify = SigningKey(b"k" * 32).verify_key
    verify.verify(signed, base64.b64decode(v1a.removeprefix("v1a,")))
    told = public_key(installation.settings.webhook[0]).removeprefix("whpk_")
    assert VerifyKey(base64.b64decode(told)) == verify


def test_what_happened_before_is_not_told(
    tmp_path: Path, server: Embedded, store: Store, receiver: Receiver
) -> None:
    made = make_installation(tmp_path, server, store, webhook=[hook(receiver.url)])
    add_readers(store, 3, folder=tmp_path)
    submitted(made, tmp_path)
    telling.once(made)
    submitted(made, tmp_path, "two")
    telling.once(made)
    assert receiver.told() == ["D2.1"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_the_next_event_waits_until_the_one_before_is_taken(
    installation: Installation, receiver: Receiver, tmp_path: Path, status: int
) -> None:
    number = submitted(installation, tmp_path)
    orders.halt(installation, number, actor="ana", reason="")
    other = submitted(installation, tmp_path, "two")
    receiver.answer = lambda n: status if json_of(receiver)["distribution"] == "D1" else 204
    telling.once(installation)
    assert sorted(receiver.told()) == ["D1.1", f"{other.label}.1"]  # others go on
    telling.once(installation)
    assert len(receiver.got) == 2  # not before its time
    for seconds in (6, 340):  # 5 s, then 5 min, each a tenth more or less
        clock.move(clock_now() + seconds * 1000)
        telling.once(installation)
    assert receiver.told()[2:] == ["D1.1", "D1.1"]
    ids = {headers["webhook-id"] for headers, _ in receiver.got if "_1_" in headers["webhook-id"]}
    assert ids == {"evt_1_1"}
    finding = next(f for f in doctor._receivers(installation))
    assert (finding.grade, str(status) in finding.text) == ("warning", True)
    receiver.answer = lambda _: 200
    clock.move(clock_now() + 2_200_000)
    telling.once(installation)
    assert receiver.told()[4:] == ["D1.1", "D1.2"]
    assert next(f for f in doctor._receivers(installation)).grade == "ok"


def json_of(receiver: Receiver) -> Any:
    return json.loads(receiver.got[-1][1])["data"]


def clock_now() -> int:
    from distro.store import clock as ledger

    return ledger.offset()


def test_410_ends_it_until_its_address_is_another(
    installation: Installation, receiver: Receiver, tmp_path: Path, server: Embedded, store: Store
) -> None:
    receiver.answer = lambda _: 410
    submitted(installation, tmp_path)
    telling.once(installation)
    clock.move(90_000_000)
    submitted(installation, tmp_path, "two")
    telling.once(installation)
    assert len(receiver.got) == 1
    assert next(f for f in doctor._receivers(installation)).grade == "error"
    receiver.answer = lambda _: 200
    moved = make_installation(tmp_path, server, store, webhook=[hook(receiver.url + "&v=2")])
    telling.once(moved)
    submitted(moved, tmp_path, "three")
    telling.once(moved)
    assert receiver.told()[1:] == ["D3.1"]


def test_one_host_alone_tells_a_receiver(
    installation: Installation, receiver: Receiver, tmp_path: Path
) -> None:
    from dataclasses import replace

    submitted(installation, tmp_path)
    assert telling.once(replace(installation, host="another")) == 0
    assert telling.once(installation) == 1
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
        *("2001:0:7f00:1::", "2001:db8::1", "name"),
    ],
)
def test_no_address_of_a_private_network_is_public(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_public(address)
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
    good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("9.9.9.9", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [good, entry])
    with pytest.raises(ForbiddenAddressError):
        resolved("hook.example", 443, private=False)


def test_public_addresses_are_public() -> None:
    assert is_public("9.9.9.9")
    assert is_public("2620:fe::fe")
    assert is_public("64:ff9b::909:909")


def test_a_name_that_answers_differently_the_second_time_leads_nowhere_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that was looked at is the one that is connected to."""
    answers = iter(["9.9.9.9", "127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 0))]

    def connect(place: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(place)
        raise OSError("not here")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    answer = post("https://hook.example/x", b"{}", {}, private=False)
    assert answer.status == 0
    assert connected == [("9.9.9.9", 443)]
    assert receiver.got == []


def test_a_receiver_inside_is_refused_unless_it_is_ours(receiver: Receiver) -> None:
    assert post(receiver.url, b"{}", {}, private=False).status == 0
    assert receiver.got == []
    assert post(receiver.url, b"{}", {}, private=True).status == 204


def test_a_receiver_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            taken, _ = listening.accept()
            with taken:
                try:
                    taken.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        taken.sendall(b"X: y\r\n")
                        threading.Event().wait(0.2)
                except OSError:
                    return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begin = time.monotonic()
        post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}, private=True)
        assert time.monotonic() - begin < 5
        thread.join(5)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://hook.example", "private": False},
        {"url": "ftp://hook.example"},
        {"url": "https://ana:pw@hook.example"},
        {"secret": "hunter2"},
        {"secret": "whsec_" + base64.b64encode(b"short").decode()},
        {"secret": "", "signing_key": ""},
        {"name": ""},
        {"signing_key": SECRET.replace("whsec", "whsk")[:20]},
    ],
)
def test_settings_that_are_not_safe_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        Webhook(**(hook("https://hook.example") | change))
    assert SecretStr(SECRET).get_secret_value() not in str(error.value)
