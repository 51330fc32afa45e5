"""Let links of a letter lead over our own pages, so that following them can be counted.

A link's address in the letter is the reader's own token and a number; where it leads stands in the
compiled letter alone, so that no address of ours leads wherever somebody likes. The plain text
keeps the true addresses. Number 0 is a link that no person sees: whoever follows it is a program.
"""

import html
import re
from dataclasses import dataclass

from distro.letter.slots import Slots

MOST = 99  # links of one letter that are counted; the rest lead straight on
_LINK = re.compile(r'(<a\b[^>]{0,2000}?\bhref=")(https?://[^"<>]{1,2000})(")')


@dataclass(frozen=True, slots=True)
class Counted:
    """A letter's HTML with counted links, and where each leads; number 0 leads nowhere."""

    html: str
    targets: tuple[str, ...]


def counted(source: str, slots: Slots) -> Counted:
    """Return HTML whose links are marks of each reader's own."""
    targets = [""]

    def marked(found: re.Match[str]) -> str:
        target = html.unescape(found[2])
        if slots.secret in target or len(targets) > MOST:
            return found[0]
        targets.append(target)
        return f"{found[1]}{slots.placeholder(f'c{len(targets) - 1}')}{found[3]}"

    body = _LINK.sub(marked, source)
    if len(targets) == 1:
        return Counted(source, ())
    unseen = f'<a href="{slots.placeholder("c0")}" style="display:none" aria-hidden="true"></a>'
    at = body.rfind("</body>")
    return Counted(body[:at] + unseen + body[at:] if at >= 0 else body + unseen, tuple(targets))
