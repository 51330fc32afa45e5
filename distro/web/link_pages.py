"""Lead over counted links of letters: an answer at once, and nothing of who asks is kept."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from distro.incoming import clicks
from distro.installation.context import Installation


def follow(installation: Installation, request: Request) -> Response | None:
    """Return the way to where a link leads; None where there is no such link."""
    link = request.path_params["link"]
    client = request.client.host if request.client else ""
    # Fetch Metadata: a browser says so where a person pressed, or another program told it to.
    navigates = (
        request.headers.get("sec-fetch-mode") == "navigate"
        and request.headers.get("sec-fetch-dest", "document") == "document"
    )
    asked = clicks.Asked(request.method, client, navigates)
    where = clicks.follow(installation, request.path_params["token"], link, asked)
    return RedirectResponse(where, 302) if where else None
