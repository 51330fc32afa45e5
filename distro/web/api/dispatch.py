"""Answer one request of the API: who asks, whether they may, what they bring, then the act.

Nothing of a body is read before it is known who sends it. What sends letters needs an
`Idempotency-Key`: its answer is kept for 30 days, and the same request has the same answer, also
where the process that did it died in between.
"""

import contextlib
import functools
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from distro import log
from distro.audience.search_index import SearchIndex
from distro.errors import DistroError
from distro.installation.context import Installation
from distro.web.api import bodies, credentials, openapi, problems, repeats, tags
from distro.web.api.operation import PREFIX, Call, Lines, Operation
from distro.web.api.problems import ProblemError
from distro.web.api.table import OPERATIONS
from distro.web.guard import UPLOAD

T = TypeVar("T")
_AT_A_TIME = 8  # requests of the API that are answered at once; pages have threads of their own
_UPLOADS, _OF_ONE = 6, 2  # bodies with files that are taken in at once, of all and of one person


class Api:
    """The addresses under /api/v1."""

    def __init__(self, installation: Installation, index: SearchIndex) -> None:
        self.installation = installation
        self.site = installation.settings.site.url.rstrip("/")
        self.index = index
        self._description: dict[str, Any] = {}  # made when somebody asks for it
        self._threads: anyio.CapacityLimiter | None = None
        self._uploads: anyio.CapacityLimiter | None = None
        self._bringing = Counter[str]()

    def routes(self) -> list[Route]:
        """Return a route for each path, and the description of all of them."""
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in OPERATIONS:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        # Each takes every method, and what no operation is too: a token is asked for first.
        found = [
            Route(PREFIX + path, _Endpoint(self._endpoint(methods)))
            for path, methods in by_path.items()
        ]
        rest = Route(PREFIX + "/{rest:path}", _Endpoint(self._endpoint({})))
        return [Route("/openapi.json", self.description, methods=["GET"]), *found, rest]

    def description(self, request: Request) -> Response:
        """Return the OpenAPI document; it is public."""
        del request
        self._description = self._description or openapi.document(OPERATIONS, self.site)
        return JSONResponse(self._description)

    def _endpoint(self, methods: Mapping[str, Operation]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                method = "GET" if request.method == "HEAD" else request.method
                return await self._answer(methods, methods.get(method), request)
            except ProblemError as problem:
                return problems.answer(self.site, problem)
            except DistroError as error:
                return problems.answer(self.site, self._told(error))
            except Exception:  # noqa: BLE001 - told without a word of what it was
                log.get().exception("a request of the API failed", path=request.url.path)
                return problems.answer(self.site, ProblemError("our_fault"))

        return endpoint

    @staticmethod
    def _told(error: DistroError) -> ProblemError:
        problem = problems.of_error(error)
        if problem.code == "our_fault":
            log.get().error("a request of the API failed", why=error.message)
        return problem

    async def _answer(
        self, methods: Mapping[str, Operation], operation: Operation | None, request: Request
    ) -> Response:
        host = (request.client.host if request.client else "") or ""
        shown = request.headers.get("authorization", "")
        who = await self._threaded(credentials.caller, self.installation, shown, host)
        if operation is None and methods:
            raise ProblemError("method_not_allowed", headers={"Allow": ", ".join(sorted(methods))})
        if operation is None:
            raise ProblemError("not_found")
        credentials.check_allowed(operation, who.user)
        query = bodies.query_of(operation, request)
        key = _key_of(operation, request)
        seen = self.installation.seen_by(who.user.scope)
        request.scope[UPLOAD] = operation.files
        async with (
            self._room(operation, who.user.name),
            bodies.body_of(operation, request) as (body, upload, raw),
        ):
            word = hashlib.sha256(f"{who.user.name}\n{key}".encode()).hexdigest()
            named = f"api:{word}" if key else ""
            path = dict(request.path_params)
            call = Call(seen, who.user, who.actor, path, query, body, upload, self.index, named)
            match = request.headers.get("if-match", "")
            if not key:
                return await self._threaded(_carried_out, operation, call, match)
            content = hashlib.sha256(f"{request.url.path}\n".encode() + raw).hexdigest()
            return _kept(await self._threaded(repeats.once, operation, call, content, match))

    @contextlib.asynccontextmanager
    async def _room(self, operation: Operation, name: str) -> AsyncIterator[None]:
        """Wait for a place where files are brought; raise ProblemError for who brings some now."""
        if not operation.files:
            yield
            return
        if self._bringing[name] >= _OF_ONE:
            raise ProblemError("too_many", "Files of yours are on their way already.")
        self._bringing[name] += 1
        try:
            if self._uploads is None:
                self._uploads = anyio.CapacityLimiter(_UPLOADS)
            async with self._uploads:
                yield
        finally:
            self._bringing[name] -= 1
            if not self._bringing[name]:
                del self._bringing[name]

    async def _threaded(self, call: Callable[..., T], *args: Any) -> T:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_AT_A_TIME)
        return await to_thread.run_sync(functools.partial(call, *args), limiter=self._threads)


class _Endpoint:
    """An ASGI application of one address: a plain function would take GET alone."""

    def __init__(self, answer: Callable[[Request], Any]) -> None:
        self._answer = answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)


def _key_of(operation: Operation, request: Request) -> str:
    """Return the idempotency key, a structured-field string or bare; "" where none is used."""
    given = request.headers.get("idempotency-key", "").strip()
    if len(given) >= 2 and given[0] == given[-1] == '"':
        given = given[1:-1]
    if not operation.sends:
        return ""
    if not given:
        raise ProblemError("key_missing", "Send a new random text with each new order.")
    if len(given) > 200 or not given.isascii() or not given.isprintable():
        raise ProblemError("key_missing", "At most 200 printable ASCII characters.")
    return given


def _carried_out(operation: Operation, call: Call, match: str) -> Response:
    """Do it, and return the answer."""
    tags.check(operation, call, match)
    return _response(operation, call, operation.does(call))


def _response(operation: Operation, call: Call, found: Any) -> Response:
    if isinstance(found, Lines):
        return StreamingResponse(found.pieces, media_type=found.media_type, headers=found.headers)
    headers = {}
    if operation.tagged:
        headers["ETag"] = tags.tag_of(call)
    return JSONResponse(repeats.plain(found), operation.status, headers=headers)


def _kept(answer: repeats.Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"} if answer.again else {}
    return JSONResponse(answer.body, answer.status, headers=headers)
