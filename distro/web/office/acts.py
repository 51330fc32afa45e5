"""Ask once more before something is done from a page, and do it."""

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from distro.errors import DistroError
from distro.installation.context import Installation
from distro.model import State
from distro.store import distributions
from distro.store.records import counters
from distro.web.api import problems, repeats, tags
from distro.web.api.operation import Call, Lines
from distro.web.api.problems import ProblemError
from distro.web.office import drawing, visitor
from distro.web.office.asking import call_of
from distro.web.office.signing_in import SigningIn
from distro.web.office.view import PREFIX, Act, values_of
from distro.web.office.visitor import Visitor

_MANY = 1000  # people: who saves more of them is asked again who they are


@dataclass(frozen=True, slots=True)
class Typed:
    """The form of an act as it was shown, and filled in."""

    given: dict[str, str]  # its inputs
    key: str  # by which it is done once
    tag: str  # of what was seen


class Acts:
    """The pages at which something is done."""

    def __init__(self, installation: Installation, signing_in: SigningIn) -> None:
        self.installation = installation
        self.signing_in = signing_in

    def show(self, act: Act, request: Request, who: Visitor) -> Response:
        """Say what would happen, and ask."""
        call = call_of(self.installation, act.operation, who, request)
        tag = tags.tag_of(call) if act.operation.changes else ""  # raises for what is not there
        given = {i.name: request.query_params.get(i.name, "")[:2000] for i in act.inputs}
        typed = Typed(given, secrets.token_urlsafe(16), tag)
        return self._page(act, request, who, typed, again=self._again(act, request, who, typed))

    def _page(
        self,
        act: Act,
        request: Request,
        who: Visitor,
        typed: Typed,
        problem: ProblemError | None = None,
        *,
        again: bool,
    ) -> Response:
        return drawing.page(
            "act.html",
            problem.kind.status if problem else 200,
            who=who,
            title=act.title,
            act=act,
            about=self._about(request, who) or _name_of(_above(request.url.path, act)),
            given=typed.given,
            key=typed.key,
            tag=typed.tag,
            wrong=problem.sentence if problem else "",
            asks_again=again,
            provider=bool(self.installation.settings.sign_in.issuer),
            here=quote(visitor.address_of(request), safe=""),
            back=_above(request.url.path, act),
        )

    def _about(self, request: Request, who: Visitor) -> str:
        """Return what an act is about, as people know it: D17 and its headline, or an address."""
        store = self.installation.seen_by(who.user.scope).store
        if "distribution" not in request.path_params:
            return " ".join(request.path_params.values())
        number = distributions.find(store, request.path_params["distribution"])
        found = distributions.read(store, number)
        people = f"{counters(store, number)[State.ACCEPTED]:,} of {found.audience:,} have it"
        return f"{found.label} {found.headline} ({people if found.frozen else found.state})"

    def do(self, act: Act, request: Request, who: Visitor, form: dict[str, str]) -> Response:
        """Do it; where it cannot be done, say why beside what was typed."""
        given = {i.name: form.get(i.name, "") for i in act.inputs}
        typed = Typed(given, form.get("key", ""), form.get("tag", ""))
        again = True
        try:
            again = self._again(act, request, who, typed)
            if again:
                who = self.signing_in.made_sure(request, who, form)
                again = False
            found = self._carry_out(act, request, who, typed)
        except (DistroError, ProblemError) as error:
            problem = problems.of_error(error)
            if problem.code == "not_found":
                raise
            return self._page(act, request, who, typed, problem, again=again)
        return self._answer(act, request, who, found)

    def _call(self, act: Act, request: Request, who: Visitor, typed: Typed) -> Call:
        """Return the call of the operation; raise ProblemError for what it does not take."""
        operation, values = act.operation, values_of(act.inputs, typed.given)
        body = problems.validated(operation.body, values) if operation.body else None
        query = problems.validated(operation.query, {} if operation.body else values)
        return call_of(
            self.installation, operation, who, request, query=query, body=body, key=typed.key
        )

    def _again(self, act: Act, request: Request, who: Visitor, typed: Typed) -> bool:
        """Return whether who asks must show again that it is them."""
        if who.fresh:
            return False
        if act.people:
            return act.people(self._call(act, request, who, typed)) > _MANY
        return act.final or act.fresh

    def _carry_out(self, act: Act, request: Request, who: Visitor, typed: Typed) -> Any:
        operation, call = act.operation, self._call(act, request, who, typed)
        if operation.changes and typed.tag != tags.tag_of(call):
            raise ProblemError("changed_meanwhile", "It changed while you looked: look again.")
        if operation.sends and not typed.key:
            raise ProblemError("key_missing", "Load the form again.")
        if operation.sends:
            words = repr(sorted(typed.given.items())) + request.url.path
            return repeats.once(operation, call, words)
        return operation.does(call)

    def _answer(self, act: Act, request: Request, who: Visitor, found: Any) -> Response:
        """Return what comes after an act: a file, a page that shows its answer, or another page."""
        if isinstance(found, Lines):
            return StreamingResponse(
                found.pieces, media_type=found.media_type, headers=found.headers
            )
        if act.saves:
            headers = {"content-disposition": f'attachment; filename="{act.saves}"'}
            raw = json.dumps(found, ensure_ascii=False, indent=2)
            return Response(raw, media_type="application/json", headers=headers)
        back = _above(request.url.path, act)
        if act.result:
            site = self.installation.settings.site.url
            return drawing.page(
                act.result, who=who, title=act.title, answer=found, back=back, site=site
            )
        return RedirectResponse(back, 303)


def _name_of(page: str) -> str:
    """Return a page's address as words: /office/came-back is "Came back"."""
    return drawing.words(page.rpartition("/")[2]).capitalize()


def _above(path: str, act: Act) -> str:
    return PREFIX + act.then if act.then else path.rpartition("/")[0]
