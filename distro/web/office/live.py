"""Follow a distribution live: server-sent events, one reading of the ledger for all who watch.

Each event is the whole state, and its id a hash of it: whoever comes back after a break gets what
is true now, and nothing where nothing changed (Last-Event-ID).
"""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from distro.installation.context import Installation
from distro.model import DistributionId
from distro.reports import page as report_page
from distro.web.office import asking
from distro.web.office.view import named
from distro.web.office.visitor import Visitor

_SECONDS = 1.0  # between two readings
_EVENTS = 20.0  # a second for all who watch: many see each number a little later, and cost no more
_LONGEST = 600  # seconds of one stream; the browser asks again by itself
_AT_MOST = 200  # streams of the office


class Live:
    """The streams of the office."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self._seen: dict[str, tuple[float, str, bool]] = {}
        self._reading: dict[str, asyncio.Lock] = {}
        self._watching = 0

    async def stream(self, request: Request, who: Visitor) -> Response:
        """Return the events of a distribution; raises where it is not in sight."""
        report = named("get_distributions_distribution")
        call = asking.call_of(self.installation, report, who, request)
        number = await to_thread.run_sync(call.distribution)
        if self._watching >= _AT_MOST:
            return Response(status_code=503, headers={"Retry-After": "30"})
        known = request.headers.get("last-event-id", "")
        return StreamingResponse(self._events(number, known), media_type="text/event-stream")

    async def _events(self, number: DistributionId, known: str) -> AsyncIterator[str]:
        self._watching += 1
        end = time.monotonic() + _LONGEST
        try:
            yield "retry: 2000\n\n"
            while time.monotonic() < end:
                parts, goes_on = await self._now(number)
                name = hashlib.sha256(parts.encode()).hexdigest()[:16]
                if name != known:
                    known = name
                    yield f"id: {name}\ndata: {parts}\n\n"
                if not goes_on:
                    yield "event: over\ndata: .\n\n"
                    return
                await asyncio.sleep(max(_SECONDS, self._watching / _EVENTS))
        finally:
            self._watching -= 1

    async def _now(self, number: DistributionId) -> tuple[str, bool]:
        """Return the state of a distribution, read at most once a second for all."""
        lock = self._reading.setdefault(number, asyncio.Lock())
        async with lock:
            at, parts, goes_on = self._seen.get(number, (0.0, "", True))
            if time.monotonic() - at > _SECONDS * 0.9:
                parts, goes_on = await to_thread.run_sync(self._read, number)
                self._seen[number] = (time.monotonic(), parts, goes_on)
                self._forget()
            return parts, goes_on

    def _forget(self) -> None:
        """Drop what nobody has asked for lately."""
        if len(self._seen) > _AT_MOST:
            before = time.monotonic() - 60
            for number in [n for n, (at, _, _) in self._seen.items() if at < before]:
                del self._seen[number]
                self._reading.pop(number, None)

    def _read(self, number: DistributionId) -> tuple[str, bool]:
        found: dict[str, Any] = report_page.live_numbers(self.installation.store, number)
        shown = {name: found[name] for name in ("state", "lead", "audience", "counts", "balanced")}
        return json.dumps(shown), found["state"] in report_page.LIVE_STATES
