"""The two addresses of a sign-in by OpenID Connect: there, and back."""

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from distro.errors import RefusedError
from distro.installation import open_id
from distro.installation.context import Installation
from distro.installation.open_id import Finished
from distro.store import sessions
from distro.subscribers.rate_limits import within
from distro.web.guard import client_of
from distro.web.office.signing_in import SigningIn, next_page
from distro.web.office.view import PREFIX
from distro.web.office.visitor import cookie_name, is_secure, set_cookie, word_of

_TRIES = (30, 60)  # of one place, within seconds


class OpenId:
    """Sends a browser to the provider, and takes it back."""

    def __init__(self, installation: Installation, signing_in: SigningIn) -> None:
        self.installation = installation
        self.signing_in = signing_in
        self._cookie = f"{cookie_name(installation)}-state"

    def go(self, request: Request) -> Response:
        """Send a browser to the provider."""
        return self._sent(request, "")

    def again(self, request: Request) -> Response:
        """Send who is signed in there once more, to be asked who they are."""
        mine = sessions.find(self.installation.store, word_of(self.installation, request))
        return self._sent(request, mine.id if mine else "")

    def _sent(self, request: Request, again: str) -> Response:
        then = next_page(request.query_params.get("next", ""))
        host = request.client.host if request.client else ""
        if not within(self.installation, f"openid:{client_of(host)}", *_TRIES):
            return self.signing_in.page(then, "That was tried too often.", 429)
        try:
            begun = open_id.begin(self.installation, then, again=again)
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
        """Begin a session for whom the provider knows, or make sure of the one that set out, in the
        browser that did.
        """
        state = request.query_params.get("state", "")
        mine = request.cookies.get(self._cookie, "")
        same = bool(state) and hmac.compare_digest(state.encode(), mine.encode())
        code = request.query_params.get("code", "")
        try:
            if not same or not code:
                raise RefusedError("this sign-in did not begin here")
            done = open_id.finish(
                self.installation,
                state=state,
                code=code,
                issuer=request.query_params.get("iss", ""),
            )
            word = self._renewed(request, done) if done.again else ""
        except RefusedError as error:
            return self.signing_in.page(PREFIX, _sentence(error), 401)
        then = next_page(done.then)
        if word:
            answer = RedirectResponse(then, 303)
            set_cookie(self.installation, answer, word)
        else:
            answer = self.signing_in.begun(
                request, done.user, then, until_ms=0, fresh_ms=done.asked_ms
            )
        answer.delete_cookie(self._cookie, path="/")
        return answer

    def _renewed(self, request: Request, done: Finished) -> str:
        """Return another word for the session that set out; raise RefusedError for another's."""
        store, word = self.installation.store, word_of(self.installation, request)
        mine = sessions.find(store, word)
        if mine is None or mine.id != done.again or mine.user != done.user.name:
            raise RefusedError("you are signed in as somebody else, or not any more")
        return sessions.renew(store, word, mine)


def _sentence(error: RefusedError) -> str:
    return f"{error.message[:1].upper()}{error.message[1:]}."
