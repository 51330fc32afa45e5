"""Word SMTP reply codes (RFC 5321 §4.2) and enhanced status codes (RFC 3463)."""

import re

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")

# RFC 3463 §3, the subjects and details that a press office meets.
CAUSES = {
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.3": "bad address",
    "1.10": "the domain takes no mail",
    "2.1": "mailbox disabled",
    "2.2": "mailbox full",
    "2.3": "message too large",
    "3.4": "message too large",
    "4.1": "no answer from the server",
    "4.4": "cannot be routed",
    "4.7": "given up after the retry period",
    "5.0": "protocol error",
    "6.7": "the server cannot take an international address",
    "7.0": "refused by policy",
    "7.1": "refused by policy",
    "7.26": "refused: the sender is not authenticated",
    "7.515": "refused: the sender is not authenticated",
}


def enhanced(text: str) -> str:
    """Return the enhanced status code at the start of a reply's text (RFC 2034), or ""."""
    found = _ENHANCED.match(text.strip())
    return found[0] if found else ""


def cause(code: int, text: str) -> str:
    """Return a few words for why a recipient was refused; the server's own words stay beside it in
    reports.
    """
    status = enhanced(text)
    if status:
        _, subject, detail = status.split(".")
        named = CAUSES.get(f"{subject}.{detail}")
        if named:
            return named
    return {
        450: "mailbox busy",
        451: "server trouble",
        452: "server full",
        421: "server closing",
        550: "refused",
        551: "not here",
        552: "mailbox full",
        553: "bad address",
    }.get(code, f"reply {code}" if code else "no reply")
