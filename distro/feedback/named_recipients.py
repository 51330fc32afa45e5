"""Find whom a bounce's sentences name, and the lines about each: ``<ana@daily.example>: 550 …``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from distro.feedback.message import Message

_MOST_SECTIONS = 100
_MOST_LINES = 2_000
_MOST_LINE = 1_000

ADDRESS = re.compile(r"[^\s<>@\"'`:;,()\[\]=|\\]{1,100}@[A-Za-z0-9][A-Za-z0-9.-]{1,250}[A-Za-z0-9]")
_NO_READER = re.compile(
    r"^(?:mailer-daemon|postmaster|no-?reply|support|abuse|help|root)@", re.IGNORECASE
)


@dataclass(slots=True)
class Section:
    """A recipient, and the lines about it."""

    recipient: str
    lines: list[str]


def sections(message: Message) -> list[Section]:
    """Return the recipients that an explanation names, each with the lines after its name."""
    ours = not_readers(message)
    found: list[Section] = []
    before: list[str] = []
    transcript = False
    for whole in message.text.split("\n")[:_MOST_LINES]:
        line = whole[:_MOST_LINE]
        named = _names(line, ours)
        if named:
            section = next((s for s in found if s.recipient.lower() == named.lower()), None)
            if section is None:
                transcript = bool(_TRANSCRIPT.match(line))
                section = Section(named, [*before, line] if transcript else [line])
                if len(found) < _MOST_SECTIONS:
                    found.append(section)
            else:
                section.lines.append(line)
                found.remove(section)
                found.append(section)
            before = []
        elif found and line.strip() and not (transcript and _OF_THE_NEXT.match(line)):
            found[-1].lines.append(line)
        if not named and line.strip():
            before = [*before[-3:], line]
    if found:
        return found
    return [Section(address, [message.text[:4000]]) for address in elsewhere(message, ours)]


_TRANSCRIPT = re.compile(r"\s*(?:<<<|[45]\d\d )")
_OF_THE_NEXT = re.compile(r"\s*(?:[45]\d\d \S+ \(smtp\)|>>> |while talking to|<<< )", re.IGNORECASE)


def not_readers(message: Message) -> set[str]:
    """Return addresses that stand in bounces and are nobody's who was written to."""
    fields = (message.headers.get("to"), message.headers.get("from"))
    returned = (message.returned.get("from"), message.returned.get("return-path"))
    readers = {a.lower() for a in ADDRESS.findall(_returned_to(message))}
    return {a.lower() for f in (*fields, *returned) for a in ADDRESS.findall(f)} - readers


def _returned_to(message: Message) -> str:
    names = ("to", "cc", "x-original-to", "delivered-to", "x-rcpt-to", "envelope-to")
    return " ".join(message.returned.get(name) for name in names)


# Where an address in a line is the one that a letter did not reach.
_ONE = f"({ADDRESS.pattern})"
_SENT = r"(?:deliver(?:ing|ed|y)?|send(?:ing)?|sent|relay)\b"
_OPENERS = (
    # <ana@daily.example>: …
    rf"^[ \t>*\"'-]*(?:to:? ?)?<?\"?{_ONE}\"?>?\s*(?:$|[:.…,\[(<]|-|on \w|invalid|error|mailto)",
    # RCPT TO:<ana@daily.example>
    rf"^\s*(?:>>> ?)?rcpt to: ?<?{_ONE}>?",
    # … recipient: ana@daily.example
    rf"(?:^|\s)(?:recipients?|addresse?e?s?|userid|mail ?box)(?: is)?: *<?{_ONE}>?\s*$",
    # … delivering your mail to <ana@daily.example>
    rf"{_SENT}.{{0,60}}\bto:? +(?:the )?(?:recipient |address |user )?<?{_ONE}>?",
    # 550 5.1.1 <ana@daily.example>...
    rf"^\s*(?:\d{{3}}[ -])+(?:\d\.\d+\.\d+ )?<?{_ONE}>?\s*(?:\.\.\.|:|$)",
    rf"(?:recipient|following address|did not reach).{{0,40}}:\s*<?{_ONE}>?",
)


@cache
def _openers() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _OPENERS)


def _names(line: str, ours: set[str]) -> str:
    if "@" not in line:
        return ""
    for opener in _openers():
        found = opener.search(line)
        if found and found[1].lower() not in ours and _is_reader(found[1]):
            return found[1].rstrip(".")
    return ""


def _is_reader(address: str) -> bool:
    return not _NO_READER.match(address)


def elsewhere(message: Message, ours: set[str]) -> Iterator[str]:
    """Yield recipients where no sentence names one: of header fields, then the returned letter."""
    failed = ADDRESS.findall(message.headers.get("x-failed-recipients"))
    anywhere = [
        a for a in ADDRESS.findall(message.text[:4000]) if a.lower() not in ours and _is_reader(a)
    ]
    returned = ADDRESS.findall(_returned_to(message))
    for group in (failed, anywhere, returned):
        if group:
            yield from dict.fromkeys(group[:_MOST_SECTIONS])
            return
