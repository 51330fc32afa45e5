"""The addresses of the office: who is signed in sees its pages, nobody else anything."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from distro.audience.search_index import SearchIndex
from distro.errors import DistroError
from distro.installation.context import Installation
from distro.reports.live import still_page as report_of
from distro.reports.page import STILL
from distro.web.api import problems
from distro.web.api.problems import ProblemError
from distro.web.office import asking, drawing, extras, visitor
from distro.web.office.acts import Acts
from distro.web.office.corrections import Corrections
from distro.web.office.devices import Devices
from distro.web.office.live import Live
from distro.web.office.open_id import OpenId
from distro.web.office.passkeys import Passkeys
from distro.web.office.signing_in import SigningIn
from distro.web.office.table import ACTS, VIEWS
from distro.web.office.uploads import Uploads
from distro.web.office.view import PREFIX, View, named
from distro.web.office.visitor import Visitor

T = TypeVar("T")
Handler = Callable[[Request, Visitor], Response]
Taker = Callable[[Request, Visitor, dict[str, str]], Response]
_AT_A_TIME = 8  # pages that are made at once; readers' pages have threads of their own


class Office:
    """All pages under /office."""

    def __init__(self, installation: Installation, index: SearchIndex) -> None:
        self.installation = installation
        self.index = index
        self.signing_in = SigningIn(installation)
        self.open_id = OpenId(installation, self.signing_in)
        self.passkeys = Passkeys(installation)
        self.devices = Devices(installation)
        self.acts = Acts(installation, self.signing_in)
        self.uploads = Uploads(installation, index)
        self.corrections = Corrections(installation, self.uploads, self.signing_in)
        self.live = Live(installation)
        self._threads: anyio.CapacityLimiter | None = None

    def routes(self) -> list[Route]:
        """Return the route of each page."""
        letter = "/releases/{distribution}/letters/{language}"
        return [
            Route(f"{PREFIX}/style.css", _style),
            Route(f"{PREFIX}/live.js", _script),
            Route(f"{PREFIX}/sign-in", self._sign_in, methods=["GET", "POST"]),
            Route(f"{PREFIX}/sign-in/provider", self._plain(self.open_id.go), methods=["GET"]),
            Route(f"{PREFIX}/sign-in/again", self._plain(self.open_id.again), methods=["GET"]),
            Route(f"{PREFIX}/sign-in/back", self._plain(self.open_id.back), methods=["GET"]),
            Route(f"{PREFIX}/sign-in/passkey", self._plain(self.passkeys.ask), methods=["POST"]),
            *self._passkey_routes(),
            *self._device_routes(),
            Route(f"{PREFIX}/sign-out", self._form(self._sign_out), methods=["POST"]),
            *(
                Route(PREFIX + path, self._page(show), methods=["GET"])
                for path, show in (*self.uploads.pages(), *self.corrections.pages())
            ),
            *(
                Route(PREFIX + path, self.uploads.endpoint(self, operation, take), methods=["POST"])
                for path, operation, take in (*self.uploads.takers(), *self.corrections.takers())
            ),
            Route(f"{PREFIX}/releases/{{distribution}}/live", self._live, methods=["GET"]),
            Route(PREFIX + letter, self._page(self._letter), methods=["GET"]),
            Route(
                f"{PREFIX}/releases/{{distribution}}/report",
                self._page(self._report),
                methods=["GET"],
            ),
            *(
                self._both(
                    act.path,
                    functools.partial(self.acts.show, act),
                    functools.partial(self.acts.do, act),
                )
                for act in ACTS
            ),
            *(
                Route(PREFIX + view.path, self._page(self._view(view)), methods=["GET"])
                for view in VIEWS
            ),
        ]

    def _passkey_routes(self) -> list[Route]:
        new, remove = self._form(self.passkeys.ask_for_new), self._form(self.passkeys.remove)
        return [
            self._both("/passkeys", self.passkeys.show, self.passkeys.add),
            Route(f"{PREFIX}/passkeys/new", new, methods=["POST"]),
            Route(f"{PREFIX}/passkeys/remove", remove, methods=["POST"]),
        ]

    def _device_routes(self) -> list[Route]:
        async def poll(request: Request) -> Response:
            form = await form_of(request)
            return await self.threaded(self.devices.token, request, form)

        return [
            self._both("/device", self.devices.show, self.devices.allow),
            Route(f"{PREFIX}/device/begin", self._plain(self.devices.begin), methods=["POST"]),
            Route(f"{PREFIX}/device/token", poll, methods=["POST"]),
        ]

    def _both(self, path: str, show: Handler, take: Taker) -> Route:
        """Return the route of a page with a form that comes back to it."""
        shown, taken = self._page(show), self._form(take)

        async def endpoint(request: Request) -> Response:
            answer: Response = await (taken if request.method == "POST" else shown)(request)
            return answer

        return Route(PREFIX + path, endpoint, methods=["GET", "POST"])

    def _view(self, view: View) -> Handler:
        def show(request: Request, who: Visitor) -> Response:
            found = asking.answers(self.installation, view, who, request)
            more = extras.MORE.get(view.template)
            if more:
                operation = next(iter(view.asks.values()))
                found |= more(asking.call_of(self.installation, operation, who, request))
            return drawing.page(
                view.template,
                who=who,
                title=view.title,
                asked=dict(request.query_params),
                path=dict(request.path_params),
                acts=[act for act in ACTS if act.path.startswith(view.path + "/")],
                zone=self.installation.settings.site.timezone,
                **found,
            )

        return show

    def _letter(self, request: Request, who: Visitor) -> Response:
        report = named("get_distributions_distribution")
        call = asking.call_of(self.installation, report, who, request)
        html = extras.letter(call, request.path_params["language"])
        if not html:
            raise ProblemError("not_found")
        return HTMLResponse(html, headers={"content-security-policy": drawing.LETTER_POLICY})

    def _report(self, request: Request, who: Visitor) -> Response:
        """Show the whole report, as it prints."""
        report = named("get_distributions_distribution")
        number = asking.call_of(self.installation, report, who, request).distribution()
        html = report_of(self.installation, number)
        return HTMLResponse(html, headers={"content-security-policy": STILL})

    async def _live(self, request: Request) -> Response:
        who = await self.threaded(visitor.visitor, self.installation, request, self.index)
        if who is None:
            return Response(status_code=401)
        try:
            return await self.live.stream(request, who)
        except (DistroError, ProblemError):
            return Response(status_code=404)

    async def _sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return await self.threaded(self.signing_in.show, request)
        form = await form_of(request)
        return await self.threaded(self.signing_in.take, request, form)

    def _sign_out(self, request: Request, who: Visitor, form: dict[str, str]) -> Response:
        del who, form
        return self.signing_in.out(request)

    def _plain(self, show: Callable[[Request], Response]) -> Callable[[Request], Any]:
        """Return the endpoint of an address for who is not signed in yet."""

        async def endpoint(request: Request) -> Response:
            return await self.threaded(show, request)

        return endpoint

    def _page(self, show: Handler) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return await self.threaded(self.shown, request, show)

        return endpoint

    def _form(self, take: Taker) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            form = await form_of(request)
            return await self.threaded(self.taken, request, form, take)

        return endpoint

    def shown(self, request: Request, show: Handler) -> Response:
        """Return a page for who is signed in; send everybody else to sign in."""
        who = visitor.visitor(self.installation, request, self.index)
        if who is None:
            then = quote(visitor.address_of(request), safe="")
            return RedirectResponse(f"{PREFIX}/sign-in?next={then}", 303)
        try:
            answer = show(request, who)
        except (DistroError, ProblemError) as error:
            answer = self.problem(who, error)
        return visitor.with_renewed(self.installation, request, answer)

    def taken(self, request: Request, form: dict[str, str], take: Taker) -> Response:
        """Do what a form asks, where it is a form of ours, for who is signed in."""

        def checked(request: Request, who: Visitor) -> Response:
            here = visitor.from_here(self.installation, request)
            if not here or not visitor.is_theirs(who, form.get("csrf", "")):
                raise ProblemError("bad_request", "This form is not from here: load it again.")
            return take(request, who, form)

        return self.shown(request, checked)

    def problem(self, who: Visitor, error: DistroError | ProblemError) -> Response:
        """Return a problem as a page."""
        problem = problems.of_error(error)
        return drawing.page(
            "problem.html",
            problem.kind.status,
            who=who,
            title=problem.kind.title,
            detail=problem.detail,
            errors=problem.errors,
        )

    async def threaded(self, call: Callable[..., T], *args: Any) -> T:
        """Return the answer of a function that waits for Redis."""
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_AT_A_TIME)
        return await to_thread.run_sync(functools.partial(call, *args), limiter=self._threads)


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form without files; of a name that comes twice the last."""
    form = await request.form(max_files=0, max_fields=60, max_part_size=20_000)
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def _style(request: Request) -> Response:
    del request
    return Response(drawing.STYLE, media_type="text/css", headers=_KEPT)


async def _script(request: Request) -> Response:
    del request
    return Response(drawing.SCRIPT, media_type="text/javascript", headers=_KEPT)


_KEPT = {"cache-control": "public, max-age=300"}
