"""Correct or update a release from a page: upload, see what changed and who hears of it, send."""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from distro.errors import DistroError
from distro.flow import corrections
from distro.flow.approval import text_of
from distro.flow.corrections import Correction
from distro.installation.context import Installation
from distro.installation.release_files import read_files
from distro.mailing.compose import compile_edition, files_of
from distro.model import language_name
from distro.store import distributions, releases
from distro.times import from_ms
from distro.web.api import problems, repeats, tags
from distro.web.api import releases as operations
from distro.web.api.operation import Call, Upload
from distro.web.api.problems import ProblemError
from distro.web.office import drawing, versions
from distro.web.office.asking import call_of
from distro.web.office.signing_in import SigningIn
from distro.web.office.uploads import Show, Take, Taker, Uploads
from distro.web.office.view import PREFIX, Input, named, values_of
from distro.web.office.visitor import Visitor

_D = "/releases/{distribution}"
_NOTE = Input("note", "What readers are told, in a sentence", "long", required=True)
_GLASS = Input("break_glass", "Without approval, because", hint="In an emergency only.")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two: its operation of the API, its words, and what it asks."""

    name: str
    operation: str
    title: str
    says: str
    files: str
    order: Callable[[Call], Correction]
    inputs: Sequence[Input]


_KINDS = (
    _Kind(
        "correct",
        "post_distributions_distribution_correction",
        "Correct",
        "Nothing more of the earlier text is sent. Exactly those who have it get this one with a"
        " note; those who do not have it get this one alone.",
        "The new text, a file for each language that changes",
        operations.correction_of,
        (
            _NOTE,
            Input("it_said", "It said", hint="The wrong words, if you want them in the letter."),
            Input("it_should_say", "It should say"),
            Input(
                "change",
                "It is",
                "choice",
                choices=(
                    ("corrected", "an error of fact: tell those who have it"),
                    ("refile", "a slip: write to nobody who has it"),
                ),
            ),
            Input(
                "only",
                "Only these languages are meant",
                "words",
                hint="fr, es; empty: every language of the release is supplied.",
            ),
            Input("include_new", "Also to those who match only now", "check"),
            _GLASS,
        ),
    ),
    _Kind(
        "update",
        "post_distributions_distribution_update",
        "Update",
        "A newer text to those who have the earlier one, and to those who match now. The earlier"
        " one is not sent any more.",
        "The newer text, a file for each language of the release",
        operations.update_of,
        (_NOTE, Input("to", "To, besides those who have it", hint="journalists", required=True)),
    ),
)


class Corrections:
    """The pages at which another text takes the place of a release."""

    def __init__(self, installation: Installation, uploads: Uploads, signing_in: SigningIn) -> None:
        self.installation = installation
        self.uploads = uploads
        self.signing_in = signing_in

    def pages(self) -> Iterator[tuple[str, Show]]:
        """Yield the pages that show something."""
        for kind in _KINDS:
            yield f"{_D}/{kind.name}", self._form(kind)
            yield f"{_D}/{kind.name}/{{upload}}", self._looked_at(kind)

    def takers(self) -> Iterator[Taker]:
        """Yield the forms that are taken; those that bring files first."""
        for kind in _KINDS:
            place, operation = f"{_D}/{kind.name}", kind.operation
            yield place, operation, self.uploads.keep
            yield f"{place}/{{upload}}", operation, self._planning(kind)
            yield f"{place}/{{upload}}/send", operation, self._sending(kind)

    def _form(self, kind: _Kind) -> Show:
        def show(request: Request, who: Visitor) -> Response:
            call = call_of(self.installation, named(kind.operation), who, request)
            found = distributions.read(call.installation.store, call.distribution())
            return drawing.page("correct.html", who=who, title=kind.title, kind=kind, found=found)

        return show

    def _looked_at(self, kind: _Kind) -> Show:
        def show(request: Request, who: Visitor) -> Response:
            return self._page(kind, request, who, {})

        return show

    def _planning(self, kind: _Kind) -> Take:
        def plan(
            request: Request, who: Visitor, form: dict[str, str], upload: Upload | None
        ) -> Response:
            del upload
            return self._page(kind, request, who, form)

        return plan

    def _page(
        self,
        kind: _Kind,
        request: Request,
        who: Visitor,
        asked: dict[str, str],
        problem: ProblemError | None = None,
    ) -> Response:
        """Show the new text beside the one of now and, with a note, who hears of it."""
        asked = {i.name: asked.get(i.name, "")[:2000] for i in kind.inputs}
        call = call_of(self.installation, named(kind.operation), who, request)
        tag = tags.tag_of(call)
        found = distributions.read(call.installation.store, call.distribution())
        checked = self.uploads.asked("post_check", request, who, {})
        planned = None
        if checked["ok"] and asked.get("note") and problem is None:
            try:
                order = self.uploads.call(
                    kind.operation, request, who, values_of(kind.inputs, asked)
                )
                planned = corrections.plan(
                    order.installation, order.distribution(), kind.order(order)
                )
            except (DistroError, ProblemError) as error:
                problem = problems.of_error(error)
        upload, path = self.uploads.mine(request, who), request.path_params
        address = f"{PREFIX}/releases/{path['distribution']}/{kind.name}/{path['upload']}"
        return drawing.page(
            "corrected.html",
            problem.kind.status if problem else 200,
            who=who,
            title=kind.title,
            kind=kind,
            found=found,
            checked=checked,
            compared=list(self._compared(found.release, upload)) if checked["ok"] else (),
            planned=planned,
            asked=asked,
            digest=_digest(upload, tag),
            tag=tag,
            key=secrets.token_urlsafe(16),
            upload=request.path_params["upload"],
            wrong=problem.sentence if problem else "",
            asks_again=not who.fresh,
            provider=bool(self.installation.settings.sign_in.issuer),
            here=quote(address, safe=""),
        )

    def _compared(self, slug: str, upload: Upload) -> Iterator[dict[str, Any]]:
        """Yield each language of the upload beside what the release says now."""
        store = self.installation.store
        before = releases.editions_of(store, releases.current_versions(store, slug))
        readings = read_files(self.installation.settings, upload.files)
        until = time.monotonic() + versions.SECONDS
        now = from_ms(store.now_ms(), self.installation.settings.site.timezone)
        for edition in (reading.edition for reading in readings if reading.edition):
            old = before.get(edition.language)
            if old is None or not store.scope.has_desk(old.sender):
                continue
            was = compile_edition(self.installation, old, "0", now)
            new = compile_edition(self.installation, edition, "0", now, files=files_of(readings))
            pairs = versions.compare(text_of(was), text_of(new), until)
            yield {
                "language": edition.language,
                "name": language_name(edition.language),
                "pairs": pairs,
                "subject": versions.compare_line(was.subject, new.subject),
                "same": all(pair.same for pair in pairs),
            }

    def _sending(self, kind: _Kind) -> Take:
        def send(
            request: Request, who: Visitor, form: dict[str, str], upload: Upload | None
        ) -> Response:
            del upload
            try:
                who = self.signing_in.made_sure(request, who, form)
                made = self._send(kind, request, who, form)
            except (DistroError, ProblemError) as error:
                return self._page(kind, request, who, form, problems.of_error(error))
            self.uploads.done(request)
            return RedirectResponse(f"{PREFIX}/releases/{made['distribution']}", 303)

        return send

    def _send(
        self, kind: _Kind, request: Request, who: Visitor, form: dict[str, str]
    ) -> dict[str, Any]:
        """Send what was looked at, once for the key of its form."""
        if not form.get("key"):
            raise ProblemError("key_missing", "Load the form again.")
        values = values_of(kind.inputs, form)
        call = self.uploads.call(kind.operation, request, who, values, form["key"])
        content = f"{request.url.path} {sorted(values.items())!r}"
        answer = repeats.once(named(kind.operation), call, content, form.get("tag") or '""')
        found: dict[str, Any] = answer.body
        return found


def _digest(upload: Upload, tag: str) -> str:
    """Return what a correction is done by and on: its files, and the release as it was seen."""
    made = hashlib.sha256(tag.encode())
    for path in upload.files:
        made.update(hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()[:16]
