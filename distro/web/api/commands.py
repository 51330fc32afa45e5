"""Run a command of the command line for somebody on another machine, and stream what it prints.

A child process runs it as whoever shows the token, in a folder of its own; it is told to stop when
the other end goes away, as Ctrl-C would.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from distro.errors import UsageError
from distro.web.api.operation import Call, Lines
from distro.web.api.problems import ProblemError, of_validation
from distro.web.api.taken import Command

_AT_ONCE, _OF_ONE = 6, 2  # commands of all people, and of one
_PLACE = re.compile(r"in[0-9]{1,3}/[^/]")
_NAME = re.compile(r"(in|out)[0-9]{1,3}/[^/]")
_LONGEST_NAME = 4096
_LONGEST = 3600  # seconds; `watch` may take long
_STOPPING = 10  # seconds that a command has to put away what it began
_LINE = 1_000_000  # bytes of one line of the child


class _Running:
    """The people whose commands run, once for each."""

    people: ClassVar[list[str]] = []


def run(call: Call) -> Lines:
    """Return what a command prints, as it prints it."""
    mine = _Running.people.count(call.user.name)
    if len(_Running.people) >= _AT_ONCE or mine >= _OF_ONE:
        raise ProblemError("too_many", f"{mine} commands of yours are running.")
    try:
        command = Command.model_validate_json(call.body.command)
    except ValidationError as error:
        raise of_validation(error, prefix="/command") from None
    for name, typed in command.typed.items():
        if not _NAME.match(name) or len(typed) > _LONGEST_NAME:
            raise UsageError(f'"{name[:100]}" is no name of a file that was sent')
    folder = Path(tempfile.mkdtemp(prefix="distro-command-"))
    try:
        _place(call, command, folder)
    except (UsageError, OSError):
        shutil.rmtree(folder)
        raise
    asked = {
        "args": list(command.args),
        "names": dict(command.typed),
        "answers": list(command.answers),
        "terminal": command.terminal,
        "columns": command.columns,
        "host": call.actor.host,
    }
    _Running.people.append(call.user.name)
    return Lines(_streamed(call, folder, asked), media_type="application/x-ndjson")


def _place(call: Call, command: Command, folder: Path) -> None:
    """Move the files that were sent to where the command looks for them, below the folder."""
    for name, place in enumerate(command.places):
        path = Path(place)
        if not _PLACE.match(place) or ".." in path.parts:
            raise UsageError(f'"{place[:100]}" is no place below the folder')
        source = call.upload.folder / str(name)
        if not source.is_file():
            raise UsageError(f"the file {name} is missing")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, folder / path)


async def _streamed(call: Call, folder: Path, asked: dict[str, Any]) -> AsyncIterator[bytes]:
    child = None
    try:
        settings = call.installation.settings
        environment = dict(os.environ) | {"DISTRO_TOKEN": call.actor.token}
        if settings.file.exists():
            environment["DISTRO_CONFIG"] = str(settings.file)
        else:  # variables say everything; what is meant from our folder is not meant from its
            environment["DISTRO_DATA"] = str(settings.data.resolve())
            environment["DISTRO_SUBSCRIBERS"] = str(settings.subscribers.resolve())
            environment["DISTRO_TEMPLATES"] = str(settings.templates.resolve())
        # Neither is where this account has logged in.
        environment.pop("DISTRO_SITE", None)
        environment["XDG_CONFIG_HOME"] = str(folder)
        child = await asyncio.create_subprocess_exec(
            # -P: nothing that was sent is imported.
            *(sys.executable, "-P", "-W", "ignore", "-m", "distro.cli.served"),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE,
            start_new_session=True,
        )
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("a child without pipes")
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        await child.stdin.drain()
        async with asyncio.timeout(_LONGEST):
            while line := await child.stdout.readline():
                yield line
    finally:
        _Running.people.remove(call.user.name)
        if child is not None:
            await asyncio.shield(_ended(child))
        shutil.rmtree(folder, ignore_errors=True)


async def _ended(child: asyncio.subprocess.Process) -> None:
    """Have a child stop as Ctrl-C would, and then for good."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _STOPPING)
