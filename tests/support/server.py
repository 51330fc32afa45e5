"""A server on an event loop of its own, in a thread: what the scripted relay, the sink and the
proxies have in common.
"""

import asyncio
import contextlib
import socket
import threading
from typing import Self


class ThreadedServer:
    """Runs `listen` and then `session` for every connection, until the block ends; `cut` breaks
    every connection.
    """

    def __init__(self) -> None:
        self.port = 0
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def listen(self) -> asyncio.Server:
        """Begin to listen; on a free port of this machine unless told otherwise."""
        server = await asyncio.start_server(self.session, "127.0.0.1", 0, limit=2**22)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection's life."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)

    def cut(self) -> None:
        """Every connection breaks now, whatever is on its way."""
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await self.listen()
        self._ready.set()
        await self._end.wait()
        server.close()
        self._abort()
        await asyncio.sleep(0.01)

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            # The last one: the server itself ends.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.converse(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


def free_port() -> int:
    """A port of this machine on which nobody listens now, at any of its addresses; no connection of
    a test before has it.
    """
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])
