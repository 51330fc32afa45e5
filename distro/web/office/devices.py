"""Let a command line on another machine act as who is signed in here (RFC 8628)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from distro.installation import audit_log
from distro.installation.audit_log import Entry
from distro.installation.context import Installation
from distro.store import devices
from distro.subscribers.rate_limits import within
from distro.web.api.problems import ProblemError
from distro.web.guard import client_of
from distro.web.office import drawing
from distro.web.office.view import PREFIX
from distro.web.office.visitor import Visitor

_BEGINS, _POLLS, _TYPED = (10, 60), (60, 60), (10, 60)  # of one place or person, within seconds
_EVERY = 5  # seconds between two questions of a device


class Devices:
    """The addresses of the device flow: two for the device, one for its person."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def begin(self, request: Request) -> Response:
        """Give a device its codes (§3.2)."""
        host = request.client.host if request.client else ""
        if not within(self.installation, f"device:{client_of(host)}", *_BEGINS):
            return _error("slow_down", 429)
        made = devices.begin(self.installation.store, host)
        page = f"{self.installation.settings.site.url.rstrip('/')}{PREFIX}/device"
        return JSONResponse(
            {
                "device_code": made.device_code,
                "user_code": made.user_code,
                "verification_uri": page,
                "verification_uri_complete": f"{page}?code={made.user_code}",
                "expires_in": 600,
                "interval": _EVERY,
            }
        )

    def token(self, request: Request, form: dict[str, str]) -> Response:
        """Give a device its token once its person has let it in (§3.4, §3.5)."""
        host = request.client.host if request.client else ""
        if not within(self.installation, f"device-poll:{client_of(host)}", *_POLLS):
            return _error("slow_down", 400)
        found = devices.token_for(self.installation.store, form.get("device_code", ""))
        if found is None:
            return _error("expired_token", 400)
        if not found:
            return _error("authorization_pending", 400)
        return JSONResponse({"access_token": found, "token_type": "Bearer"})

    def show(self, request: Request, who: Visitor) -> Response:
        """Ask for the code that the device shows."""
        return self._page(who, request.query_params.get("code", "")[:9])

    def _page(self, who: Visitor, code: str, done: str = "", wrong: str = "") -> Response:
        return drawing.page(
            "device.html", who=who, title="Let a device in", code=code, done=done, wrong=wrong
        )

    def allow(self, request: Request, who: Visitor, form: dict[str, str]) -> Response:
        """Let a device act as who is really there."""
        del request
        if not who.fresh:
            raise ProblemError("role_too_low", "Sign in again first: this adds a way in.")
        code = form.get("code", "").strip().upper()
        if not within(self.installation, f"device-typed:{who.user.name}", *_TYPED):
            raise ProblemError("too_many")
        store = self.installation.store
        host = devices.host_of(store, code)
        entry = Entry(
            *(0, who.user.name, who.user.credential, who.actor.host, "device", who.user.name),
            wanted=f"let in from {host}",
            refused="" if host else "no_such_code",
        )
        audit_log.note(self.installation, entry)
        if not host or not devices.allow(store, code, who.user.name, who.user.epoch):
            return self._page(who, code, wrong="No device shows this code, or it took too long.")
        return self._page(who, "", done=host)


def _error(name: str, status: int) -> Response:
    return JSONResponse({"error": name}, status)
