"""Serve readers who leave or come back: unsubscribe links, and the pages of who has no link.

One-click unsubscribe obeys RFC 8058: POST acts, without cookies, redirects or authentication, and
is answered 200 also the second time; GET only shows a page with a button, because scanners fetch
every link of a letter. No page changes anything by GET.
"""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from distro import tokens
from distro.errors import UsageError
from distro.subscribers import (
    links,
    opt_outs,
    people,
    rate_limits,
    signup,
    transactional,
)
from distro.web.pages import Place
from distro.web.reader_pages import ReaderPages, place_of


class UnsubscribePages(ReaderPages):
    """Unsubscribe, undo it, and ask for a letter with a link."""

    def unsubscribe_page(self, request: Request) -> Response:
        """Show the page with the button; changes nothing (RFC 8058 §3.2)."""
        reader = self._reader(request)
        return (
            HTMLResponse(self.pages.unsubscribe(reader, f"/p/{request.path_params['token']}"))
            if reader
            else self.bad_link()
        )

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe the link's reader, whatever the body says: POST is the wish."""
        # Whatever the body says: POST is the wish.
        return await run_in_threadpool(self._unsubscribe, request)

    def _unsubscribe(self, request: Request) -> Response:
        reader = self._reader(request)
        if reader is None:
            return self.bad_link()
        fresh = links.unsubscribe(self.installation, reader, "one-click link")
        # Only this answer holds the undo: a link in an old or forwarded letter is in many hands.
        once = opt_outs.undo_of(self.installation, reader.subscriber) if fresh else ""
        return HTMLResponse(
            self.pages.unsubscribed(
                reader,
                self._lists(reader.subscriber, public=False),
                f"/u/{request.path_params['token']}/back",
                once,
                opt_outs.UNDO_MS // 86_400_000,
            )
        )

    async def come_back(self, request: Request) -> Response:
        """Take the unsubscribing back, at once with the page's own word, else by a letter."""
        return await self._formed(request, self._come_back)

    def _come_back(self, request: Request, form: FormData) -> Response:
        reader = self._reader(request)
        if reader is None:
            return self.bad_link()
        place, who = Place(reader.organisation, reader.language, reader.address), reader.subscriber
        once = str(form.get("once") or "")
        if not once or not opt_outs.take_undo(self.installation, who, once):
            signup.ask_back(self.installation, who)
            return HTMLResponse(self.pages.message_page(place, "sent", "back_sent"))
        if not opt_outs.come_back(
            self.installation, who, source="the reader, on the page after leaving"
        ):
            return HTMLResponse(self.pages.message_page(place, "late", ""))
        kept = {str(v) for v in form.getlist("list")}
        for name in who.columns.get("lists", ()):
            if kept and name not in kept:
                people.leave_list(
                    self.installation, who, name, source="the reader, on the page after leaving"
                )
        return HTMLResponse(self.pages.message_page(place, "back", "back_text"))

    def back_page(self, request: Request) -> Response:
        """Ask whether mail may come again."""
        return self._question(request, tokens.BACK, "back_ask", "back_button")

    def back(self, request: Request) -> Response:
        """Take the unsubscribing back by the letter's link."""
        who = transactional.holder_of(self.installation, request.path_params["token"], tokens.BACK)
        if who is None:
            return self._expired(request)
        back = opt_outs.come_back(
            self.installation, who, source="the button of a letter to the address"
        )
        return HTMLResponse(
            self.pages.message_page(
                self._of(who), "back" if back else "late", "back_text" if back else ""
            )
        )

    def leave_page(self, request: Request) -> Response:
        """Show the form of who wants to leave without a link."""
        return HTMLResponse(self.pages.unsubscribe_by_address(self._nobody_in_particular(request)))

    async def leave(self, request: Request) -> Response:
        """Note the wish; the answer is a letter to the address."""
        return await self._formed(request, self._leave)

    def _leave(self, request: Request, form: FormData) -> Response:
        email, place = (
            str(form.get("email") or "").strip()[:254],
            self._nobody_in_particular(request),
        )
        asked = Place(place.organisation, place.language, email)
        if form.get("website"):
            return HTMLResponse(self.pages.message_page(asked, "sent", "leave_sent"))
        if not rate_limits.allowed(self.installation, place_of(request)):
            return self._too_many(asked)
        try:
            signup.ask_to_leave(self.installation, email)
        except UsageError:
            return HTMLResponse(
                self.pages.unsubscribe_by_address(place, email=email, wrong="wrong_email"), 422
            )
        return HTMLResponse(self.pages.message_page(asked, "sent", "leave_sent"))

    def never_page(self, request: Request) -> Response:
        """Ask whether no question should come again."""
        return self._question(request, tokens.NEVER, "never_title", "never_button")

    def never(self, request: Request) -> Response:
        """Obey who wants no question again."""
        who = transactional.holder_of(self.installation, request.path_params["token"], tokens.NEVER)
        if who is None:
            return self._expired(request)
        place = self._of(who)
        signup.never_again(self.installation, who, place_of(request))
        return HTMLResponse(self.pages.message_page(place, "never_done", "never_done_text"))
