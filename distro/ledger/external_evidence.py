"""Ask others how an attempt ended: the relay's log, a Maildir, a program of the organisation.

A witness is asked about letters in doubt before the policy is. It answers only what it is sure of;
who is not in its answer stays in doubt: a log that does not mention a letter proves nothing.
"""

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from distro import log
from distro.model import Outcome, State

_TAIL = 64 * 1024 * 1024  # bytes of a log that are read
_PATIENCE = 30  # seconds for a program's answer
_LINE = re.compile(
    r"postfix/(?:[\w-]+/)?(?P<part>\w+)\[\d+\]: (?P<id>[0-9A-Za-z]{6,20}): (?P<rest>.*)"
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One letter whose end is not known."""

    message_id: str  # with its angle brackets
    recipient: str


class EvidenceSource(Protocol):
    """Somebody who may know."""

    def ask(self, questions: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """Return the ends that are known for sure, by Message-ID."""


def evidence_source(setting: str) -> EvidenceSource:
    """Return the witness that a setting names: postfix:FILE, maildir:FOLDER, command:PROGRAM."""
    kind, _, path = setting.partition(":")
    kinds: dict[str, Callable[[Path], EvidenceSource]] = {
        "postfix": PostfixLog,
        "maildir": Maildir,
        "command": Program,
    }
    return kinds[kind](Path(path))


class PostfixLog:
    """A Postfix that is our relay logs `message-id=` when it reads a letter and `queue active` once
    it has taken it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, questions: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """Return the ends that the log of a Postfix shows for sure, by Message-ID."""
        asked = {q.message_id for q in questions}
        ours: dict[str, str] = {}  # queue id -> Message-ID
        found: dict[str, Outcome] = {}
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _TAIL))
            for raw in file:
                line = _LINE.search(raw.decode("utf-8", "replace"))
                if line is None:
                    continue
                queue_id, rest = line["id"], line["rest"]
                if (
                    line["part"] == "cleanup"
                    and rest.startswith("message-id=")
                    and rest[11:].strip() in asked
                ):
                    ours[queue_id] = rest[11:].strip()
                elif queue_id in ours and line["part"] == "qmgr" and "queue active" in rest:
                    # Only after the final dot and Postfix's own fsync: whatever our connection saw,
                    # it has the letter.
                    found[ours[queue_id]] = Outcome(
                        State.ACCEPTED,
                        250,
                        f"2.0.0 found in the relay's log as {queue_id}",
                        queue_id[:16],
                    )
        return found


class Maildir:
    """Letters that arrived in a Maildir; each file's head is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ask(self, questions: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """Return the letters that lie in the folder as accepted, by Message-ID."""
        asked = {q.message_id.encode(): q for q in questions}
        found: dict[str, Outcome] = {}
        for part in ("new", "cur"):
            for path in (self.folder / part).glob("*"):
                with path.open("rb") as file:
                    head = file.read(16_384)
                for found_id in re.findall(rb"(?im)^message-id:\s*(<[^>]+>)", head)[:1]:
                    if found_id in asked:
                        found[found_id.decode()] = Outcome(
                            State.ACCEPTED, 250, f"2.0.0 found in {self.folder.name}"
                        )
        return found


class Program:
    """A program that gets a JSON line a letter (message_id, recipient) and answers a JSON line for
    each that it knows.

    Its lines: {"message_id": "<…>", "state": "accepted" | "deferred" | "failed", "code": 250,
    "text": "…"}.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, questions: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """Return the ends that the program answers, by Message-ID."""
        questions_json = "".join(
            json.dumps({"message_id": q.message_id, "recipient": q.recipient}) + "\n"
            for q in questions
        )
        asked = {q.message_id for q in questions}
        done = subprocess.run(
            [str(self.path)],
            input=questions_json,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
        found: dict[str, Outcome] = {}
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            state = State(answer["state"])
            if (
                state in (State.ACCEPTED, State.DEFERRED, State.FAILED)
                and answer["message_id"] in asked
            ):
                found[answer["message_id"]] = Outcome(
                    state, int(answer.get("code", 0)), str(answer.get("text", ""))[:300]
                )
        return found


def hear(witnesses: Sequence[EvidenceSource], questions: Sequence[Doubt]) -> dict[str, Outcome]:
    """Ask one after the other about what is still open; a witness in trouble is told of and passed
    over.
    """
    found: dict[str, Outcome] = {}
    for one in witnesses:
        still = [q for q in questions if q.message_id not in found]
        if not still:
            break
        try:
            found |= one.ask(still)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            log.get().warning(
                "a witness about letters in doubt could not be heard",
                witness=type(one).__name__,
                why=str(error)[:200],
            )
    return found
