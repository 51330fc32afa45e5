"""Compose a release and import a spreadsheet: upload, look at what is understood, then do it.

What is uploaded waits an hour in a folder of this process; it is its uploader's alone.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from distro.audience.search_index import SearchIndex
from distro.errors import DistroError
from distro.flow import approval
from distro.installation.context import Installation
from distro.installation.release_files import read_files
from distro.mailing.compose import compile_edition, files_of
from distro.times import from_ms
from distro.web.api import bodies, credentials, problems, repeats
from distro.web.api.operation import Call, Upload
from distro.web.api.problems import ProblemError
from distro.web.guard import UPLOAD
from distro.web.office import drawing, visitor
from distro.web.office.asking import call_of
from distro.web.office.view import PREFIX, named
from distro.web.office.visitor import Visitor

_KEPT = 3600  # seconds
_LOOK = 60.0  # seconds
_TWICE = 300  # seconds after it was sent or taken
_FOLDER = "distro-office-"
_AT_MOST = 5  # uploads of one person that wait
_MOST_FILES = 60

T = TypeVar("T")
Show = Callable[[Request, Visitor], Response]
Take = Callable[[Request, Visitor, dict[str, str], Upload | None], Response]
Taker = tuple[str, str, Take]  # address, operation of the API, what takes the form


class Host(Protocol):
    """The part of the office that these pages need."""

    def problem(self, who: Visitor, error: DistroError | ProblemError) -> Response:
        """Return a problem as a page."""

    async def threaded(self, call: Callable[..., T], *args: Any) -> T:
        """Return the answer of a function that waits for Redis."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Uploaded files that their owner has not decided about."""

    owner: str
    upload: Upload
    until: float  # monotonic seconds


class Uploads:
    """The pages at which files are uploaded."""

    def __init__(self, installation: Installation, index: SearchIndex) -> None:
        self.installation = installation
        self.index = index
        self._waiting: dict[str, _Waiting] = {}
        self._bringing = set[str]()
        self._lock = threading.Lock()  # of what waits
        self._looks = False
        _drop_orphans()

    def pages(self) -> Sequence[tuple[str, Show]]:
        """Return the pages that show something."""
        return (
            ("/compose", self._form("compose.html", "Compose", "post_distributions")),
            ("/compose/{upload}", self._composed),
            ("/compose/{upload}/letters/{language}", self._letter),
            ("/import", self._form("import.html", "Import", "post_imports")),
            ("/import/{upload}", self._foreseen),
        )

    def takers(self) -> Sequence[Taker]:
        """Return the forms that are taken; those that bring files first."""
        submit, take = "post_distributions", "post_imports"
        return (
            ("/compose", submit, self.keep),
            ("/compose/{upload}/submit", submit, self._submit),
            ("/import", take, self.keep),
            ("/import/{upload}/take", take, self._take),
        )

    def endpoint(self, office: "Host", operation: str, take: Take) -> Callable[[Request], Any]:
        """Return the endpoint of a form that may bring files: nothing is read of who may not."""

        async def endpoint(request: Request) -> Response:
            who = await office.threaded(visitor.visitor, self.installation, request, self.index)
            if who is None or not visitor.from_here(self.installation, request):
                return RedirectResponse(f"{PREFIX}/sign-in", 303)
            try:
                credentials.check_allowed(named(operation), who.user)
            except ProblemError as error:
                return office.problem(who, error)
            if who.user.name in self._bringing:
                return office.problem(who, ProblemError("too_many"))
            self._bringing.add(who.user.name)
            request.scope[UPLOAD] = True
            try:
                form = await request.form(
                    max_files=_MOST_FILES, max_fields=60, max_part_size=100_000
                )
            finally:
                self._bringing.discard(who.user.name)

            def taken() -> Response:
                fields = {n: v for n, v in form.multi_items() if isinstance(v, str)}
                if not visitor.is_theirs(who, fields.get("csrf", "")):
                    return office.problem(who, ProblemError("bad_request", "Load the form again."))
                upload = None
                try:
                    upload = self._kept(form)
                    answer = take(request, who, fields, upload)
                except (DistroError, ProblemError) as error:
                    answer = office.problem(who, error)
                finally:
                    if upload and not self._waits(upload):
                        shutil.rmtree(upload.folder, ignore_errors=True)
                return visitor.with_renewed(self.installation, request, answer)

            try:
                return await office.threaded(taken)
            finally:
                await form.close()

        return endpoint

    def _form(self, template: str, title: str, operation: str) -> Show:
        def show(request: Request, who: Visitor) -> Response:
            call_of(self.installation, named(operation), who, request)  # raises: who may not
            return drawing.page(template, who=who, title=title, zone=self._zone)

        return show

    @property
    def _zone(self) -> str:
        return self.installation.settings.site.timezone

    def _kept(self, form: FormData) -> Upload | None:
        """Write the files of a form into a folder of their own; None where there are none."""
        files = [v for _, v in form.multi_items() if isinstance(v, UploadFile) and v.filename]
        if not files:
            return None
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
        try:
            return bodies.kept(form, folder, 1)
        except BaseException:
            shutil.rmtree(folder)
            raise

    def keep(
        self, request: Request, who: Visitor, form: dict[str, str], upload: Upload | None
    ) -> Response:
        """Keep what was uploaded for an hour, and go on to what is understood of it."""
        if upload is None:
            raise ProblemError("bad_values", "Choose a file first.")
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._forget(who.user.name)
            self._waiting[name] = _Waiting(who.user.name, upload, time.monotonic() + _KEPT)
            self._look_again()
        words = urlencode({n: v for n, v in form.items() if n != "csrf" and v})
        return RedirectResponse(f"{request.url.path}/{name}{'?' + words if words else ''}", 303)

    def done(self, request: Request) -> None:
        """Drop an upload soon that was sent or taken: a button that is pressed twice finds it."""
        name = request.path_params["upload"]
        with self._lock:
            found = self._waiting.get(name)
            if found:
                self._waiting[name] = replace(found, until=time.monotonic() + _TWICE)

    def _waits(self, upload: Upload) -> bool:
        with self._lock:
            return any(one.upload is upload for one in self._waiting.values())

    def _look_again(self) -> None:
        """While something waits, look once a minute what has waited long enough."""
        if self._looks or not self._waiting:
            return
        self._looks = True
        timer = threading.Timer(_LOOK, self._look)
        timer.daemon = True
        timer.start()

    def _look(self) -> None:
        with self._lock:
            self._looks = False
            self._forget("")
            self._look_again()

    def _forget(self, owner: str) -> None:
        """Drop what has waited long enough, and the oldest of one person with too many."""
        order = sorted(self._waiting, key=lambda name: self._waiting[name].until)
        late = [n for n in order if time.monotonic() > self._waiting[n].until]
        mine = [n for n in order if self._waiting[n].owner == owner]
        for name in {*late, *mine[: max(0, len(mine) - _AT_MOST + 1)]}:
            shutil.rmtree(self._waiting.pop(name).upload.folder, ignore_errors=True)

    def mine(self, request: Request, who: Visitor) -> Upload:
        """Return the files that the path names; raise ProblemError where they are not theirs."""
        found = self._waiting.get(request.path_params["upload"])
        if found is None or found.owner != who.user.name or not found.upload.folder.exists():
            raise ProblemError("not_found", "What was uploaded is gone: upload it again.")
        return found.upload

    def asked(self, name: str, request: Request, who: Visitor, values: dict[str, Any]) -> Any:
        """Return what an operation answers about the files that somebody uploaded."""
        return named(name).does(self.call(name, request, who, values))

    def call(
        self, name: str, request: Request, who: Visitor, values: dict[str, Any], key: str = ""
    ) -> Call:
        """Return a call of an operation about the files that somebody uploaded."""
        operation, upload = named(name), self.mine(request, who)
        body = problems.validated(operation.body, values) if operation.body else None
        return call_of(
            self.installation, operation, who, request, body=body, key=key, upload=upload
        )

    def _composed(self, request: Request, who: Visitor) -> Response:
        """Show what is understood of a release; with an audience, who would get it."""
        asked = dict(request.query_params)
        checked = self.asked("post_check", request, who, {})
        planned, wrong = None, ""
        if asked.get("to"):
            try:
                planned = self.asked("post_plan", request, who, _order(asked))
            except (DistroError, ProblemError) as error:
                wrong = problems.of_error(error).sentence
        return drawing.page(
            "composed.html",
            who=who,
            title="Compose",
            checked=checked,
            planned=planned,
            wrong=wrong,
            asked=asked,
            key=secrets.token_urlsafe(16),
            upload=request.path_params["upload"],
            zone=self._zone,
        )

    def _letter(self, request: Request, who: Visitor) -> Response:
        """Show the letter that an uploaded edition makes."""
        upload = self.mine(request, who)
        readings = read_files(self.installation.settings, upload.files)
        for reading in readings:
            if reading.edition and reading.edition.language == request.path_params["language"]:
                now = from_ms(self.installation.store.now_ms(), self._zone)
                made = compile_edition(
                    self.installation, reading.edition, "0", now, files=files_of(readings)
                )
                return HTMLResponse(
                    approval.html_of(made),
                    headers={"content-security-policy": drawing.LETTER_POLICY},
                )
        raise ProblemError("not_found")

    def _submit(
        self, request: Request, who: Visitor, form: dict[str, str], upload: Upload | None
    ) -> Response:
        """Submit what was planned, once for the key of its form."""
        del upload
        if not form.get("key"):
            raise ProblemError("key_missing", "Load the form again.")
        content = f"{request.path_params['upload']} {sorted(_order(form).items())!r}"
        call = self.call("post_distributions", request, who, _order(form), form["key"])
        made = repeats.once(named("post_distributions"), call, content)
        self.done(request)
        return RedirectResponse(f"{PREFIX}/releases/{made.body['distribution']}", 303)

    def _foreseen(self, request: Request, who: Visitor) -> Response:
        """Show what an import would do, and how the columns are understood."""
        return self._import(request, who, dict(request.query_params), done=False)

    def _take(
        self, request: Request, who: Visitor, form: dict[str, str], upload: Upload | None
    ) -> Response:
        """Take an import into the book."""
        del upload
        return self._import(request, who, form, done=True)

    def _import(
        self, request: Request, who: Visitor, asked: dict[str, str], *, done: bool
    ) -> Response:
        values: dict[str, Any] = {n: asked[n] for n in ("list", "basis") if asked.get(n)}
        flags = {n: bool(asked.get(n)) for n in ("sync", "skip_bad_rows")}
        found = self.asked("post_imports", request, who, values | flags | {"dry_run": not done})
        if done and found["written"]:
            self.done(request)
        return drawing.page(
            "foreseen.html",
            who=who,
            title="Import",
            found=found,
            asked=asked,
            upload=request.path_params["upload"],
            done=done,
        )


def _order(form: dict[str, str]) -> dict[str, Any]:
    """Return what a form says of whom a release is for, and when."""
    texts = {name: form[name] for name in ("to", "at") if form.get(name)}
    return texts | {name: bool(form.get(name)) for name in ("as_new", "no_fallback")}


def _drop_orphans() -> None:
    """Remove what processes that are gone had kept, and nobody can reach."""
    before = time.time() - 2 * _KEPT
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            if found.st_uid == os.geteuid() and found.st_mtime < before and folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)
