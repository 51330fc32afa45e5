"""A proxy before Redis' socket that can cut: a reply on its way back, or every connection at once; or hold everything."""

import asyncio
import contextlib
import random
import threading
from pathlib import Path
from typing import Self


class CuttingProxy:
    """Listens on a unix socket and passes on to another. `cut[word]`: so many replies to requests with it get lost."""

    def __init__(self, listen: Path, target: Path, seed: int = 0) -> None:
        self.listen, self.target = listen, target
        self.cut: dict[bytes, int] = {}
        self.cuts = 0
        self.held = False
        self._dice = random.Random(seed)
        self._pairs: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)
        self.listen.unlink(missing_ok=True)

    def break_all(self) -> None:
        """Every connection breaks now, whatever is on its way."""
        def abort() -> None:
            for writer in list(self._pairs):
                writer.transport.abort()

        self._loop.call_soon_threadsafe(abort)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_unix_server(self._session, str(self.listen))
        self._ready.set()
        await self._end.wait()
        server.close()
        for writer in list(self._pairs):
            writer.transport.abort()
        await asyncio.sleep(0.01)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._pairs.add(writer)
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(str(self.target))
        except OSError:
            writer.transport.abort()
            self._pairs.discard(writer)
            return
        self._pairs.add(up_writer)
        asked: list[bytes] = []
        try:
            done, rest = await asyncio.wait({asyncio.create_task(self._requests(reader, up_writer, asked)), asyncio.create_task(self._replies(up_reader, writer, asked))},
                                            return_when=asyncio.FIRST_COMPLETED)
            for task in (*done, *rest):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, OSError):
                    await task
        finally:
            for one in (writer, up_writer):
                one.transport.abort()
                self._pairs.discard(one)

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]) -> None:
        while data := await reader.read(2**20):
            while self.held:
                await asyncio.sleep(0.01)
            asked[:] = [word for word, left in self.cut.items() if left > 0 and word in data[:400]]
            writer.write(data)
            await writer.drain()

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]) -> None:
        while data := await reader.read(2**20):
            for word in asked:
                empty = data in (b"*-1\r\n", b"$-1\r\n")
                if self.cut.get(word, 0) > 0 and not empty:
                    self.cut[word] -= 1
                    self.cuts += 1
                    return
            writer.write(data)
            await writer.drain()
