"""Write down who asked for what before it is done, and find out whether that was changed since.

Each line names the hash of the line before it (SHA-256), so a line that was edited, dropped or
moved does not fit its neighbours. Whoever can rewrite the whole log can make another that fits: so
each backup has the end of the log of its time, and `distro audit log verify --head` compares.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from distro.errors import UsageError
from distro.installation.context import Installation
from distro.store import Store, audit_log

_MOST_FINDINGS = 20
_MOST_WORDS = 500  # characters of a reason


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody asked for. Texts that are not there are ""."""

    at: int  # unix ms
    who: str
    credential: str  # "token 1a2b3c4d", or "account"
    host: str
    act: str
    about: str  # D17, a release, #12 of the book, a person with a token
    was: str = ""  # the state of a distribution before the act
    wanted: str = ""  # what is to be, where the act alone does not say it
    why: str = ""
    refused: str = ""  # why it was not done: a code


def note(installation: Installation, entry: Entry) -> None:
    """Append an entry; its time is the ledger's."""
    facts = {
        "who": entry.who,
        "credential": entry.credential,
        "host": entry.host,
        "act": entry.act,
        "about": _plain(entry.about),
        "was": entry.was,
        "wanted": _plain(entry.wanted),
        "why": _plain(entry.why),
        "refused": entry.refused,
    }
    audit_log.append(installation.store, {k: v for k, v in facts.items() if v})


def _plain(text: str) -> str:
    """Return a text without addresses, which would stay when their reader is erased."""
    return _ADDRESS.sub("(address)", text[:_MOST_WORDS])


_ADDRESS = re.compile(r"[^\s<>()\"',;:]{1,100}@[^\s<>()\"',;:]{1,255}")


def newest(store: Store, most: int) -> list[Entry]:
    """Return at most so many entries, the newest last; what cannot be read is left to `verify`."""
    found = []
    for line in audit_log.lines(store, -most):
        try:
            said = json.loads(line)
            texts = {name: _writable(str(said.get(name, ""))) for name in _TEXTS}
            found.append(Entry(at=int(said["at"]), **texts))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found


def _writable(text: str) -> str:
    """Return a text without halves of characters: what was typed may not have been UTF-8."""
    return text.encode("utf-8", "replace").decode()


_TEXTS = ("who", "credential", "host", "act", "about", "was", "wanted", "why", "refused")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of the log; no findings: nothing was changed."""

    head: audit_log.Head
    findings: tuple[str, ...]


def verify(store: Store, known: str = "") -> Verdict:
    """Follow the chain from its first line to its end.

    `known`: an end of before, as a backup names it ("120:3f2a…"), which must still be in it. Raises
    UsageError for one that is none.
    """
    if known and not _HEAD.fullmatch(known):
        raise UsageError("an end of the log looks like 120:3f2a…, as `distro backup` prints it")
    line, _, name = known.partition(":")
    head, findings = audit_log.head(store), []
    last, number = "", 0
    # Others go on appending: what comes after the end that was read is looked at the next time.
    for text in itertools.islice(audit_log.lines(store), max(0, head.lines)):
        number += 1
        if _previous(text) != last:
            findings.append(_broken(number))
        last = audit_log.hash_of(text)
        if known and number == int(line) and last != name:
            findings.append(f"line {number} is not the one that the backup knew")
    if (number, last) != (head.lines, head.hash):
        findings.append(f"it has {number} lines and does not end where line {head.lines} did")
    elif audit_log.head(store) == head and audit_log.count(store) > head.lines:
        findings.append(f"lines after line {head.lines} do not belong to it")
    if known and number < int(line):
        findings.append(f"it has {number} lines, and had {line}")
    return Verdict(head, tuple(_few(findings)))


_HEAD = re.compile(r"[1-9][0-9]{0,9}:[0-9a-f]{64}")


def _previous(text: bytes) -> str | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return str(said.get("previous")) if isinstance(said, dict) else None


def _broken(number: int) -> str:
    if number == 1:
        return "line 1 is not the first: lines before it were dropped"
    return (
        f"line {number} does not follow line {number - 1}: one of them was edited, or lines between"
        " them were dropped or moved"
    )


def _few(findings: list[str]) -> Iterator[str]:
    yield from findings[:_MOST_FINDINGS]
    if len(findings) > _MOST_FINDINGS:
        yield f"and {len(findings) - _MOST_FINDINGS} more"
