"""Run a command on another machine: send it with its files, show what it prints as it prints it.

It is for whoever has logged in to an address (`distro login https://…`), and for no folder that has
settings of its own.
"""

import base64
import http.client
import json
import os
import shutil
import ssl
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from distro.cli import output, remote_table
from distro.cli.options import saved_site, saved_token
from distro.errors import DistroError, InputFileError, UsageError

_TIMEOUT = 120  # seconds without a word of the other end
_LARGEST = 60_000_000  # bytes of all files of a command
_MOST = 60  # files of a command
_BESIDE = 500  # files beside a release that are looked at
_LETTERS = (".html", ".txt", ".eml")
_LINE = 2_000_000  # bytes of what the other end says at once
_TEXTS = (".md", ".markdown", ".mdown", ".txt")


@dataclass(frozen=True, slots=True)
class Site:
    """An installation on another machine."""

    url: str
    token: str


def site(args: list[str]) -> Site | None:
    """Return where a command is to run; None: here."""
    here = os.environ.get("DISTRO_CONFIG") or Path("distro.toml").exists()
    here = here or any(arg == "--config" or arg.startswith("--config=") for arg in args)
    if here and not os.environ.get("DISTRO_SITE"):
        return None
    url = saved_site()
    return Site(check_address(url), saved_token()) if url else None


def is_for_afar(tree: Any, args: list[str]) -> bool:
    """Return whether a command line is one that can run on another machine."""
    name, _, rest = remote_table.command_of(tree, args)
    return name in remote_table.LEAST_ROLE and not {"--help", "-h"} & set(rest)


@dataclass(slots=True)
class Parcel:
    """A command as it is sent: its arguments, its files, and where what it writes may go."""

    args: list[str]
    files: list[tuple[str, Path]] = field(default_factory=list)  # place there, file here
    typed: dict[str, str] = field(default_factory=dict)  # name there -> as it was typed
    into: list[Path] = field(default_factory=list)  # what it may write here


def packed(tree: Any, args: list[str]) -> Parcel:
    """Return a command with its files; raises what is wrong with its arguments."""
    name, command, rest = remote_table.command_of(tree, args)
    values = remote_table.values_of(name, command, rest)
    reads, writes = remote_table.paths_of(name, values)
    parcel = Parcel(list(args), into=list(writes))
    folders: dict[Path, int] = {}
    for path in reads:
        if not path.exists():
            raise InputFileError(f"{path}: there is no such file")
        place = f"in{folders.setdefault(path.parent.resolve(), len(folders))}"
        _add(parcel, path, Path(place))
        _rename(parcel, path, f"{place}/{path.resolve().name}")
    for number, path in enumerate(writes):
        if any(_names(arg, path) for arg in args):  # else it is the command's own choice
            _rename(parcel, path, f"out{number}/{path.name}")
    if len(parcel.files) > _MOST or sum(p.stat().st_size for _, p in parcel.files) > _LARGEST:
        raise InputFileError(
            f"at most {_MOST} files of {_LARGEST // 1_000_000} MB together are sent"
        )
    return parcel


def _names(arg: str, path: Path) -> bool:
    return bool(arg) and Path(arg.partition("=")[2] if arg.startswith("--") else arg) == path


def _rename(parcel: Parcel, path: Path, name: str) -> None:
    """Put the name that a file has there in the place of the typed one."""
    parcel.typed[name] = str(path)
    for n, arg in enumerate(parcel.args):
        if _names(arg, path):
            option, sign, _ = arg.partition("=") if arg.startswith("--") else ("", "", arg)
            parcel.args[n] = f"{option}{sign}{name}"


def _add(parcel: Parcel, path: Path, place: Path) -> None:
    """Add a file, or the files of a folder; with a text, the files beside it that it names."""
    if path.is_dir():
        for one in sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != "."):
            _add_one(parcel, one, place / path.resolve().name / one.name)
        return
    _add_one(parcel, path, place / path.resolve().name)
    if path.suffix.lower() in _TEXTS:
        text = path.read_bytes()[:1_000_000].decode("utf-8", "replace")
        for beside in _beside(path.parent):
            inside = beside.relative_to(path.parent)
            if str(inside) in text and beside.name != path.name:
                _add_one(parcel, beside, place / inside)


def _beside(folder: Path) -> Iterator[Path]:
    """Yield files of a folder and of the folders in it, a bounded number of them."""
    seen = 0
    for pattern in ("*", "*/*"):
        for path in sorted(folder.glob(pattern)):
            seen += 1
            if seen > _BESIDE:
                return
            if path.is_file() and not any(part[0] == "." for part in path.parts if part != ".."):
                yield path


def _add_one(parcel: Parcel, path: Path, place: Path) -> None:
    if all(str(place) != known for known, _ in parcel.files):
        parcel.files.append((str(place), path))


def run(site: Site, tree: Any, args: list[str]) -> int:
    """Run a command there and show what it prints; gives its exit code. Raises DistroError."""
    if not site.token:
        raise UsageError("there is no token for this address", hint=f"distro login {site.url}")
    parcel, answers, shown = packed(tree, args), list[str](), 0
    while True:
        talk = _Talk(parcel, shown)
        for line in _lines(site, parcel, answers):
            if "ask" in line:
                answers.append(f"{'y' if _asked(line) else 'n'}:{line['about']}")
                break
            if "changed" in line:
                sys.stderr.write("\nIt changed while you looked: look again.\n\n")
                answers, talk = [], _Talk(parcel, 0)
                break
            if "exit" in line:
                return int(line["exit"])
            talk.take(line)
        else:
            raise DistroError(
                f"{site.url} stopped answering", hint="Look before you repeat it: distro report"
            )
        shown = talk.printed if answers else 0


def _asked(line: dict[str, Any]) -> bool:
    return typer.confirm(_safe(str(line["ask"])), default=bool(line.get("default")), err=True)


def _safe(text: str) -> str:
    """Return what another machine says as a text that only prints, and may begin a line again."""
    return "\r".join(output.safe(part) for part in text.split("\r"))


class _Talk:
    """Shows what the other end says; what was shown before a question is not shown again."""

    def __init__(self, parcel: Parcel, seen: int) -> None:
        self.parcel, self.seen = parcel, seen
        self.printed = 0

    def take(self, line: dict[str, Any]) -> None:
        """Show a piece of text, or write a piece of a file."""
        for kind, stream in (("out", sys.stdout), ("err", sys.stderr)):
            if kind in line:
                text = str(line[kind])
                left = max(0, self.seen - self.printed)
                self.printed += len(text)
                stream.write(_safe(text[left:]))
                stream.flush()
        if "file" in line:
            self._write(str(line["file"]), base64.b64decode(line["part"]), first=line["begin"])

    def _write(self, name: str, raw: bytes, *, first: bool) -> None:
        """Write a file where this command may, and nowhere else."""
        path = Path(self.parcel.typed.get(name, _below(self.parcel, name)))
        within = [into.resolve() for into in self.parcel.into]
        real = path.resolve()
        if not any(real == into or into in real.parents for into in within):
            raise DistroError(f"the other end wanted to write {name}, which is no file of this")
        if real not in within:  # in a folder that the command makes
            inner = Path(name).parts
            if path.suffix not in _LETTERS or any(part.startswith(".") for part in inner):
                raise DistroError(f"the other end wanted to write {path.name}, which is no letter")
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb" if first else "ab") as file:
            file.write(raw)


def _below(parcel: Parcel, name: str) -> str:
    """Return the name here of a file in a folder that the command writes."""
    for ours, typed in parcel.typed.items():
        if name.startswith(f"{ours}/"):
            return f"{typed}/{name[len(ours) + 1 :]}"
    return name


def _lines(site: Site, parcel: Parcel, answers: list[str]) -> Iterator[dict[str, Any]]:
    """Send it, and yield what comes back, a document a line."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty() and "watch" not in parcel.args[:1]
    command = {
        "args": parcel.args,
        "answers": answers,
        "places": [place for place, _ in parcel.files],
        "typed": parcel.typed,
        "terminal": terminal,
        "columns": max(20, min(500, shutil.get_terminal_size().columns)),
    }
    body, boundary = _form(command, parcel)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    with ask(site, "POST", "/commands", body, headers) as answer:
        while raw := answer.readline(_LINE):
            yield json.loads(raw)


def _form(command: dict[str, Any], parcel: Parcel) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="command"\r\n\r\n'
    parts = [head.encode() + json.dumps(command).encode()]
    for number, (_, path) in enumerate(parcel.files):
        names = f'form-data; name="enclosures"; filename="{number}"'
        head = f"--{boundary}\r\nContent-Disposition: {names}\r\n\r\n"
        parts.append(head.encode() + path.read_bytes())
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()]), boundary


def ask(
    site: Site, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    """Return the answer of the API; raise DistroError for a problem, or where nobody answers."""
    parts = urlsplit(site.url)
    shown = {
        "Authorization": f"Bearer {site.token}",
        "Connection": "close",
        **(headers or {}),
    }
    try:
        connection = connected(parts.scheme, parts.netloc)
        connection.request(method, f"{parts.path.rstrip('/')}/api/v1{path}", body, shown)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise DistroError(f"{site.url} does not answer ({error})") from None
    if answer.status >= 400:
        raise _problem(site, answer)
    return answer


def connected(scheme: str, place: str) -> http.client.HTTPConnection:
    """Return a connection to another machine; its certificate is verified."""
    if scheme == "https":
        return http.client.HTTPSConnection(
            place, timeout=_TIMEOUT, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(place, timeout=_TIMEOUT)


def check_address(url: str) -> str:
    """Return the address of an installation; raise UsageError for one that would show the token."""
    parts = urlsplit(url)
    near = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise UsageError(f"{url} is no address", hint="Like https://press.example.org")
    if parts.scheme != "https" and not near:
        raise UsageError("a token is sent over https only", hint=f"https://{parts.netloc}")
    return url.rstrip("/")


def _problem(site: Site, answer: http.client.HTTPResponse) -> DistroError:
    try:
        told = json.loads(answer.read(100_000))
        code = str(told["type"]).rpartition("/")[2]
        said = str(told.get("detail") or told["title"])
    except (ValueError, KeyError, TypeError, http.client.HTTPException):
        return DistroError(f"{site.url} answers {answer.status}: is distro there?")
    if code == "not_signed_in":
        said = "this token is not valid"
    hint = f"distro login {site.url}" if answer.status == 401 else ""
    return DistroError(said, hint=hint)
