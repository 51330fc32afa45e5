"""SMTP replies, and the one table that says what each means for whom (RFC 5321 §4.2, RFC 3463).

| reply                         | scope     | what becomes of the recipient                       |
|-------------------------------|-----------|-----------------------------------------------------|
| 421, or 4xx before RCPT       | relay     | queued again: nothing was sent                      |
| 421 after the final dot       | relay     | deferred: the message was not taken (RFC 5321 §3.8) |
| AUTH refused                  | us        | queued again, the sending halts                     |
| 5xx at MAIL, but 552, 5.6.7   | us        | queued again; three in a row halt the sending       |
| 552 or 5.6.7 at MAIL          | recipient | failed                                              |
| 4xx at RCPT or later          | recipient | deferred                                            |
| 5xx at RCPT or later          | recipient | failed                                              |
| 2xx at the end of the message | recipient | accepted                                            |
| anything out of order         | relay     | queued again if no body was sent, else in doubt     |
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from distro.lib.smtp_codes import enhanced
from distro.model import State


class Stage(StrEnum):
    """The command that a reply answers."""

    GREETING = "greeting"  # the banner, EHLO, STARTTLS
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"  # asked to send
    END = "end"  # after the final dot


class Scope(StrEnum):
    """The one whom a refusal is about."""

    RELAY = "relay"
    US = "us"
    RECIPIENT = "recipient"


class Reply(NamedTuple):
    """One SMTP reply; `text` is all its lines, without codes, in one."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """Return whether the command was accepted (2xx)."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class Verdict(NamedTuple):
    """The meaning of a reply: about whom, and the recipient's state."""

    scope: Scope
    state: State


_ACCEPTED = Verdict(Scope.RECIPIENT, State.ACCEPTED)


def judge(stage: Stage, reply: Reply) -> Verdict:
    """Look a reply up in the table above."""
    code = reply.code
    if stage is Stage.END and 200 <= code < 300:
        return _ACCEPTED
    if code == 421:
        return Verdict(Scope.RELAY, State.QUEUED if stage is not Stage.END else State.DEFERRED)
    if stage is Stage.AUTH and 500 <= code < 600:
        return Verdict(Scope.US, State.QUEUED)
    if stage in (Stage.GREETING, Stage.AUTH):
        return Verdict(Scope.RELAY, State.QUEUED)
    if stage is Stage.MAIL:
        if code == 552 or enhanced(reply.text) == "5.6.7":
            return Verdict(Scope.RECIPIENT, State.FAILED)
        return Verdict(Scope.US if 500 <= code < 600 else Scope.RELAY, State.QUEUED)
    if 400 <= code < 500:
        return Verdict(Scope.RECIPIENT, State.DEFERRED)
    if 500 <= code < 600:
        return Verdict(Scope.RECIPIENT, State.FAILED)
    return Verdict(Scope.RELAY, State.QUEUED if stage is not Stage.END else State.IN_DOUBT)


class ReplyReader:
    """Bytes in, whole replies out; a server that sends anything else is cut off."""

    MAX_LINES = 1000  # nothing bounds them in RFC 5321; nobody offers so many extensions
    MAX_LINE = 4096  # RFC 5321 §4.5.3.1.5 says 512; some servers explain themselves longer
    _KEPT = 16  # readings

    def __init__(self, hide: Sequence[str] = ()) -> None:
        """Read replies; `hide`: secrets that we told the server, and that it might repeat."""
        self._hide = hide
        self.lines: list[str] = []  # of the last reply of several: each whole, without its code
        self._rest = b""
        self._lines: list[str] = []
        self._code = ""
        # A server says the same words at every letter: they are read once.
        self._known: dict[bytes, list[Reply]] = {}

    @property
    def pending(self) -> bool:
        """Return whether a part of a reply has come."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """Return the replies that are complete now; raise ValueError for what is no SMTP reply."""
        if self._rest or self._lines:
            return self._read(data)
        known = self._known.get(data)
        if known is None:
            known = self._read(data)
            if (
                len(self._known) < self._KEPT
                and len(data) < 500
                and not self._rest
                and not self._lines
            ):
                self._known[data] = known
        return known

    def _read(self, data: bytes) -> list[Reply]:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > self.MAX_LINE:
            raise ValueError("a reply whose line has no end")
        found = []
        for raw in lines:
            if len(raw) > self.MAX_LINE:
                raise ValueError("a reply whose line is too long")
            line = raw.rstrip(b"\r").decode("utf-8", "replace")
            if not line.isprintable():  # a terminal, a log and a page show what a server says
                line = _CONTROLS.sub(" ", line)
            for secret in self._hide:
                line = line.replace(secret, "…")
            if not _CODE.match(line):
                raise ValueError(f"not an SMTP reply: {line[:60]!r}")
            if self._lines and line[:3] != self._code:  # RFC 5321 §4.2.1: the same on every line
                raise ValueError("a reply of two codes")
            self._code = line[:3]
            if len(self._lines) > self.MAX_LINES:
                raise ValueError("a reply without end")
            self._lines.append(line[4:].strip())
            if line[3:4] != "-":
                if len(self._lines) > 1:
                    self.lines = self._lines
                found.append(Reply(int(line[:3]), " / ".join(filter(None, self._lines))[:500]))
                self._lines = []
        return found


_CODE = re.compile(r"[0-9]{3}(?:[ -]|$)")
# Control characters, and those that turn the direction of what stands around them (Unicode UAX 9).
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SHORT = 5  # characters up to which a local part may be a word of the sentence


def without_address(text: str, address: str) -> str:
    """Return a server's words without the recipient: they are kept beside a number, and outlive the
    person's wish to be forgotten.
    """
    lower, local = text.lower(), address.rpartition("@")[0].lower()
    if local not in lower:
        return text
    text = re.sub(re.escape(address), "recipient", text, flags=re.IGNORECASE)
    if len(local) >= _SHORT:
        text = re.sub(
            rf"(?<![\w.]){re.escape(local)}(?![\w.]\w)", "recipient", text, flags=re.IGNORECASE
        )
    return text


_QUEUE_ID = re.compile(r"\b(?:as|id|queued)\b:?\s+(?!(?:as|for|id)\b)(\S+)", re.IGNORECASE)


def queue_id(text: str) -> str:
    """Return what the relay calls the message, from the words of its last reply; "" if they do not
    say.
    """
    found = _QUEUE_ID.search(text)
    return found[1].strip("<>().,;")[:16] if found else ""
