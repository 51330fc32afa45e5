"""A receiving server, or whoever stands between, says what it should not."""

import asyncio
import base64
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from distro.audience import book
from distro.model import State
from distro.relay.endpoint import ConnectionBrokenError, Endpoint, RelayRefusedError
from distro.relay.message import Message
from distro.relay.reply import ReplyReader, without_address
from distro.relay.session import Sent, Session
from distro.store import Store
from distro.store.embedded import Embedded
from distro.subscribers import housekeeping, transactional
from tests.support.installation import add_readers, make_installation
from tests.support.server import ThreadedServer
from tests.support.smtp import ScriptedServer

BODY = (b"To: <a@a.example>\r\n\r\nHello\r\n",)


async def _yes() -> bool:
    return True


class Raw(ThreadedServer):
    """Speaks by a function of its own."""

    def __init__(
        self, speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]
    ) -> None:
        super().__init__()
        self.speak = speak

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.speak(reader, writer)  # type: ignore[misc]


async def opened(endpoint: Endpoint) -> dict[str, str]:
    """Open a connection and close it again; gives what the server offers."""
    session = Session(endpoint)
    try:
        await asyncio.wait_for(session.open(), 10)
        return session.extensions
    finally:
        session.abort("")
        await asyncio.sleep(0.01)


def send(server: ThreadedServer, recipients: list[str], *, pause: float = 0.0) -> list[Sent]:
    async def run() -> list[Sent]:
        session = Session(Endpoint("127.0.0.1", server.port, tls="off"))
        await session.open()
        found = []
        for recipient in recipients:
            found.append(
                await asyncio.wait_for(
                    session.send(Message("p@p.example", recipient, BODY), _yes, lambda: None), 5
                )
            )
            await asyncio.sleep(pause)
        session.abort("")
        await asyncio.sleep(0.01)
        return found

    return asyncio.run(run())


@pytest.mark.parametrize("injected", [b"250 injected\r\n", b"250-inj", b"2", b"250-a\r\n250 b\r\n"])
def test_nothing_of_before_starttls_counts_inside_it(injected: bytes) -> None:
    """Half a reply in clear text survived into TLS and shifted every later one: 60 of 60 letters
    `failed`.
    """
    authority = trustme.CA()
    server_tls, ours = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("127.0.0.1").configure_cert(server_tls)
    authority.configure_trust(ours)
    said: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        await reader.readline()
        writer.write(b"250-x\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n" + injected)
        await writer.drain()
        said.append(await reader.read(100))

    with Raw(speak) as server, pytest.raises(ConnectionBrokenError):
        asyncio.run(opened(Endpoint("127.0.0.1", server.port, context=ours)))
    assert not said or said[0] == b""  # no handshake began, and no password followed


@pytest.mark.parametrize("extensions", [("PIPELINING",), ("PIPELINING", "CHUNKING"), ()])
def test_a_reply_that_nobody_asked_for_makes_no_refused_letter_accepted(
    extensions: tuple[str, ...],
) -> None:
    """One in between shifted all later ones: ten refused letters were `accepted`."""
    first = True

    def script(verb: str, argument: str) -> str | None:
        nonlocal first
        if verb == "END" and "good" in argument and first:
            first = False
            return "250 2.0.0 ok\r\n250 2.0.0 ok"  # the second one answers nothing
        return "550 5.7.1 refused" if verb == "END" else None

    with ScriptedServer(script, extensions=extensions) as server:
        found = send(
            server, ["good@a.example", *(f"r{n}@a.example" for n in range(10))], pause=0.02
        )
    assert not any(sent.outcome.state is State.ACCEPTED for sent in found[1:])
    assert found[0].outcome.state in (State.ACCEPTED, State.IN_DOUBT)
    assert [message for message, _ in server.messages] == ["good@a.example"]


@pytest.mark.parametrize("half", [b"250", b"250-x\r\n", b"250 x\r\n", b"421 4.3.2 closing\r\n"])
def test_whatever_arrives_between_two_letters_ends_the_connection(half: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 ok\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)
                writer.write(half)
            else:
                writer.write(b"250 ok\r\n")

    with Raw(speak) as server:
        first, second = send(server, ["a@a.example", "b@a.example"], pause=0.15)
    assert first.outcome.state is State.ACCEPTED
    assert (second.outcome.state, second.outcome.code) == (
        State.QUEUED,
        421 if half.startswith(b"421") else second.outcome.code,
    )


@pytest.mark.parametrize(
    "flood", [b"250-x\r\n", b"250 x\r\n", b"x", b"250-" + b"y" * 3000 + b"\r\n"]
)
def test_a_flood_of_replies_fills_no_memory(flood: bytes) -> None:
    """A relay that talks without end: 136 to 967 MB in 14 seconds."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        for _ in range(20):
            writer.write(flood * (2_000_000 // len(flood)))
            await writer.drain()

    tracemalloc.start()
    with Raw(speak) as server, pytest.raises((ConnectionBrokenError, RelayRefusedError)):
        asyncio.run(opened(Endpoint("127.0.0.1", server.port, tls="off")))
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "raw",
    [
        b"250 \x1b[2J\x1b]0;owned\x07 ok\r\n",
        b"250 a\x00b\x7f\r\n",
        "250 \u202eevil\u2066\r\n".encode(),
        b"250 \xc2\x9b31m\r\n",
        b"250 a\rb\r\n",
    ],
)
def test_what_a_server_says_cannot_drive_a_terminal(raw: bytes) -> None:
    [reply] = ReplyReader().feed(raw)
    assert reply.text.replace(" ", "").isprintable()


def test_what_a_server_says_names_no_recipient() -> None:
    """Journals and replies outlive a person's wish to be forgotten."""
    assert (
        without_address("5.1.1 <Rosa.Demir@Wire.example>: unknown", "rosa.demir@wire.example")
        == "5.1.1 <recipient>: unknown"
    )
    assert (
        without_address("User rosa.demir unknown", "rosa.demir@wire.example")
        == "User recipient unknown"
    )
    assert (
        without_address("2.0.0 Ok: queued as 4XzQ1b", "press@wire.example")
        == "2.0.0 Ok: queued as 4XzQ1b"
    )


def test_an_ehlo_of_any_length_is_read() -> None:
    """A reply cut at 500 characters hid PIPELINING, STARTTLS and AUTH."""
    many = tuple(f"X-EXTENSION-{n} with some words" for n in range(150))
    with ScriptedServer(extensions=(*many, "PIPELINING", "SIZE 1000000")) as server:
        found = asyncio.run(opened(Endpoint("127.0.0.1", server.port, tls="off")))
    assert {"PIPELINING", "SIZE", "X-EXTENSION-149"} <= set(found)


def test_a_relay_that_is_silent_holds_up_no_other_letter_and_no_chores(
    tmp_path: Path, server: Embedded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One silent answer during a confirm letter stopped all service letters and chores, for
    ever.
    """
    monkeypatch.setattr("distro.mailing.transport.LETTER_SECONDS", 0.3)
    release = threading.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        silent = False
        while line := await reader.readline():
            silent |= b"reader0@" in line
            if silent:
                await asyncio.get_running_loop().run_in_executor(None, release.wait, 5)
                return
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 ok\r\n")

    with Raw(speak) as relay:
        installation = make_installation(
            tmp_path, server, store, relay=[{"url": f"smtp://127.0.0.1:{relay.port}?tls=off"}]
        )
        add_readers(store, 4, folder=tmp_path)
        for number in range(1, 5):
            who = book.by_id(store, number)
            assert who
            transactional.post(installation, who, "held")
        began = time.monotonic()
        sent = sum(transactional.send_waiting(installation) for _ in range(4))
        housekeeping.once(installation)
        assert time.monotonic() - began < 5
        assert sent == 3
        release.set()


@pytest.mark.parametrize("size", ["²", "٩٩", "9" * 400, "1e3", "-1", "x"])
def test_a_size_that_is_no_number_ends_no_process(size: str) -> None:
    """`²` is a digit to Python and no number: every sending process died of it, again and again."""
    with ScriptedServer(extensions=("PIPELINING", f"SIZE {size}")) as server:
        found = send(server, ["a@a.example"])
    assert found[0].outcome.state is State.ACCEPTED


def test_a_reply_of_two_codes_accepts_nothing() -> None:
    """RFC 5321 §4.2.1; of a refusal, only the code of the last line was read."""
    with ScriptedServer(
        lambda verb, _: "550-5.7.1 refused\r\n250 2.0.0 queued" if verb == "END" else None
    ) as server:
        found = send(server, ["a@a.example"])
    assert found[0].outcome.state is State.IN_DOUBT


@pytest.mark.parametrize(
    ("verb", "code"), [("MAIL", "354"), ("RCPT", "354"), ("MAIL", "550"), ("MAIL", "451")]
)
def test_a_chunk_that_was_taken_after_a_refusal_is_not_sent_again(verb: str, code: str) -> None:
    """The body is out and the relay said yes to it: 17 copies went to one reader."""
    with ScriptedServer(
        lambda v, _: f"{code} 2.1.0 odd" if v == verb else "250 2.0.0 ok" if v == "END" else None,
        extensions=("PIPELINING", "CHUNKING"),
    ) as server:
        found = send(server, ["a@a.example"])
    assert found[0].outcome.state is State.IN_DOUBT


@pytest.mark.parametrize("offered", [False, True])
def test_no_words_of_a_relay_hold_our_password(offered: bool) -> None:
    """A server that repeats the command it does not know had it shown on the page of the report."""
    asked: list[str] = []

    def script(verb: str, argument: str) -> str | None:
        asked.append(f"{verb} {argument}")
        if verb == "EHLO":
            return "250-x\r\n250 AUTH PLAIN" if offered else "250 x"
        return f'500 5.5.1 Command unrecognized: "AUTH {argument}"' if verb == "AUTH" else None

    with ScriptedServer(script) as server, pytest.raises(RelayRefusedError) as error:
        asyncio.run(
            opened(
                Endpoint(
                    "127.0.0.1",
                    server.port,
                    tls="off",
                    user="relayuser",
                    password="RelaySecretPw77",
                )
            )
        )
    said = str(error.value)
    assert "RelaySecretPw77" not in said
    assert base64.b64encode(b"\0relayuser\0RelaySecretPw77").decode() not in said
    # Told to nobody who does not ask for it.
    assert any(a.startswith("AUTH") for a in asked) == offered


def test_a_password_repeated_later_is_hidden_too() -> None:
    reader = ReplyReader(Endpoint("h", 25, user="relayuser", password="RelaySecretPw77").secrets)
    (reply,) = reader.feed(
        b"250 hello RelaySecretPw77 " + base64.b64encode(b"RelaySecretPw77") + b"\r\n"
    )
    assert reply.text == "hello … …"


@pytest.mark.parametrize(
    "offer", ["AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN", "AUTH=PLAIN", "auth plain"]
)
def test_every_spelling_of_an_offer_of_auth_is_understood(offer: str) -> None:
    with ScriptedServer(
        lambda verb, _: f"250-x\r\n250 {offer}" if verb == "EHLO" else None,
        password="s3cret-of-relay",
    ) as server:
        asyncio.run(
            opened(
                Endpoint(
                    "127.0.0.1", server.port, tls="off", user="user", password="s3cret-of-relay"
                )
            )
        )
    assert any(command.startswith("AUTH PLAIN ") for command in server.commands)
