"""Decide whether somebody may do something, once for every edge, and write down that they asked."""

from collections.abc import Sequence

from distro.actors import LEAST_ROLE, NEED_A_PERSON, ONLY_A_PERSON, Actor, may
from distro.errors import NotFoundError, RefusedError
from distro.installation import audit_log
from distro.installation.audit_log import Entry
from distro.installation.context import Installation
from distro.model import DistributionId
from distro.store import distributions, users
from distro.store.scope import USUAL_DESK


def admit(
    installation: Installation,
    actor: str,
    act: str,
    *,
    about: str = "",
    wanted: str = "",
    why: str = "",
) -> str:
    """Return the name under which an act is recorded; raise RefusedError where it may not be done.

    A person is who holds a token; the account that owns the data is `machine:NAME`. An actor that
    is no `Actor` comes from within and is trusted. What was asked for, of what and why is in the
    audit log before it is done; so is what was refused here.
    """
    if not isinstance(actor, Actor):
        return actor
    who, credential, refused = _judged(installation, actor, act)
    code = refused.code if refused else ""
    was = _state_of(installation, about)
    entry = Entry(0, who, credential, actor.host, act, about, was, wanted, why, code)
    audit_log.note(installation, entry)
    if refused:
        raise refused
    return who


def _state_of(installation: Installation, about: str) -> str:
    """Return the state of the distribution that an act is about (D17); "" for anything else.

    Raises NotFoundError for one that is out of sight.
    """
    number = DistributionId.parse(about) if about.startswith("D") else None
    found = distributions.get(installation.store, number) if number else None
    if number and found is None and installation.store.scope.desks:
        distributions.read(installation.store, number)  # raises: it is not there for them
    return found.state.value if found else ""


def may_do(installation: Installation, actor: str, act: str) -> str:
    """Return the same, of somebody who looks and does nothing yet; raises RefusedError.

    The audit log has it only where it is refused.
    """
    if not isinstance(actor, Actor):
        return actor
    who, credential, refused = _judged(installation, actor, act)
    if refused:
        entry = Entry(0, who, credential, actor.host, act, "", refused=refused.code)
        audit_log.note(installation, entry)
        raise refused
    return who


def as_seen_by(installation: Installation, actor: Actor) -> Installation:
    """Return the installation as an actor may see it.

    What lies outside the desks and lists of whoever shows a token is not there for them. Raises
    RefusedError for a token that is not valid.
    """
    if not actor.token:
        return installation
    return installation.seen_by(_user(installation, actor).scope)


def check_lists(installation: Installation, names: Sequence[str]) -> None:
    """Raise NotFoundError for a list that is out of sight."""
    mine = installation.store.scope.lists
    for name in names:
        if mine and name not in mine:
            raise NotFoundError(f'there is no list "{name}"', code="no_such_list")


def check_desk(installation: Installation, sender: str) -> None:
    """Raise NotFoundError for a desk that is out of sight; "": the usual one."""
    if not installation.store.scope.has_desk(sender):
        raise NotFoundError(f'there is no desk "{sender or USUAL_DESK}"', code="no_such_desk")


def check_whole(installation: Installation, act: str) -> None:
    """Raise RefusedError for who may see a part only, where an act is about everything."""
    if not installation.store.scope.whole:
        raise RefusedError(
            f"{act} is about all lists and desks, and you have some of them", code="scope_too_small"
        )


def _judged(
    installation: Installation, actor: Actor, act: str
) -> tuple[str, str, RefusedError | None]:
    """Return who it is, by which credential, and why they may not do it; None: they may."""
    who, credential = f"machine:{actor}", "account"
    try:
        if not actor.token:
            _check_account(installation, act)
            return who, credential, None
        user = _user(installation, actor)
        who, credential = user.name, user.credential
        _check_role(user, act)
    except RefusedError as error:
        return who, credential, error
    return who, credential, None


def _check_account(installation: Installation, act: str) -> None:
    needs = installation.settings.approval.required > 0 and act in NEED_A_PERSON
    if needs or act in ONLY_A_PERSON:
        raise RefusedError(f"{act} needs to know who you are", code="token_needed")


def _user(installation: Installation, actor: Actor) -> users.User:
    store = installation.store
    user = users.by_token(store, actor.token)
    if user is None or user.disabled:
        raise RefusedError("this token is not valid", code="token_invalid")
    if user.expires_ms and store.now_ms() > user.expires_ms:
        raise RefusedError(f"the token of {user.name} has expired", code="token_expired")
    return user


def _check_role(user: users.User, act: str) -> None:
    if not may(user.role, act):
        raise RefusedError(
            f"{user.name} is {_article(user.role)}, and {act} needs {_article(LEAST_ROLE[act])}",
            code="role_too_low",
        )


def _article(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
