"""Options that several commands share."""

import contextlib
import functools
import inspect
import os
import pwd
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distro.actors import Actor
from distro.errors import UsageError
from distro.readings import Choices

if TYPE_CHECKING:
    from distro.settings.load import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The settings file; else DISTRO_CONFIG, else ./distro.toml.",
        metavar="FILE",
    ),
]
Files = Annotated[
    list[Path], typer.Argument(help="One file per language.", metavar="FILE…", show_default=False)
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        help='Who gets it: a list or an expression like "journalists and language:es".',
        metavar="EXPR",
        show_default=False,
    ),
]
At = Annotated[
    str,
    typer.Option(
        "--at",
        help='When: RFC 3339 or "2026-12-01 10:00 Europe/Zurich".',
        metavar="TIME",
        show_default=False,
    ),
]
Now = Annotated[bool, typer.Option("--now", help="Send as soon as possible.")]
AsNew = Annotated[
    bool,
    typer.Option(
        "--as-new", help="Treat it as a new story: readers who have it already get it too."
    ),
]
NoFallback = Annotated[
    bool,
    typer.Option("--no-fallback", help="Leave out readers without an edition in their language."),
]
NoGrace = Annotated[
    bool, typer.Option("--no-grace", help="On a terminal: do not wait before the first letter.")
]
IdempotencyKey = Annotated[
    str,
    typer.Option(
        "--idempotency-key",
        help="The same key prints the same id and sends nothing again.",
        metavar="KEY",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Distribution = Annotated[
    str,
    typer.Argument(
        help="D17, or the release where it has only one.", metavar="ID", show_default=False
    ),
]


_DECISIONS = {
    "accept_changes": "Take tracked changes of a document as accepted.",
    "reject_changes": "Take tracked changes of a document as rejected.",
    "drop_comments": "Leave comments of a document out.",
    "drop_hidden": "Leave hidden text of a document out.",
    "clean_files": "Take names, paths and places out of attached files and pictures.",
}


def reads_documents(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command that reads releases the options for what is left in a document; it gets them
    as `choices`.
    """
    known = inspect.signature(function, eval_str=True)
    extra = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[bool, typer.Option(f"--{name.replace('_', '-')}", help=text)],
        )
        for name, text in _DECISIONS.items()
    ]

    @functools.wraps(function)
    def command(**given: Any) -> int:
        decided = {name: given.pop(name) for name in _DECISIONS}
        return function(**given, choices=_choices(decided))

    mine = [p for p in known.parameters.values() if p.name != "choices"]
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in mine] + extra
    )
    command.__annotations__ = {p.name: p.annotation for p in (*mine, *extra)}
    return command


def _choices(decided: dict[str, bool]) -> Choices:
    if decided["accept_changes"] and decided["reject_changes"]:
        raise UsageError("say one: --accept-changes or --reject-changes", code="one_of_two")
    accepts = "accept" if decided["accept_changes"] else ""
    rejects = "reject" if decided["reject_changes"] else ""
    return Choices(
        accepts or rejects,
        decided["drop_comments"],
        decided["drop_hidden"],
        decided["clean_files"],
    )


def described(app: typer.Typer, function: Callable[..., int], name: str | None = None) -> None:
    """Put a command into the tree; the lines of its examples stay lines."""
    text = inspect.cleandoc(function.__doc__ or "")
    head, mark, examples = text.partition("Examples:\n\n")
    # \b: the command-line library must not wrap the paragraph that follows.
    app.command(name, help=f"{head}\b\n{mark.strip()}\n{examples}" if mark else head)(function)


def settings(config: Path | None, *, needed: bool = True) -> "Settings":
    """Return the settings of this command."""
    from distro.settings.load import load

    return load(config, needed=needed)


def called_from(host: str) -> None:
    """Say that whoever types does so on another machine."""
    _from.append(host)


_from: list[str] = []


def actor() -> Actor:
    """Return who types, also by way of sudo, with their token where they show one.

    DISTRO_ACTOR is only a label beside the account.
    """
    label = os.environ.get("DISTRO_ACTOR", "")
    account = f"{_account()} ({label})" if label else _account()
    return Actor.of(account, saved_token(), _from[-1] if _from else socket.gethostname())


def _account() -> str:
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user has a number, and no name
        return f"user {os.getuid()}"


def saved_token() -> str:
    """Return the token of DISTRO_TOKEN, else the one that `distro login` keeps; "" without one."""
    with contextlib.suppress(OSError):
        return os.environ.get("DISTRO_TOKEN") or token_file().read_text(encoding="ascii").strip()
    return ""


def token_file() -> Path:
    """Return where `distro login` keeps a token."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "distro" / "token"


def saved_site() -> str:
    """Return the address of DISTRO_SITE, else the one that `distro login URL` keeps; "" without
    one. A home that this account may not read holds none for it (`sudo -u distro`, a container).
    """
    with contextlib.suppress(OSError):
        return os.environ.get("DISTRO_SITE") or site_file().read_text(encoding="utf-8").strip()
    return ""


def site_file() -> Path:
    """Return where `distro login URL` keeps the address of an installation elsewhere."""
    return token_file().with_name("site")
