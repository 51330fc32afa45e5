"""Bound what a stranger may cost the pages: bytes and seconds of a request, connections of one
client and of all.

Two layers. `Guard` is an ASGI middleware: it bounds the body of a request, and how many requests of
one real client are answered at a time. `guarded` makes uvicorn's protocol with deadlines: a
connection that does not bring its whole request in time is closed, and when there are too many, the
oldest that still waits for its request makes room. So thousands of half-open connections leave a
one-click unsubscribe its place.
"""

import asyncio
import ipaddress
import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LARGEST_BODY = 10_000  # bytes of a form; senders put 26 into a one-click POST
LARGEST_FORM = 64_000  # bytes of a form of the office: words of a correction, in any script
LARGEST_REPORT = 1_000_000  # bytes of what a sending provider reports at once
LARGEST_UPLOAD = 64_000_000  # bytes of a release's files, for who has shown a token
UPLOAD_SECONDS = 120.0  # until they have come
UPLOAD = "distro.upload"  # of the ASGI scope: whoever sends the body is known, and may take long
REQUEST_SECONDS = (
    10.0  # until a connection has brought its whole request, and until a form's body has come
)
WRITE_SECONDS = 30.0  # that a client may leave an answer unread
BUFFERED = 16_384  # bytes of an answer that wait for one client
CONNECTIONS = 800  # of all clients
# connections of one client that is no trusted proxy; mailbox providers unsubscribe many readers at
# a time
OF_ONE_CLIENT = 200
# Where a release's new text is uploaded.
_NEW_TEXT = re.compile(r"/office/releases/[^/]+/(?:correct|update)")
AT_A_TIME = 32  # requests of one real client that are answered at once


class _TooMuchError(Exception):
    """A body is too large, or does not come in time."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Guard:
    """Bound each request: its body's size and time, and how many of one client are under way."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = client_of((scope.get("client") or ("", 0))[0])
        # Mailbox providers send many one-click requests from few addresses: those are always
        # answered. A press room that follows a release behind one address keeps its streams open.
        path = scope["path"]
        counts = not (
            path.startswith("/u/") or (path.startswith("/office/") and path.endswith("/live"))
        )
        if counts and self._under_way[client] >= AT_A_TIME:
            await _say(send, 429)
            return
        self._under_way[client] += counts
        try:
            await self._bounded(scope, receive, send)
        finally:
            self._under_way[client] -= counts
            if not self._under_way[client]:
                del self._under_way[client]

    async def _bounded(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request whose body is counted as it comes."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        length = dict(scope["headers"]).get(b"content-length", b"0")
        most = _largest(scope["path"])
        left, whole, begun = most, False, False
        if not length.isdigit() or int(length) > most:
            await _say(send, 413)
            return

        async def counted() -> Any:
            nonlocal left, whole
            if whole:
                return await receive()  # only its end, or that the client has gone
            try:
                seconds = UPLOAD_SECONDS if scope.get(UPLOAD) else REQUEST_SECONDS
                message = await asyncio.wait_for(receive(), max(0.0, begin + seconds - loop.time()))
            except TimeoutError:
                raise _TooMuchError(408) from None
            left -= len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if left < 0:
                raise _TooMuchError(413)
            return message

        async def sent(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, counted, sent)
        except _TooMuchError as error:
            if not begun:
                await _say(send, error.status)


def _largest(path: str) -> int:
    if path.startswith("/feedback/"):
        return LARGEST_REPORT
    if path.startswith(("/api/", "/office/compose", "/office/import")) or _NEW_TEXT.fullmatch(path):
        return LARGEST_UPLOAD
    return LARGEST_FORM if path.startswith("/office/") else LARGEST_BODY


async def _say(send: Any, status: int) -> None:
    """Answer with a status alone, and close: what the client still sends is not read."""
    headers = [
        (b"content-length", b"0"),
        (b"connection", b"close"),
        *([(b"retry-after", b"10")] if status == 429 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def client_of(host: str) -> str:
    """Return who an address counts as: itself, or the IPv6 network of one customer."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if address.version == 6 else host


class _Connections:
    """All connections of a server: how many each client has, and which keep it waiting, for a
    request or for an answer to be read, oldest first.
    """

    def __init__(self, trusted: Sequence[str], most: int) -> None:
        self.trusted = [ipaddress.ip_network(network, strict=False) for network in trusted]
        self.most = most
        self.of_client: Counter[str] = Counter()
        self.waiting: OrderedDict[Any, None] = OrderedDict()
        self.unread: OrderedDict[Any, None] = OrderedDict()
        self.count = 0

    def is_trusted(self, host: str) -> bool:
        """Return whether this is a proxy of ours: its connections are many readers'."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.trusted)


class _Guarded(H11Protocol):
    """One connection, under bounds that all connections of a server share."""

    shared: ClassVar[_Connections]

    _client = ""
    _begun = 0.0
    _due: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=BUFFERED)
        host = (transport.get_extra_info("peername") or ("",))[0]
        self._client = "" if self.shared.is_trusted(host) else client_of(host)
        self.shared.count += 1
        self.shared.of_client[self._client] += 1
        if self._client and self.shared.of_client[self._client] > OF_ONE_CLIENT:
            transport.abort()
            return
        idle = self.shared.waiting or self.shared.unread
        if self.shared.count > self.shared.most and idle:
            oldest, _ = idle.popitem(last=False)
            oldest.transport.abort()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._read_again()
        self.shared.count -= 1
        self.shared.of_client[self._client] -= 1
        if not self.shared.of_client[self._client]:
            del self.shared.of_client[self._client]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        # No browser and no proxy asks again before it has its answer.
        if self.conn.trailing_data[0]:
            self.transport.close()
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_again()
        self._unread = self.loop.call_later(WRITE_SECONDS, self.transport.abort)
        self.shared.unread[self] = None

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_again()
        self._look()

    def _read_again(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None
        self.shared.unread.pop(self, None)

    def _look(self) -> None:
        """Keep a deadline as long as the client owes us bytes: data that trickles in does not
        move it.

        While it still reads an answer it owes nothing else.
        """
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY) or self._unread:
            self._forget()
        elif self._due is None and not self.transport.is_closing():
            self._begun = self.loop.time()
            self._due = self.loop.call_later(REQUEST_SECONDS, self._late)
            self.shared.waiting[self] = None

    def _late(self) -> None:
        """Close, but for an upload of somebody known, which has longer."""
        end = self._begun + UPLOAD_SECONDS
        if self.scope and self.scope.get(UPLOAD) and self.loop.time() < end:
            self._due = self.loop.call_at(end, self.transport.abort)
        else:
            self.transport.abort()

    def _forget(self) -> None:
        if self._due:
            self._due.cancel()
            self._due = None
        self.shared.waiting.pop(self, None)


def guarded(trusted: Sequence[str], most: int = CONNECTIONS) -> type[H11Protocol]:
    """Return uvicorn's protocol with deadlines and bounds, for one server.

    `trusted` are the addresses of its proxies, `most` the connections at once.
    """
    return type("Guarded", (_Guarded,), {"shared": _Connections(trusted, most)})
