"""Write to the terminal: one idea a line, the number first, what to type next at the end.

See also `main.report_error`.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

# All control characters but line feed, tab and our own two marks for bold.
_CONTROLS = re.compile(r"(?!\x1b\[[01]m)[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_TURNING = "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # of what stands around them (Unicode UAX 9)
_DRIVING = re.compile(rf"[\x7f-\x9f\u2028\u2029{_TURNING}]")


def safe(text: str) -> str:
    """Return a text that only prints: what a relay, a release or a file says must not drive the
    terminal.
    """
    return _CONTROLS.sub("", text)


def say(text: str = "") -> None:
    """Print a line for people, on stdout."""
    print(safe(text))


def note(text: str) -> None:
    """Print a line beside the result, on stderr."""
    print(safe(text), file=sys.stderr)


def document(value: Any) -> None:
    """Print the one JSON document of `--json`."""
    print(json_text(value))


def answer(value: Any, sentence: str, *, as_json: bool) -> None:
    """Print a command's result: its document with `--json`, else one sentence."""
    if as_json:
        document(value)
    else:
        say(sentence)


def json_text(value: Any) -> str:
    """Return JSON that a terminal shows as it is: what turns the direction of text, or drives a
    screen, is escaped.
    """
    return _DRIVING.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False, indent=2)
    )


def language(code: str) -> str:
    """Return a language's English name."""
    from distro.model import language_name

    return language_name(code) if code else "–"


def size(n: int) -> str:
    """Return bytes as people say them: 1.2 MB, 340 KB."""
    return f"{n / 1e6:.1f} MB" if n >= 1_000_000 else f"{max(1, round(n / 1000))} KB"


def count(n: int, one: str, many: str = "") -> str:
    """Return a count with its noun: 1 letter, 2,000 letters."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def reasons(out: dict[str, int]) -> str:
    """Return reasons with their counts: 21 unsubscribed · 8 already have it."""
    names = {
        "already_has_it": "already have it",
        "not_on_the_allow_list": "not on the allow-list of this trial ([site] allow)",
        "no_edition_in_their_language": "no edition in their language",
        "wants_digests_only": "want newsletters only",
        "unconfirmed": "not confirmed",
    }
    return " · ".join(f"{n:,} {names.get(reason, reason)}" for reason, n in out.items() if n)


def bold(text: str) -> str:
    """Return text that is stressed on a terminal; the words say it without."""
    return f"\033[1m{text}\033[0m" if _colour() else text


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def pairs(lines: Iterable[tuple[str, str]], indent: str = "  ") -> None:
    """Print labels in a column with what they mean beside them."""
    rows = [(a, b) for a, b in lines if b]
    width = max((len(a) for a, _ in rows), default=0)
    for label, text in rows:
        say(f"{indent}{label:<{width}}   {text}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns for people; no lines drawn."""
    widths = [max(len(str(r[n])) for r in [head, *rows]) for n in range(len(head))]
    for row in [head, *rows]:
        say(
            "  "
            + "   ".join(
                f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )


def clock(iso: str) -> str:
    """Return 2026-11-24T10:00:04.123+01:00 as people say it: 24 November 2026 10:00:04."""
    from datetime import datetime

    if not iso:
        return "–"
    when = datetime.fromisoformat(iso)
    return f"{when.day} {when:%B %Y %H:%M:%S}"
