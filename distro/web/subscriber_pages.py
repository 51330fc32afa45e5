"""Serve readers who stay, join or ask: choices, sign-up, what is held about them."""

import json
import time
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from distro import tokens
from distro.errors import UsageError
from distro.letter.labels import SPOKEN, long_date
from distro.model import Subscriber
from distro.store import consents
from distro.subscribers import (
    links,
    opt_outs,
    people,
    personal_data,
    rate_limits,
    signup,
    transactional,
)
from distro.times import from_ms
from distro.web.pages import Place
from distro.web.reader_pages import place_of
from distro.web.unsubscribe_pages import UnsubscribePages

_PAUSES = {"7": 7, "30": 30, "91": 91}


class SubscriberPages(UnsubscribePages):
    """Every page of a reader."""

    def routes(self) -> list[Route]:
        """Return every address of a reader."""
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

    def preferences_page(self, request: Request) -> Response:
        """Show what a reader gets and how."""
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
        """Save what a reader chose."""
        return await self._formed(request, self._preferences)

    def _preferences(self, request: Request, form: FormData) -> Response:
        reader = self._reader(request)
        if reader is None:
            return self.bad_link()
        if form.get("act") == "held":
            signup.ask_held(self.installation, reader.subscriber, place_of(request))
            return HTMLResponse(
                self.pages.message_page(
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
        # pt-br stays pt-br where pt is chosen.
        keep = language == who.language.split("-", maxsplit=1)[0]
        people.prefer(
            installation,
            who,
            {
                "language": who.language if keep or language not in ("", *SPOKEN) else language,
                "frequency": "digest" if frequency == "digest" else "",
                **self._counting(form),
            },
            source=source,
        )
        if pause in _PAUSES:
            opt_outs.pause(
                installation,
                who,
                int(time.time() * 1000) + _PAUSES[pause] * 86_400_000,
                source=source,
            )
        elif not pause and consents.paused_until(installation.store, who.id):
            opt_outs.resume(installation, who, source=source)

    def _counting(self, form: FormData) -> dict[str, str]:
        """Return whether a reader lets their links be counted, where any are."""
        if not self.installation.settings.tracking.clicks:
            return {}
        return {"clicks": "no" if form.get("uncounted") else ""}

    def subscribe_page(self, request: Request) -> Response:
        """Show the form of who wants letters."""
        lists = signup.public_lists(self.installation)
        return (
            HTMLResponse(self.pages.subscribe(self._nobody_in_particular(request), lists))
            if lists
            else self.bad_link()
        )

    async def subscribe(self, request: Request) -> Response:
        """Note the wish; the answer is a letter to the address."""
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
            return HTMLResponse(self.pages.message_page(asked, "sent", "asked_text"))
        if not on:
            return HTMLResponse(
                self.pages.subscribe(organisation, lists, email=email, name=name, wrong="no_list"),
                422,
            )
        if not rate_limits.allowed(self.installation, place_of(request)):
            return self._too_many(asked)
        try:
            signup.ask(
                self.installation,
                email,
                on,
                language if language in SPOKEN else organisation.language,
                name,
                place_of(request),
            )
        except UsageError:
            return HTMLResponse(
                self.pages.subscribe(
                    organisation, lists, email=email, name=name, on=on, wrong="wrong_email"
                ),
                422,
            )
        return HTMLResponse(self.pages.message_page(asked, "sent", "asked_text"))

    def confirm_page(self, request: Request) -> Response:
        """Ask whether this is the reader's address."""
        return self._question(request, tokens.CONFIRM, "confirm_ask", "confirm_button")

    def confirm(self, request: Request) -> Response:
        """Put the reader on the lists that they asked for."""
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.CONFIRM
        )
        if who is None:
            return self._expired(request)
        if not signup.confirm(self.installation, who, place_of(request)):
            return self._expired(request)
        return HTMLResponse(self.pages.message_page(self._of(who), "confirmed", "confirmed_text"))

    def personal_data_page(self, request: Request) -> Response:
        """Show what is held on a reader."""
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.PERSONAL_DATA
        )
        if who is None:
            return self._expired(request)
        exported: Any = personal_data.personal_data(self.installation, who)
        place = self._of(who)
        for line in (*exported["history"], *exported["letters"]):
            line["day"] = long_date(
                from_ms(line["at"], self.installation.settings.site.timezone), place.language
            )
        return HTMLResponse(
            self.pages.personal_data(
                place, exported, f"/me/{request.path_params['token']}/download"
            )
        )

    def download(self, request: Request) -> Response:
        """Return what is held on a reader as a file."""
        who = transactional.holder_of(
            self.installation, request.path_params["token"], tokens.PERSONAL_DATA
        )
        if who is None:
            return self._expired(request)
        raw = json.dumps(
            personal_data.personal_data(self.installation, who), ensure_ascii=False, indent=2
        )
        return Response(
            raw,
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="about-me.json"'},
        )

    async def erase(self, request: Request) -> Response:
        """Erase a reader who is sure."""
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
        return HTMLResponse(self.pages.message_page(place, "erased", "erased_text"))
