"""The two addresses of a sign-in by OpenID Connect: there, and back."""

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from distro.errors import RefusedError
from distro.installation import open_id
from distro.installation.context import Installation
from distro.subscribers.rate_limits import within
from distro.web.guard import client_of
from distro.web.office.signing_in import SigningIn, next_page
from distro.web.office.view import PREFIX
from distro.web.office.visitor import cookie_name, is_secure

_TRIES = (30, 60)  # of one place, within seconds


class OpenId:
    """Sends a browser to the provider, and takes it back."""

    def __init__(self, installation: Installation, signing_in: SigningIn) -> None:
        self.installation = installation
        self.signing_in = signing_in
        self._cookie = f"{cookie_name(installation)}-state"

    def go(self, request: Request) -> Response:
        """Send a browser to the provider."""
        then = next_page(request.query_params.get("next", ""))
        host = request.client.host if request.client else ""
        if not within(self.installation, f"openid:{client_of(host)}", *_TRIES):
            return self.signing_in.page(then, "That was tried too often.", 429)
        try:
            begun = open_id.begin(self.installation, then)
        except RefusedError as error:
            return self.signing_in.page(
                then, f"{error.message[:1].upper()}{error.message[1:]}.", 502
            )
        answer = RedirectResponse(begun.address, 303)
        answer.set_cookie(
            self._cookie,
            begun.state,
            max_age=300,
            path="/",
            secure=is_secure(self.installation),
            httponly=True,
            samesite="lax",
        )
        return answer

    def back(self, request: Request) -> Response:
        """Begin a session for whom the provider knows, in the browser that set out."""
        state = request.query_params.get("state", "")
        mine = request.cookies.get(self._cookie, "")
        same = bool(state) and hmac.compare_digest(state.encode(), mine.encode())
        code = request.query_params.get("code", "")
        try:
            if not same or not code:
                raise RefusedError("this sign-in did not begin here")
            user, then = open_id.finish(
                self.installation,
                state=state,
                code=code,
                issuer=request.query_params.get("iss", ""),
            )
        except RefusedError as error:
            return self.signing_in.page(PREFIX, _sentence(error), 401)
        answer = self.signing_in.begun(request, user, next_page(then), until_ms=0)
        answer.delete_cookie(self._cookie, path="/")
        return answer


def _sentence(error: RefusedError) -> str:
    return f"{error.message[:1].upper()}{error.message[1:]}."
