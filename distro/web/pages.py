"""Render the public pages in the reader's language; usable without JavaScript, in the dark, by
keyboard and screen reader.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from distro.audience.list_roles import ListRole
from distro.letter.labels import SPOKEN, labels_of, own_name
from distro.lib import html_pages
from distro.model import is_right_to_left
from distro.subscribers.links import LinkReader, Withdrawn

_HERE = Path(__file__).parent
PAGES_SPEAK = tuple(sorted(path.stem for path in (_HERE / "catalogues").glob("*.toml")))


def _texts_of(language: str) -> Mapping[str, str]:
    """Return the pages' words in a language, or its base language, else English."""
    return _read(
        next(
            (
                name
                for name in (language, language.split("-", maxsplit=1)[0])
                if name in PAGES_SPEAK
            ),
            "en",
        )
    )


@cache
def _read(known: str) -> Mapping[str, str]:
    return tomllib.loads((_HERE / "catalogues" / f"{known}.toml").read_text(encoding="utf-8"))


def understood(accepted: str) -> str:
    """Return the first of a browser's languages that the pages speak (RFC 9110 §12.5.4)."""
    tags = [part.split(";")[0].strip().lower() for part in accepted.split(",")]
    return next((base for tag in tags if (base := tag.split("-")[0]) in PAGES_SPEAK), "en")


@dataclass(frozen=True, slots=True)
class Place:
    """The organisation whose page it is, and the language in which it speaks."""

    organisation: str
    language: str
    address: str = ""


class Pages:
    """Renders the public pages."""

    def __init__(self, *, counts: bool = False) -> None:
        """Prepare the pages; `counts`: links of letters are counted, and the pages say so."""
        self._env = html_pages.environment(_HERE / "templates")
        self._env.globals["counts"] = counts

    def unsubscribe(self, reader: LinkReader, preferences: str) -> str:
        """Return the page with one button."""
        labels, texts = labels_of(reader.language), _texts_of(reader.language)
        return self._ask(
            _place(reader),
            labels.unsubscribe_ask.format(organisation=reader.organisation),
            reader.address,
            labels.unsubscribe_button,
            hidden=[("List-Unsubscribe", "One-Click")],
            more=(preferences, texts["choose"]),
        )

    def unsubscribed(
        self, reader: LinkReader, lists: Sequence[ListRole], back: str, once: str, days: int
    ) -> str:
        """Return the page after the button, with the way back.

        At once with `once`, else by a letter.
        """
        labels = labels_of(reader.language)
        text = labels.unsubscribed_more.format(
            organisation=reader.organisation, address=reader.address
        )
        return self._page(
            "unsubscribed.html",
            _place(reader),
            labels.unsubscribed,
            text,
            lists=lists,
            back=back,
            once=once,
            days=days,
        )

    def message_page(
        self, place: Place, title: str, text: str, *, button: str = "", days: int = 0
    ) -> str:
        """Return a page that says one thing, named by the words, and may have one button."""
        texts = _texts_of(place.language)
        fill = {"organisation": place.organisation, "address": place.address, "days": days}
        return self._ask(
            place,
            texts[title].format(**fill),
            texts[text].format(**fill) if text else "",
            texts[button] if button else "",
        )

    def preferences(
        self,
        reader: LinkReader,
        lists: Sequence[ListRole],
        *,
        paused: str,
        leave: str,
        saved: bool,
    ) -> str:
        """Return what a reader gets and how."""
        columns = reader.subscriber.columns
        return self._page(
            "preferences.html",
            _place(reader),
            _texts_of(reader.language)["preferences"].format(organisation=reader.organisation),
            reader.address,
            lists=lists,
            on=columns.get("lists", ()),
            languages=[(code, own_name(code)) for code in SPOKEN],
            chosen=reader.subscriber.language.split("-", maxsplit=1)[0],
            frequency="".join(columns.get("frequency", ())),
            paused=paused,
            leave=leave,
            saved=saved,
            uncounted=columns.get("clicks") == ("no",),
            address=reader.address,
        )

    def personal_data(self, place: Place, personal_data: Mapping[str, Any], download: str) -> str:
        """Return everything that is held on a reader."""
        return self._page(
            "personal_data.html",
            place,
            _texts_of(place.language)["held"].format(organisation=place.organisation),
            "",
            personal_data=personal_data,
            download=download,
        )

    def subscribe(
        self,
        place: Place,
        lists: Sequence[ListRole],
        *,
        email: str = "",
        name: str = "",
        on: Sequence[str] = (),
        wrong: str = "",
    ) -> str:
        """Return the form of who wants letters."""
        texts = _texts_of(place.language)
        return self._page(
            "subscribe.html",
            place,
            texts["subscribe"].format(organisation=place.organisation),
            "",
            lists=lists,
            languages=[(code, own_name(code)) for code in SPOKEN],
            email=email,
            name=name,
            on=on,
            wrong=texts[wrong] if wrong else "",
        )

    def unsubscribe_by_address(self, place: Place, *, email: str = "", wrong: str = "") -> str:
        """Return the form of who wants to leave without a link of their own."""
        texts = _texts_of(place.language)
        return self._page(
            "unsubscribe_by_address.html",
            place,
            texts["leave"].format(organisation=place.organisation),
            texts["leave_text"],
            email=email,
            wrong=texts[wrong] if wrong else "",
        )

    def withdrawn(self, gone: Withdrawn) -> str:
        """Return the page of a release that was withdrawn."""
        labels = labels_of(gone.language)
        place = Place(gone.organisation, gone.language)
        return self._ask(place, labels.kill_head, f"{gone.headline} – {gone.note}")

    def message(self, text: str) -> str:
        """Return a page that says one thing."""
        return self._ask(Place("", "en"), text, "")

    def trouble(self) -> str:
        """Return the page for trouble of ours: the reader's wish was not taken."""
        return self._ask(
            Place("", "en"),
            "Please try again in a minute.",
            "Our system is restarting. Nothing was changed yet.",
        )

    def _ask(
        self,
        place: Place,
        title: str,
        text: str,
        button: str = "",
        *,
        hidden: Sequence[tuple[str, str]] = (),
        more: tuple[str, str] | None = None,
    ) -> str:
        return self._page(
            "question.html", place, title, text, button=button, hidden=hidden, more=more
        )

    def _page(self, template: str, place: Place, title: str, text: str, **values: Any) -> str:
        direction = "rtl" if is_right_to_left(place.language) else "ltr"
        return self._env.get_template(template).render(
            language=place.language,
            direction=direction,
            organisation=place.organisation,
            title=title,
            text=text,
            texts=_texts_of(place.language),
            **values,
        )


def _place(reader: LinkReader) -> Place:
    return Place(reader.organisation, reader.language, reader.address)
