"""One connection to a relay that is 50 ms away: PIPELINING, CHUNKING, and Python's smtplib, side by
side.

usage: python benchmarks/latency.py [LETTERS=40] [ROUND_TRIP_MS=50]

The delay is a proxy that holds every byte for half a round trip each way. The relay is the tests'
scripted server.
"""

import asyncio
import smtplib
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from distro.relay.endpoint import Endpoint
from distro.relay.message import Message
from distro.relay.session import Session
from tests.support.server import ThreadedServer
from tests.support.smtp import ScriptedServer

# 40 KB.
BODY = (
    b"To: <r@a.example>\r\nMessage-ID: <1@press.example>\r\n\r\n"
    + b"The harbour towns agreed a shared plan for the winter season.\r\n" * 640
)


class Delay(ThreadedServer):
    """A proxy that holds every byte for a while; `port` is its own."""

    def __init__(self, target: int, seconds: float) -> None:
        super().__init__()
        self.target, self.seconds = target, seconds

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(
            self._pump(reader, up_writer), self._pump(up_reader, writer), return_exceptions=True
        )

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(2**20):
            loop.call_later(self.seconds, writer.write, data)
        loop.call_later(self.seconds, writer.close)


def ours(port: int, letters: int) -> float:
    """Letters a second of our client."""

    async def main() -> float:
        session = Session(Endpoint("127.0.0.1", port, tls="off"))
        await session.open()

        async def may_begin() -> bool:
            return True

        began = time.perf_counter()
        for n in range(letters):
            sent = await session.send(
                Message("press@press.example", f"r{n}@a.example", (BODY,)), may_begin, lambda: None
            )
            assert sent.outcome.state == "accepted", sent
        seconds = time.perf_counter() - began
        await session.quit()
        return letters / seconds

    return asyncio.run(main())


def theirs(port: int, letters: int) -> float:
    """Letters a second of smtplib."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        began = time.perf_counter()
        for n in range(letters):
            client.sendmail("press@press.example", f"r{n}@a.example", BODY)
        return letters / (time.perf_counter() - began)


def main(letters: int = 40, round_trip_ms: int = 50) -> int:
    found: dict[str, list[float]] = {"PIPELINING": [], "CHUNKING": []}
    for _ in range(3):
        for name, extensions in (
            ("PIPELINING", ("PIPELINING",)),
            ("CHUNKING", ("PIPELINING", "CHUNKING")),
        ):
            with (
                ScriptedServer(extensions=extensions) as server,
                Delay(server.port, round_trip_ms / 2000) as slow,
            ):
                found[name].append(ours(slow.port, letters) / theirs(slow.port, letters))
    bars = {"PIPELINING": 1.9, "CHUNKING": 3.5}
    for name, ratios in found.items():
        print(
            f"{name} at {round_trip_ms} ms of round trip, one connection, 40 KB:"
            f" {statistics.median(ratios):.2f} x smtplib (bar {bars[name]})"
        )
    return any(statistics.median(r) < bars[n] for n, r in found.items())


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
