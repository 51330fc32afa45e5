"""Run our own Python code on a hostile file in a child process: a bomb takes the child's memory and
time, not ours.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a child process."""

    memory: int  # bytes of address space
    output: int  # bytes that it may write
    seconds: int  # of processor time; three times as long by the clock


class ChildFailedError(Exception):
    """The child ended without an answer; the words are its own last line, or ""."""


def run_confined(
    arguments: Sequence[str], limits: Limits, given: bytes = b""
) -> tuple[IO[bytes], str]:
    """Run Python, without the user's site folder and variables, on the bytes `given`.

    Return what it wrote, at its end, and what it said beside. The answer comes by way of a file
    without a name, whose size the limits bound; a pipe's they would not. Whoever reads it closes
    it. Raises ChildFailedError.
    """
    answer = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads it closes it
    said = ""
    try:
        with tempfile.TemporaryFile() as question:
            question.write(given)
            question.seek(0)
            child = subprocess.run(
                [sys.executable, "-I", *arguments],
                stdin=question,
                stdout=answer,
                stderr=subprocess.PIPE,
                check=False,
                preexec_fn=partial(_limit, limits),
                timeout=limits.seconds * 3,
                env={"PATH": os.environ.get("PATH", ""), "PYTHONIOENCODING": "utf-8"},
            )
        said = child.stderr.decode("utf-8", "replace").strip()
        failed = child.returncode != 0
        last = said.splitlines()[-1][:120] if child.returncode > 0 and said else ""
    except subprocess.TimeoutExpired:
        failed, last = True, ""
    if failed:
        answer.close()
        raise ChildFailedError(last)
    answer.seek(0, os.SEEK_END)
    return answer, said


def _limit(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output, limits.output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
