"""What readers do by themselves: leave, come back, choose, join, see what is held on them, be
forgotten.

One-click unsubscribe obeys RFC 8058: POST acts, without cookies, redirects or authentication, and
is answered 200 also
the second time; GET only shows a page with a button, because scanners fetch every link of a letter.
No page changes
anything by GET.
"""

import json
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from distro import tokens
from distro.audience.list_roles import ListRole
from distro.errors import UsageError
from distro.installation.context import Installation
from distro.letter.labels import SPOKEN, long_date
from distro.model import Subscriber
from distro.store import consents
from distro.subscribers import links, people, signup, transactional
from distro.times import from_ms
from distro.web.guard import LARGEST_BODY
from distro.web.pages import Pages, Place, understood

_PAUSES = {"7": 7, "30": 30, "91": 91}


class Readers:
    """The pages of one office that need no account: a signed link says who it is."""

    def __init__(self, installation: Installation, pages: Pages) -> None:
        self.installation = installation
        self.pages = pages

    def routes(self) -> list[Route]:
        """Every address of a reader."""
        return [
            Route("/u/{token}", self.unsubscribe_page, methods=["GET"]),
            Route("/u/{token}", self.unsubscribe, methods=["POST"]),
            Route("/u/{token}/back", self.come_back, methods=["POST"]),
            Route("/p/{token}", self.preferences_page, methods=["GET"]),
            Route("/p/{token}", self.preferences, methods=["POST"]),
            Route("/leave", self.leave_page, methods=["GET"]),
            Route("/leave", self.leave, methods=["POST"]),
            Route("/b/{token}", self.back_page, methods=["GET"]),
            Route("/b/{token}", self.back, methods=["POST"]),
            Route("/n/{token}", self.never_page, methods=["GET"]),
            Route("/n/{token}", self.never, methods=["POST"]),
            Route("/subscribe", self.subscribe_page, methods=["GET"]),
            Route("/subscribe", self.subscribe, methods=["POST"]),
            Route("/c/{token}", self.confirm_page, methods=["GET"]),
            Route("/c/{token}", self.confirm, methods=["POST"]),
            Route("/me/{token}", self.personal_data_page, methods=["GET"]),
            Route("/me/{token}", self.erase, methods=["POST"]),
            Route("/me/{token}/download", self.download, methods=["GET"]),
        ]

    # -- leaving, and coming back

    def unsubscribe_page(self, request: Request) -> Response:
        reader = self._reader(request)
        return (
            HTMLResponse(self.pages.ask(reader, f"/p/{request.path_params['token']}"))
            if reader
            else self.bad_link()
        )

    async def unsubscribe(self, request: Request) -> Response:
        return await run_in_threadpool(
            self._unsubscribe, request
        )  # whatever the body says: POST is the wish

    def _unsubscribe(self, request: Request) -> Response:
        reader = self._reader(request)
        if reader is None:
            return self.bad_link()
        fresh = links.unsubscribe(self.installation, reader, "one-click link")
        # Only this answer holds the undo: a link in an old or forwarded letter is in many hands.
        once = people.undo_of(self.installation, reader.subscriber) if fresh else ""
        return HTMLResponse(
            self.pages.left(
                reader,
                self._lists(reader.subscriber, public=False),
                f"/u/{request.path_params['token']}/back",
                once,
                people.UNDO_MS // 86_400_000,
            )
        )

    async def come_back(self, request: Request) -> Response:
        return await self._formed(request, self._come_back)

    def _come_back(self, request: Request, form: FormData) -> Response:
        reader = self._reader(request)
        if reader is None:
            return self.bad_link()
        place, who = Place(reader.organisation, reader.language, reader.address), reader.subscriber
        once = str(form.get("once") or "")
        if not once or not people.take_undo(self.installation, who, once):
            signup.ask_back(self.installation, who)
            return HTMLResponse(self.pages.told(place, "sent", "back_sent"))
        if not people.come_back(
            self.installation, who, source="the reader, on the page after leaving"
        ):
            return HTMLResponse(self.pages.told(place, "late", ""))
        kept = {str(v) for v in form.getlist("list")}
        for name in who.columns.get("lists", ()):
            if kept and name not in kept:
                people.leave_list(
                    self.installation, who, name, source="the reader, on the page after leaving"
                )
        return HTMLResponse(self.pages.told(place, "back", "back_text"))

    def back_page(self, request: Request) -> Response:
        return self._question(request, tokens.BACK, "back_ask", "back_button")

    def back(self, request: Request) -> Response:
        who = transactional.holder_of(self.installation, request.path_params["token"], tokens.BACK)
        if who is None:
            return self._expired(request)
        back = people.come_back(
            self.installation, who, source="the button of a letter to the address"
        )
        return HTMLResponse(
            self.pages.told(self._of(who), "back" if back else "late", "back_text" if back else "")
        )

    def leave_page(self, request: Request) -> Response:
        return HTMLResponse(self.pages.leave(self._nobody_in_particular(request)))

    async def leave(self, request: Request) -> Response:
        return await self._formed(request, self._leave)

    def _leave(self, request: Request, form: FormData) -> Response:
        email, place = (
            str(form.get("email") or "").strip()[:254],
            self._nobody_in_particular(request),
        )
        asked = Place(place.organisation, place.language, email)
        if form.get("website"):
            return HTMLResponse(self.pages.told(asked, "sent", "leave_sent"))
        if not signup.allowed(self.installation, _place_of(request)):
            return self._too_many(asked)
        try:
            signup.ask_to_leave(self.installation, email)
        except UsageError:
            return HTMLResponse(self.pages.leave(place, email=email, wrong="wrong_email"), 422)
        return HTMLResponse(self.pages.told(asked, "sent", "leave_sent"))

    def never_page(self, request: Request) -> Response:
        return self._question(request, tokens.NEVER, "never_title", "never_button")

    def never(self, request: Request) -> Response:
        who = transactional.holder_of(self.installation, request.path_params["token"], tokens.NEVER)
        if who is None:
            return self._expired(request)
        place = self._of(who)
        signup.never_again(self.installation, who, _place_of(request))
        return HTMLResponse(self.pages.told(place, "never_done", "never_done_text"))

    # -- choosing

    def preferences_page(self, request: Request) -> Response:
        reader = self._reader(request)
        return self._preferences_of(request, reader) if reader else self.bad_link()

    def _preferences_of(
        self, request: Request, reader: links.LinkReader, *, saved: bool = False
    ) -> Response:
        till = consents.paused_until(self.installation.store, reader.subscriber.id)
        paused = (
            long_date(from_ms(till, self.installation.settings.site.timezone), reader.language)
            if till
            else ""
        )
        return HTMLResponse(
            self.pages.preferences(
                reader,
                self._lists(reader.subscriber, public=True),
                paused=paused,
                leave=f"/u/{request.path_params['token']}",
                saved=saved,
            )
        )

    async def preferences(self, request: Request) -> Response:
        return await self._formed(request, self._preferences)

    def _preferences(self, request: Request, form: FormData) -> Response:
        reader = self._reader(request)
        if reader is None:
            return self.bad_link()
        if form.get("act") == "held":
            signup.ask_held(self.installation, reader.subscriber, _place_of(request))
            return HTMLResponse(
                self.pages.told(
                    Place(reader.organisation, reader.language, reader.address),
                    "sent",
                    "sent_text",
                    days=transactional.DAYS[tokens.PERSONAL_DATA],
                )
            )
        self._save(reader.subscriber, form)
        fresh = self._reader(request)
        return self._preferences_of(request, fresh, saved=True) if fresh else self.bad_link()

    def _save(self, who: Subscriber, form: FormData) -> None:
        installation, source = self.installation, "the reader's own page"
        wanted, had = {str(v) for v in form.getlist("list")}, set(who.columns.get("lists", ()))
        for role in self._lists(who, public=True):
            if role.name in wanted and role.name not in had:
                people.join_list(installation, who, role.name, source=source)
            elif role.name in had and role.name not in wanted:
                people.leave_list(installation, who, role.name, source=source)
        language, frequency, pause = (
            str(form.get(name) or "") for name in ("language", "frequency", "pause")
        )
        keep = (
            language == who.language.split("-", maxsplit=1)[0]
        )  # pt-br stays pt-br where pt is chosen
        people.prefer(
            installation,
            who,
            {
                "language": who.language if keep or language not in ("", *SPOKEN) else language,
                "frequency": "digest" if frequency == "digest" else "",
            },
            source=source,
        )
        if pause in _PAUSES:
            people.pause(
                installation,
                who,
                int(time.time() * 1000) + _PAUSES[pause] * 86_400_000,
                source=source,
            )
        elif not pause and consents.paused_until(installation.store, who.id):
            people.resume(installation, who, source=source)

    # -- joining

    def subscribe_page(self, request: Request) -> Response:
        lists = signup.public_lists(self.installation)
        return (
            HTMLResponse(self.pages.subscribe(self._nobody_in_particular(request), lists))
            if lists
            else self.bad_link()
        )

    async def subscribe(self, request: Request) -> Response:
        return await self._formed(request, self._subscribe)

    def _subscribe(self, request: Request, form: FormData) -> Response:
        lists = signup.public_lists(self.installation)
        if not lists:
            return self.bad_link()
        email, name = (
            str(form.get("email") or "").strip()[:254],
            str(form.get("name") or "").strip()[:120],
        )
        on = [role.name for role in lists if role.name in {str(v) for v in form.getlist("list")}]
        organisation, language = (
            self._nobody_in_particular(request),
            str(form.get("language") or ""),
        )
        asked = Place(organisation.organisation, organisation.language, email)
        if form.get("website"):  # only a machine sees that field; it is told what it wants to hear
            return HTMLResponse(self.pages.told(asked, "sent", "asked_text"))
        if not on:
            return HTMLResponse(
                self.pages.subscribe(organisation, lists, email=email, name=name, wrong="no_list"),
                422,
            )
        if not signup.allowed(self.installation, _place_of(request)):
            return self._too_many(asked)
        try:
            signup.ask(
                self.installation,
                email,
                on,
                language if language in SPOKEN else organisation.language,
                name,
                _place_of(request),
            )
        except UsageError:
            return HTMLResponse(
                self.pages.subscribe(
                    organisation, lists, email=email, name=name, on=on, wrong="wrong_email"
                ),
                422,
            )
        return HTMLResponse(self.pages.told(asked, "sent", "asked_text"))

    def confirm_page(self, request: Request) -> Response:
        return self._question(request, tokens.CONFIRM, "confirm_ask", "confirm_button")

    def confirm(self, request: Request) -> Response:
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.CONFIRM
        )
        if who is None:
            return self._expired(request)
        if not signup.confirm(self.installation, who, _place_of(request)):
            return self._expired(request)
        return HTMLResponse(self.pages.told(self._of(who), "confirmed", "confirmed_text"))

    # -- what is held

    def personal_data_page(self, request: Request) -> Response:
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.PERSONAL_DATA
        )
        if who is None:
            return self._expired(request)
        personal_data: Any = people.personal_data(self.installation, who)
        place = self._of(who)
        for line in (*personal_data["history"], *personal_data["letters"]):
            line["day"] = long_date(
                from_ms(line["at"], self.installation.settings.site.timezone), place.language
            )
        return HTMLResponse(
            self.pages.personal_data(
                place, personal_data, f"/me/{request.path_params['token']}/download"
            )
        )

    def download(self, request: Request) -> Response:
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.PERSONAL_DATA
        )
        if who is None:
            return self._expired(request)
        raw = json.dumps(people.personal_data(self.installation, who), ensure_ascii=False, indent=2)
        return Response(
            raw,
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="about-me.json"'},
        )

    async def erase(self, request: Request) -> Response:
        return await self._formed(request, self._erase)

    def _erase(self, request: Request, form: FormData) -> Response:
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.PERSONAL_DATA
        )
        if who is None:
            return self._expired(request)
        if form.get("sure") != "yes":
            return self.personal_data_page(request)
        place = self._of(who)
        people.erase(self.installation, who.email, source="the reader")
        return HTMLResponse(self.pages.told(place, "erased", "erased_text"))

    # -- what all of them need

    async def _formed(self, request: Request, answer: Any) -> Response:
        """A form, read within the limits of `web/guard.py`, answered in a thread."""
        try:
            form = await request.form(max_files=0, max_fields=200, max_part_size=LARGEST_BODY)
        except (LookupError, UnicodeError):  # a charset that there is not
            raise HTTPException(400) from None
        return await run_in_threadpool(answer, request, form)

    def _question(self, request: Request, purpose: bytes, title: str, button: str) -> Response:
        """Show the button of a link that acts: opening it changes nothing."""
        who = transactional.holder_of(self.installation, request.path_params["token"], purpose)
        return (
            HTMLResponse(self.pages.told(self._of(who), title, "", button=button))
            if who
            else self._expired(request)
        )

    def _too_many(self, asked: Place) -> Response:
        return HTMLResponse(
            self.pages.told(asked, "too_many", "too_many_text"),
            429,
            headers={"Retry-After": "3600"},
        )

    def _reader(self, request: Request) -> links.LinkReader | None:
        return links.reader_of(self.installation, request.path_params["token"], links.UNSUBSCRIBE)

    def _lists(self, who: Subscriber, *, public: bool) -> list[ListRole]:
        """The lists that a reader is on, and with `public` those that they could join."""
        roles = signup.roles_of(self.installation)
        on = [roles.get(name) or ListRole(name, {}) for name in who.columns.get("lists", ())]
        names = {role.name for role in on}
        return on + [
            role for role in roles.values() if public and role.public and role.name not in names
        ]

    def _nobody_in_particular(self, request: Request) -> Place:
        told = request.query_params.get("lang", "") or request.headers.get("accept-language", "")
        return Place(self.installation.settings.sender.name, understood(told))

    def _of(self, who: Subscriber) -> Place:
        return Place(self.installation.settings.sender.name, who.language or "en", who.email)

    def _expired(self, request: Request) -> Response:
        return HTMLResponse(
            self.pages.told(self._nobody_in_particular(request), "expired", "expired_text"), 404
        )

    def bad_link(self) -> Response:
        """A link that was not made here."""
        return HTMLResponse(
            self.pages.message("This link is not valid. Open it whole, as it was given to you."),
            404,
        )


def _place_of(request: Request) -> str:
    """Return where a request comes from: the reader's address, also behind a proxy of
    `site.trusted_proxies`.
    """
    return request.client.host if request.client else ""
