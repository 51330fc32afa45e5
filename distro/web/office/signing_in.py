"""Sign in and out, and show again who one is before what cannot be taken back."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from distro.installation import audit_log, passwords
from distro.installation.audit_log import Entry
from distro.installation.context import Installation
from distro.store import sessions, users
from distro.subscribers.rate_limits import within
from distro.web.api.problems import ProblemError
from distro.web.guard import client_of
from distro.web.office import drawing, passkeys, visitor
from distro.web.office.view import PREFIX
from distro.web.office.visitor import Visitor

_OF_A_PLACE, _OF_A_NAME = (10, 60), (20, 3600)  # tries within seconds


class SigningIn:
    """The page at which somebody says who they are."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def show(self, request: Request) -> Response:
        """Ask who it is."""
        return self.page(next_page(request.query_params.get("next", "")))

    def page(self, then: str, wrong: str = "", status: int = 200) -> Response:
        """Return the page that asks who it is."""
        sender = self.installation.settings.sender
        return drawing.page(
            "sign_in.html",
            status,
            organisation=sender.name,
            title="Sign in",
            wrong=wrong,
            then=then,
            provider=self.installation.settings.sign_in.label if self._has_provider else "",
        )

    @property
    def _has_provider(self) -> bool:
        return bool(self.installation.settings.sign_in.issuer)

    def take(self, request: Request, form: dict[str, str]) -> Response:
        """Begin a session for whom the form proves; else say that it does not."""
        then = next_page(form.get("next", ""))
        if not visitor.from_here(self.installation, request):
            return self.page(then, "This form was not sent from here.", 403)
        host = request.client.host if request.client else ""
        user = self.proved(form, host)
        if user is None:
            return self.page(then, "That is not right, or was tried too often.", 401)
        until = user.expires_ms if form.get("secret", "").startswith("distro_") else 0
        return self.begun(request, user, then, until_ms=until)

    def begun(
        self,
        request: Request,
        user: users.User,
        then: str,
        *,
        until_ms: int,
        fresh_ms: int | None = None,
    ) -> RedirectResponse:
        """Begin a session of somebody who is known, and go on.

        `until_ms`: at most so long; `fresh_ms`: when they were asked who they are; None: now.
        """
        word = sessions.begin(self.installation.store, user.name, user.epoch, until_ms, fresh_ms)
        self._note(user.name, request.client.host if request.client else "")
        answer = RedirectResponse(then, 303)
        visitor.set_cookie(self.installation, answer, word)
        return answer

    def _note(self, name: str, host: str) -> None:
        entry = Entry(0, name, "pages", host, "sign in", name)
        audit_log.note(self.installation, entry)

    def proved(self, form: dict[str, str], host: str) -> users.User | None:
        """Return whom a form proves, by name and password or by a token; None for nobody."""
        name, secret = form.get("name", "").strip(), form.get("secret", "")
        place = client_of(host)
        if not within(self.installation, f"signin:{place}", *_OF_A_PLACE):
            return None
        if form.get("assertion"):
            return users.get(self.installation.store, passkeys.proved(self.installation, form))
        if secret.startswith("distro_"):
            return self._of_token(secret.strip())
        # Whoever guesses at somebody's password takes that way from them for an hour, no other.
        if not within(self.installation, f"signin-of:{name[:40]}", *_OF_A_NAME):
            return None
        return passwords.whose(self.installation, name, secret) if name and secret else None

    def _of_token(self, token: str) -> users.User | None:
        user = users.by_token(self.installation.store, token)
        late = user and user.expires_ms and self.installation.store.now_ms() > user.expires_ms
        return None if user is None or user.disabled or late else user

    def made_sure(self, request: Request, who: Visitor, form: dict[str, str]) -> Visitor:
        """Return who it is, made sure of within five minutes; raise ProblemError where their form
        does not show it. The new word of their session goes out with the answer, whatever that is.
        """
        if who.fresh:
            return who
        if not self.confirmed(who, form):
            raise ProblemError("role_too_low", "Show again that it is you.")
        word = sessions.renew(self.installation.store, who.actor.token, who.session)
        request.state.renewed = word
        return visitor.with_word(self.installation, who, word)

    def confirmed(self, who: Visitor, form: dict[str, str]) -> bool:
        """Return whether a form proves that it is still who is signed in."""
        secret = form.get("secret", "")
        if not within(self.installation, f"again:{who.session.id}", *_OF_A_PLACE):
            return False
        user: users.User | None
        if form.get("assertion"):
            return passkeys.proved(self.installation, form) == who.user.name
        if secret.startswith("distro_"):
            user = self._of_token(secret.strip())
        else:
            user = passwords.whose(self.installation, who.user.name, secret)
        return user is not None and user.name == who.user.name

    def out(self, request: Request) -> Response:
        """End the session."""
        word = visitor.word_of(self.installation, request)
        sessions.end(self.installation.store, word)
        answer = RedirectResponse(f"{PREFIX}/sign-in", 303)
        visitor.set_cookie(self.installation, answer, "")
        return answer


def next_page(given: str) -> str:
    """Return where to go afterwards: a page of the office, whatever the address says."""
    good = given.startswith(f"{PREFIX}/") and "//" not in given and "\\" not in given
    return given if good and given.isprintable() and len(given) < 500 else PREFIX
