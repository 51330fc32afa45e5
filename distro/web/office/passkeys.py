"""The page of one's own passkeys, and what a browser is asked for one."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from distro.errors import RefusedError
from distro.installation import passkeys
from distro.installation.context import Installation
from distro.store import passkeys as kept
from distro.subscribers.rate_limits import within
from distro.times import rfc3339
from distro.web.api.problems import ProblemError
from distro.web.guard import client_of
from distro.web.office import drawing, visitor
from distro.web.office.view import PREFIX
from distro.web.office.visitor import Visitor

_TRIES = (30, 60)  # of one place, within seconds


class Passkeys:
    """The addresses of passkeys."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def ask(self, request: Request) -> Response:
        """Give a browser what it needs to show a passkey."""
        host = request.client.host if request.client else ""
        if not visitor.from_here(self.installation, request) or not within(
            self.installation, f"passkey:{client_of(host)}", *_TRIES
        ):
            return Response(status_code=429)
        return self._asked(passkeys.ask(self.installation))

    def _asked(self, asked: passkeys.Asked) -> Response:
        return JSONResponse({"options": json.loads(asked.options), "state": asked.state})

    def show(self, request: Request, who: Visitor) -> Response:
        """Show one's own passkeys."""
        del request
        zone = self.installation.settings.site.timezone
        mine = [
            {"id": key.id, "added": rfc3339(key.added_ms, zone)}
            for key in kept.of_user(self.installation.store, who.user.name)
        ]
        return drawing.page("passkeys.html", who=who, title="Passkeys", mine=mine, fresh=who.fresh)

    def ask_for_new(self, request: Request, who: Visitor, form: dict[str, str]) -> Response:
        """Give the browser of somebody who is really there what it needs to make one."""
        del request, form
        if not who.fresh:
            raise ProblemError("role_too_low", "Sign in again first: this adds a way in.")
        return self._asked(passkeys.ask_for_new(self.installation, who.user))

    def add(self, request: Request, who: Visitor, form: dict[str, str]) -> Response:
        """Keep a new passkey."""
        del request
        if not who.fresh:
            raise ProblemError("role_too_low", "Sign in again first: this adds a way in.")
        answer, state = form.get("assertion", ""), form.get("state", "")
        passkeys.add(self.installation, who.user, answer, state, who.actor)
        return RedirectResponse(f"{PREFIX}/passkeys", 303)

    def remove(self, request: Request, who: Visitor, form: dict[str, str]) -> Response:
        """Forget one."""
        del request
        passkeys.remove(self.installation, who.user, form.get("id", ""), who.actor)
        return RedirectResponse(f"{PREFIX}/passkeys", 303)


def proved(installation: Installation, form: dict[str, str]) -> str:
    """Return whom the passkey of a form proves; "" for nobody."""
    try:
        found = passkeys.whose(installation, form.get("assertion", ""), form.get("state", ""))
    except RefusedError:
        return ""
    return found.name
