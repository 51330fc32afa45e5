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
import weakref
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


class _Room:
    """The place of one running command, and its folder, until they are given back."""

    people: ClassVar[list[str]] = []  # whose commands run, once for each

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="distro-command-"))
        self.people.append(name)
        self._name, self._held = name, True

    def give_back(self) -> None:
        """Let another command run; the second time it does nothing."""
        if self._held:
            self._held = False
            self.people.remove(self._name)
            shutil.rmtree(self.folder, ignore_errors=True)


def run(call: Call) -> Lines:
    """Return what a command prints, as it prints it."""
    mine = _Room.people.count(call.user.name)
    if len(_Room.people) >= _AT_ONCE or mine >= _OF_ONE:
        raise ProblemError("too_many", f"{mine} commands of yours are running.")
    try:
        command = Command.model_validate_json(call.body.command)
    except ValidationError as error:
        raise of_validation(error, prefix="/command") from None
    for name, typed in command.typed.items():
        if not _NAME.match(name) or len(typed) > _LONGEST_NAME:
            raise UsageError(f'"{name[:100]}" is no name of a file that was sent')
    room = _Room(call.user.name)
    try:
        _place(call, command, room.folder)
    except (UsageError, OSError):
        room.give_back()
        raise
    asked = {
        "args": list(command.args),
        "names": dict(command.typed),
        "answers": list(command.answers),
        "terminal": command.terminal,
        "columns": command.columns,
        "host": call.actor.host,
    }
    stream = _streamed(call, room, asked)
    # A client that goes before the first line has a stream that never began to run.
    weakref.finalize(stream, room.give_back)
    return Lines(stream, media_type="application/x-ndjson")


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


async def _streamed(call: Call, room: _Room, asked: dict[str, Any]) -> AsyncIterator[bytes]:
    child = None
    try:
        child = await asyncio.create_subprocess_exec(
            # -P: nothing that was sent is imported.
            *(sys.executable, "-P", "-W", "ignore", "-m", "distro.cli.served"),
            cwd=room.folder,
            env=_environment(call, room.folder),
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
        if child is not None:
            await asyncio.shield(_ended(child))
        room.give_back()


def _environment(call: Call, folder: Path) -> dict[str, str]:
    """Return the variables of the child: our settings, and the token of who asks."""
    settings = call.installation.settings
    found = dict(os.environ) | {"DISTRO_TOKEN": call.actor.token, "XDG_CONFIG_HOME": str(folder)}
    found.pop("DISTRO_SITE", None)  # nor is where this account has logged in meant
    if settings.file.exists():
        return found | {"DISTRO_CONFIG": str(settings.file)}
    # Variables say everything; what is meant from our folder is not meant from its.
    return found | {
        "DISTRO_DATA": str(settings.data.resolve()),
        "DISTRO_SUBSCRIBERS": str(settings.subscribers.resolve()),
        "DISTRO_TEMPLATES": str(settings.templates.resolve()),
    }


async def _ended(child: asyncio.subprocess.Process) -> None:
    """Have a child stop as Ctrl-C would, and then for good."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _STOPPING)
