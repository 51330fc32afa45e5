"""The base of all reader pages: whom a link speaks for, and the answers to bad links."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from distro.audience.list_roles import ListRole
from distro.installation.context import Installation
from distro.model import Subscriber
from distro.subscribers import (
    links,
    signup,
    transactional,
)
from distro.web.guard import LARGEST_BODY
from distro.web.pages import Pages, Place, understood


class ReaderPages:
    """The pages of one installation that need no account: a signed link says who it is."""

    def __init__(self, installation: Installation, pages: Pages) -> None:
        self.installation = installation
        self.pages = pages

    async def _formed(self, request: Request, answer: Any) -> Response:
        """Answer a form, read within the limits of `web/guard.py`, in a thread."""
        try:
            form = await request.form(max_files=0, max_fields=200, max_part_size=LARGEST_BODY)
        except (LookupError, UnicodeError):  # a charset that there is not
            raise HTTPException(400) from None
        return await run_in_threadpool(answer, request, form)

    def _question(self, request: Request, purpose: bytes, title: str, button: str) -> Response:
        """Show the button of a link that acts: opening it changes nothing."""
        who = transactional.holder_of(self.installation, request.path_params["token"], purpose)
        return (
            HTMLResponse(self.pages.message_page(self._of(who), title, "", button=button))
            if who
            else self._expired(request)
        )

    def _too_many(self, asked: Place) -> Response:
        return HTMLResponse(
            self.pages.message_page(asked, "too_many", "too_many_text"),
            429,
            headers={"Retry-After": "3600"},
        )

    def _reader(self, request: Request) -> links.LinkReader | None:
        return links.reader_of(self.installation, request.path_params["token"], links.UNSUBSCRIBE)

    def _lists(self, who: Subscriber, *, public: bool) -> list[ListRole]:
        """Return the lists that a reader is on, and with `public` those that they could join."""
        roles = signup.roles_of(self.installation)
        on = [roles.get(name) or ListRole(name, {}) for name in who.columns.get("lists", ())]
        names = {role.name for role in on}
        return on + [
            role for role in roles.values() if public and role.public and role.name not in names
        ]

    def _nobody_in_particular(self, request: Request) -> Place:
        languages = request.query_params.get("lang", "") or request.headers.get(
            "accept-language", ""
        )
        return Place(self.installation.settings.sender.name, understood(languages))

    def _of(self, who: Subscriber) -> Place:
        return Place(self.installation.settings.sender.name, who.language or "en", who.email)

    def _expired(self, request: Request) -> Response:
        return HTMLResponse(
            self.pages.message_page(self._nobody_in_particular(request), "expired", "expired_text"),
            404,
        )

    def bad_link(self) -> Response:
        """Return a link that was not made here."""
        return HTMLResponse(
            self.pages.message("This link is not valid. Open it whole, as it was given to you."),
            404,
        )


def place_of(request: Request) -> str:
    """Return where a request comes from: the reader's address, also behind a proxy of
    `site.trusted_proxies`.
    """
    return request.client.host if request.client else ""
