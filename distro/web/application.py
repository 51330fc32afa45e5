"""The web application: readers' pages, letters online, reports by link, health."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from distro.audience.search_index import SearchIndex
from distro.errors import DistroError, StoreGoneError
from distro.installation import readiness
from distro.installation.context import Installation
from distro.reports import live
from distro.reports import page as report_page
from distro.subscribers import links
from distro.web import link_pages
from distro.web.api.dispatch import Api
from distro.web.feedback_webhooks import FeedbackWebhooks
from distro.web.guard import Guard
from distro.web.metrics import Metrics
from distro.web.office.site import Office
from distro.web.pages import Pages
from distro.web.problem_pages import ProblemPages
from distro.web.subscriber_pages import SubscriberPages

_LONGEST_LIVE = 600  # seconds of one stream; the browser asks again by itself


class SecurityHeaders:
    """No page is framed, cached, sniffed or told to others; links are secrets."""

    HEADERS = (
        (
            b"content-security-policy",
            (
                b"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:;"
                b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            ),
        ),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"x-robots-tag", b"noindex"),
    )

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def secured(message: Any) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message.get("headers", [])}
                message["headers"] = [
                    *message.get("headers", []),
                    *(h for h in self.HEADERS if h[0] not in said),
                ]
            await send(message)

        await self.app(scope, receive, secured if scope["type"] == "http" else send)


class _Routes:
    """The addresses: requests as `flow` understands them, its answers as pages."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.pages = Pages(counts=installation.settings.tracking.clicks)
        self.readers = SubscriberPages(installation, self.pages)

    def view(self, request: Request) -> Response:
        page = links.letter_page(
            self.installation, request.path_params["token"], request.query_params.get("lang", "")
        )
        return self._private(HTMLResponse(page)) if page else self._not_shown(request)

    def _private(self, response: Response) -> Response:
        """Let nobody but the reader keep it: it may be under embargo."""
        response.headers["cache-control"] = "private, no-store"
        return response

    def _not_shown(self, request: Request) -> Response:
        """Say that a release was withdrawn and why (410), or that there is no such page (404)."""
        gone = links.withdrawn(self.installation, request.path_params["token"])
        if gone is None:
            return self.readers.bad_link()
        return HTMLResponse(self.pages.withdrawn(gone), 410)

    def enclosed(self, request: Request) -> Response:
        found = links.enclosed_file(
            self.installation, request.path_params["token"], request.path_params["name"]
        )
        if found is None:
            return self._not_shown(request)
        file, pieces = found
        shown = "inline" if file.source else "attachment"
        headers = {
            "content-disposition": f"{shown}; filename*=UTF-8''{quote(file.name, safe='')}",
            "content-length": str(file.size),
            "cache-control": "private, no-store",
        }
        return StreamingResponse(pieces, media_type=file.type, headers=headers)

    def link(self, request: Request) -> Response:
        return link_pages.follow(self.installation, request) or self.readers.bad_link()

    def report(self, request: Request) -> Response:
        number = live.opened_by(
            self.installation, request.path_params["name"], request.query_params.get("key", "")
        )
        return (
            HTMLResponse(
                live.live_page(self.installation, number),
                headers={"content-security-policy": f"{report_page.LIVE}; frame-ancestors 'none'"},
            )
            if number
            else self.readers.bad_link()
        )

    async def report_events(self, request: Request) -> Response:
        number = await _threaded(
            live.opened_by,
            self.installation,
            request.path_params["name"],
            request.query_params.get("key", ""),
        )
        return (
            StreamingResponse(_follow(self.installation, number), media_type="text/event-stream")
            if number
            else self.readers.bad_link()
        )

    def healthz(self, request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"})

    def readyz(self, request: Request) -> Response:
        del request
        missing = readiness.missing(self.installation)
        return JSONResponse(
            {"status": "ready" if not missing else "not ready", "missing": missing},
            200 if not missing else 503,
        )

    async def gone(self, request: Request, error: Exception) -> Response:
        del request, error
        return HTMLResponse(self.pages.trouble(), 503, headers={"Retry-After": "10"})

    async def http_error(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        del request
        return HTMLResponse(
            self.pages.message(
                "This page does not exist." if status == 404 else "This is not possible here."
            ),
            status,
        )


def create_app(installation: Installation) -> Starlette:
    """Return the web application of an installation."""
    site, index = _Routes(installation), SearchIndex()
    found = Starlette(
        routes=[
            *site.readers.routes(),
            *FeedbackWebhooks(installation).routes(),
            *Metrics(installation).routes(),
            *Api(installation, index).routes(),
            *ProblemPages(site.pages).routes(),
            *Office(installation, index).routes(),
            Route("/v/{token}", site.view, methods=["GET"]),
            Route("/v/{token}/{name}", site.enclosed, methods=["GET"]),
            Route("/l/{token}/{link:int}", site.link, methods=["GET"]),
            Route("/reports/{name}", site.report, methods=["GET"]),
            Route("/reports/{name}/events", site.report_events, methods=["GET"]),
            Route("/healthz", site.healthz),
            Route("/readyz", site.readyz),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(Guard)],
        exception_handlers={
            StoreGoneError: site.gone,
            DistroError: site.gone,
            HTTPException: site.http_error,
        },
    )
    # A redirect would be built from the Host header that the request brings, and carry the key of a
    # report to it.
    found.router.redirect_slashes = False
    return found


async def _follow(installation: Installation, number: str) -> AsyncIterator[str]:
    """Yield server-sent events: what changed, at most every two seconds.

    Ends with "over" when nothing happens by itself any more.
    """
    before = ""
    for _ in range(_LONGEST_LIVE // 2):
        parts, goes_on = await _threaded(report_page.live_parts, installation.store, number)
        if parts != before:
            before = parts
            yield f"data: {parts}\n\n"
        if not goes_on:
            yield "event: over\ndata: .\n\n"
            return
        await asyncio.sleep(2)


async def _threaded(call: Any, *args: Any) -> Any:
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(call, *args)
