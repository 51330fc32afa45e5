"""users, login: the people who may do something, and their tokens."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, actor, described, settings, site_file, token_file
from distro.errors import NotFoundError

app = typer.Typer(help="People, their roles and their tokens.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="As it will stand in what they do.", metavar="NAME")]
_Role = Annotated[
    str,
    typer.Option(
        "--role",
        help="viewer reads; editor also submits; approver also approves and corrects; admin all.",
        metavar="viewer|editor|approver|admin",
        show_default=False,
    ),
]
_Expires = Annotated[
    str,
    typer.Option(
        "--expires", help="How long the token is good: 90d; else for ever.", metavar="TIME"
    ),
]


_Desks = Annotated[
    list[str],
    typer.Option(
        "--desk",
        help="They see releases of this desk only ([senders.NAME], or usual); may be repeated.",
        metavar="NAME",
        show_default=False,
    ),
]
_Lists = Annotated[
    list[str],
    typer.Option(
        "--list",
        help="They see people of this list only; may be repeated.",
        metavar="NAME",
        show_default=False,
    ),
]


def add(
    name: _Name,
    role: _Role,
    expires: _Expires = "",
    desks: _Desks = [],  # noqa: B006 - Typer makes a new list for each call
    lists: _Lists = [],  # noqa: B006
    yes: Annotated[bool, typer.Option("--yes", hidden=True)] = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Add a person and print their token, once: nobody can show it again.

    Examples:

        distro users add ana --role editor
        distro users add ben --role approver --expires 90d
        distro users add carla --role editor --desk geneva --list swiss-press
    """
    from distro.cli.opening import open_installation
    from distro.installation import people
    from distro.store.scope import Scope

    del yes
    with open_installation(settings(config)) as installation:
        scope = Scope(tuple(desks), tuple(lists))
        token = people.add(installation, name, role, expires, scope=scope, actor=actor())
    if as_json:
        output.document({"name": name, "role": role, "token": token})
        return 0
    output.say(f"{name} is {role}. Their token, shown this once:\n\n  {token}\n")
    output.say("They keep it with: distro login")
    return 0


def list_(config: Config = None, as_json: Json = False) -> int:
    """List the people, their roles, and until when their tokens are good.

    Examples:

        distro users list
    """
    from distro.cli.opening import open_installation
    from distro.installation.people import user_json
    from distro.store import users

    with open_installation(settings(config)) as installation:
        found = users.everybody(installation.store)
        zone = installation.settings.site.timezone
    rows = [user_json(user, zone) for user in found]
    if as_json:
        output.document(rows)
        return 0
    if not rows:
        output.say("Nobody yet. Next: distro users add NAME --role editor")
        return 0
    until = {True: "disabled", False: ""}
    output.table(
        ("name", "role", "token until", "sees", ""),
        [
            (
                str(row["name"]),
                str(row["role"]),
                output.clock(str(row["expires"])) if row["expires"] else "for ever",
                ", ".join([*user.scope.desks, *user.scope.lists]) or "all",
                until[bool(row["disabled"])],
            )
            for row, user in zip(rows, found, strict=True)
        ],
    )
    return 0


def disable(name: _Name, config: Config = None, as_json: Json = False) -> int:
    """End a person's token; their name stays in what they did.

    Examples:

        distro users disable ana
    """
    from distro.cli.opening import open_installation
    from distro.installation import people

    with open_installation(settings(config)) as installation:
        people.disable(installation, name, actor=actor())
    output.answer({"name": name}, f"The token of {name} is not valid any more.", as_json=as_json)
    return 0


def token(name: _Name, expires: _Expires = "", config: Config = None, as_json: Json = False) -> int:
    """Make another token for a person and print it, once; the one before ends.

    Examples:

        distro users token ana
    """
    from distro.cli.opening import open_installation
    from distro.installation import people

    with open_installation(settings(config)) as installation:
        fresh = people.new_token(installation, name, expires, actor=actor())
    if as_json:
        output.document({"name": name, "token": fresh})
    else:
        output.say(f"The new token of {name}, shown this once:\n\n  {fresh}\n")
    return 0


_Url = Annotated[
    str,
    typer.Argument(
        help="Where distro runs, if not here: https://press.example.org",
        metavar="[URL]",
        show_default=False,
    ),
]


def password(name: _Name, config: Config = None, as_json: Json = False) -> int:
    """Give a person a password for the pages, for when nothing better is at hand. It is asked for.

    Examples:

        distro users password ana
    """
    from distro.cli.opening import open_installation
    from distro.installation.passwords import set_password

    given = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    with open_installation(settings(config)) as installation:
        set_password(installation, name, given, actor=actor())
        url = installation.settings.site.url
    output.answer({"name": name}, f"{name} can sign in at {url}/office with it.", as_json=as_json)
    return 0


_Browser = Annotated[
    bool,
    typer.Option("--browser", help="Sign in there with a browser instead of a token."),
]


def _typed_token() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Token", hide_input=True, err=True))
    return sys.stdin.readline()


def login(
    url: _Url = "", browser: _Browser = False, config: Config = None, as_json: Json = False
) -> int:
    """Keep your token for the commands that you type: it is asked for, and stored for you alone.

    With the address of an installation elsewhere, commands run there from now on, with the files of
    this machine; where a folder has a distro.toml, they run here.

    Examples:

        distro login
        distro login https://press.example.org
        distro login https://press.example.org --browser
    """
    from distro.cli.remote import check_address
    from distro.cli.remote_login import by_browser
    from distro.installation.context import open_installation
    from distro.store import users

    address = check_address(url) if url else ""
    given = by_browser(address) if address and browser else _typed_token()
    if address:
        name, role = _who_there(address, given.strip())
    else:
        with open_installation(settings(config)) as installation:
            user = users.by_token(installation.store, given.strip())
        if user is None or user.disabled:
            raise NotFoundError("this token is not valid", hint="An admin makes one: distro users")
        name, role = user.name, user.role
    path = token_file()
    _keep(path, given.strip())
    _keep(site_file(), address)
    where = f" at {address}" if address else ""
    output.answer(
        {"name": name, "role": role},
        f"You are {name} ({role}){where} from now on. The token is in {path}.",
        as_json=as_json,
    )
    return 0


def _who_there(address: str, token: str) -> tuple[str, str]:
    """Return who a token is at an installation elsewhere; raise DistroError for nobody."""
    from distro.cli.remote import Site, ask

    with ask(Site(address, token), "GET", "/me") as answer:
        told = json.loads(answer.read(100_000))
    return str(told["name"]), str(told["role"])


def _keep(path: Path, text: str) -> None:
    """Write a line that its owner alone can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def logout(as_json: Json = False) -> int:
    """Forget the token and the address that `login` keeps; commands run here again.

    Examples:

        distro logout
    """
    for path in (token_file(), site_file()):
        path.unlink(missing_ok=True)
    output.answer({"logged_in": False}, "The token is forgotten here.", as_json=as_json)
    return 0


def add_to(root: typer.Typer) -> None:
    """Put these commands into the tree."""
    described(app, add)
    described(app, list_, "list")
    described(app, disable)
    described(app, token)
    described(app, password)
    root.add_typer(app, name="users")
    described(root, login)
    described(root, logout)
