"""Say on a page what a kind of problem means: the address that is its type (RFC 9457 §3.1.1)."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from distro.web.api.problems import KINDS
from distro.web.pages import Pages


class ProblemPages:
    """The pages that the types of problems name."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    def routes(self) -> list[Route]:
        """Return the one route."""
        return [Route("/problems/{code}", self.get, methods=["GET"])]

    def get(self, request: Request) -> Response:
        """Answer with what a kind of problem means; 404 for one that is none of the API's own."""
        kind = KINDS.get(request.path_params["code"])
        if kind is None:
            return HTMLResponse(self.pages.message("This page does not exist."), 404)
        return HTMLResponse(self.pages.message(f"{kind.status}: {kind.title}"))
