"""The person at a browser: their session, and whether a form is really theirs."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from distro.actors import ROLES, Actor
from distro.audience.search_index import SearchIndex
from distro.installation.context import Installation
from distro.store import sessions, users
from distro.store.sessions import Session

FRESH_MS = 5 * 60_000  # after which somebody is asked again before what cannot be taken back


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    user: users.User
    session: Session
    actor: Actor
    now_ms: int
    index: SearchIndex  # of this process

    @property
    def fresh(self) -> bool:
        """Return whether it was made sure within five minutes that it is them."""
        return self.now_ms - self.session.fresh_ms < FRESH_MS

    def may(self, role: str) -> bool:
        """Return whether their role is enough."""
        return ROLES.index(self.user.role) >= ROLES.index(role)


def cookie_name(installation: Installation) -> str:
    """Return the name of the cookie; over https one that no other host can set (RFC 6265bis)."""
    return "__Host-distro" if is_secure(installation) else "distro"


def is_secure(installation: Installation) -> bool:
    """Return whether the pages are served over https."""
    return installation.settings.site.url.startswith("https:")


def word_of(installation: Installation, request: Request) -> str:
    """Return the word of the session that a browser brings; "" for none."""
    return request.cookies.get(cookie_name(installation), "")


def address_of(request: Request) -> str:
    """Return the path and the question of a page, to come back to it."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def visitor(installation: Installation, request: Request, index: SearchIndex) -> Visitor | None:
    """Return who is signed in; None for nobody."""
    word = word_of(installation, request)
    session = sessions.find(installation.store, word) if word else None
    user = users.by_token(installation.store, word) if session else None
    if session is None or user is None or user.disabled:
        return None
    host = request.client.host if request.client else ""
    now = installation.store.now_ms()
    return Visitor(user, session, Actor.of("pages", word, host), now, index)


def set_cookie(installation: Installation, response: Response, word: str) -> None:
    """Have a browser keep the word of a session ("": forget it), out of reach of scripts."""
    response.set_cookie(
        cookie_name(installation),
        word,
        max_age=7 * 86_400 if word else 0,
        path="/",
        secure=is_secure(installation),
        httponly=True,
        samesite="lax",
    )


def with_renewed(installation: Installation, request: Request, answer: Response) -> Response:
    """Return an answer with the word of a session that was renewed while it was made."""
    word = getattr(request.state, "renewed", "")
    if word:
        set_cookie(installation, answer, word)
    return answer


def from_here(installation: Installation, request: Request) -> bool:
    """Return whether a form was sent by a page of ours, as far as the browser says (Origin)."""
    origin = request.headers.get("origin", "")
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    if fetched not in ("same-origin", "none"):
        return False
    if not origin:
        return True
    here = urlsplit(installation.settings.site.url)
    return origin == f"{here.scheme}://{here.netloc}"


def is_theirs(visitor: Visitor, given: str) -> bool:
    """Return whether a form brings the word that only this session's pages have."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), visitor.session.csrf.encode())


def with_word(installation: Installation, before: Visitor, word: str) -> Visitor:
    """Return the same person with another word for their session, just made sure of."""
    session = sessions.find(installation.store, word)
    if session is None:
        raise RuntimeError("a session that was just renewed")
    actor = Actor.of("pages", word, before.actor.host)
    now = installation.store.now_ms()
    return Visitor(before.user, session, actor, now, before.index)
