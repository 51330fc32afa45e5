"""Ask once more before something is done from a page, and do it."""

import secrets
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from distro.errors import DistroError
from distro.installation.context import Installation
from distro.model import State
from distro.store import distributions, sessions
from distro.store.records import counters
from distro.web.api import problems, repeats, tags
from distro.web.api.problems import ProblemError
from distro.web.office import drawing, visitor
from distro.web.office.asking import call_of
from distro.web.office.signing_in import SigningIn
from distro.web.office.view import PREFIX, Act
from distro.web.office.visitor import Visitor


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
        return self._page(act, request, who, Typed(given, secrets.token_urlsafe(16), tag))

    def _page(
        self,
        act: Act,
        request: Request,
        who: Visitor,
        typed: Typed,
        problem: ProblemError | None = None,
    ) -> Response:
        return drawing.page(
            "act.html",
            problem.kind.status if problem else 200,
            who=who,
            title=act.title,
            act=act,
            about=self._about(request, who),
            given=typed.given,
            key=typed.key,
            tag=typed.tag,
            wrong=problem.sentence if problem else "",
            asks_again=act.fresh and not who.fresh,
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
        typed, word = Typed(given, form.get("key", ""), form.get("tag", "")), ""
        try:
            if act.fresh and not who.fresh:
                if not self.signing_in.confirmed(who, form):
                    raise ProblemError("role_too_low", "Show again that it is you.")
                word = sessions.renew(self.installation.store, who.actor.token, who.session)
                who = visitor.with_word(self.installation, who, word)
            self._carry_out(act, request, who, typed)
        except (DistroError, ProblemError) as error:
            problem = problems.of_error(error)
            if problem.code == "not_found":
                raise
            answer: Response = self._page(act, request, who, typed, problem)
        else:
            answer = RedirectResponse(_above(request.url.path, act), 303)
        if word:
            visitor.set_cookie(self.installation, answer, word)
        return answer

    def _carry_out(self, act: Act, request: Request, who: Visitor, typed: Typed) -> None:
        operation = act.operation
        body = _body(act, typed.given)
        call = call_of(self.installation, operation, who, request, body=body, key=typed.key)
        if operation.changes and typed.tag != tags.tag_of(call):
            raise ProblemError("changed_meanwhile", "It changed while you looked: look again.")
        if operation.sends and not typed.key:
            raise ProblemError("key_missing", "Load the form again.")
        if operation.sends:
            repeats.once(operation, call, repr(sorted(typed.given.items())) + request.url.path)
        else:
            operation.does(call)


def _body(act: Act, given: dict[str, str]) -> Any:
    """Return what was typed as the operation takes it; raise ProblemError for what it does not."""
    model = act.operation.body
    if model is None:
        return None
    checks = {i.name for i in act.inputs if i.kind == "check"}
    values: dict[str, Any] = {name: text for name, text in given.items() if text}
    values |= {name: bool(given[name]) for name in checks}
    return problems.validated(model, values)


def _above(path: str, act: Act) -> str:
    return PREFIX + act.then if act.then else path.rpartition("/")[0]
