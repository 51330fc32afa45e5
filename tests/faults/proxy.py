"""A proxy before Redis' socket that can cut: a reply on its way back, or every connection at once;
or hold everything.
"""

import asyncio
from pathlib import Path

from tests.support.server import ThreadedServer


class CuttingProxy(ThreadedServer):
    """Listens on a unix socket and passes on to another. `lose[word]`: so many replies to requests
    with it get lost.
    """

    def __init__(self, path: Path, target: Path) -> None:
        super().__init__()
        self.path, self.target = path, target
        self.lose: dict[bytes, int] = {}
        self.cuts = 0
        self.leased = False

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.path.unlink(missing_ok=True)

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self.session, str(self.path))

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(str(self.target))
        self._writers.add(up_writer)
        asked: list[bytes] = []
        tasks = {
            asyncio.create_task(self._requests(reader, up_writer, asked)),
            asyncio.create_task(self._replies(up_reader, writer, asked)),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            up_writer.transport.abort()
            self._writers.discard(up_writer)

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while data := await reader.read(2**20):
            while self.leased:
                await asyncio.sleep(0.01)
            asked[:] = [word for word, left in self.lose.items() if left > 0 and word in data[:400]]
            writer.write(data)
            await writer.drain()

    async def _replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while data := await reader.read(2**20):
            for word in asked:
                empty = data in (b"*-1\r\n", b"$-1\r\n")
                if self.lose.get(word, 0) > 0 and not empty:
                    self.lose[word] -= 1
                    self.cuts += 1
                    return
            writer.write(data)
            await writer.drain()
