"""Judge e-mail addresses (RFC 5321 §4.1.2), and find which two are the same person's.

`judge` gives the address as it travels: the local part as written, the domain in lower-case
A-labels (RFC 5890). `key` folds the case of ASCII letters too: two addresses with the same key are
one subscriber.
"""

import re

from distro.model import address_key

# Plain ASCII addresses are most of any book. For what this takes, `judge` gives what
# email-validator gives (tests/unit/audience/test_addresses.py holds both side by side).
_PLAIN = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?\.){1,4}[a-z]{2,12}"
)
_NOT_PLAIN = re.compile(r"@(?:.*\.)?(?:arpa|invalid|local|localhost|onion|test)$|[@.]..--")


def judge(text: str) -> tuple[str, str]:
    """Return the address as it travels, and "" ; or "" and the reason why it is none."""
    given = text.strip().removeprefix("mailto:").strip()
    if (
        len(given) <= 90
        and _PLAIN.fullmatch(given)
        and given.index("@") <= 64
        and not _NOT_PLAIN.search(given)
    ):
        return given, ""
    return _judge_slowly(given)


def _judge_slowly(given: str) -> tuple[str, str]:
    from email_validator import EmailNotValidError, validate_email

    if not given:
        return "", "no e-mail address"
    if "@" not in given:
        return "", "not an e-mail address (no @)"
    if given.count("@") > 1 and '"' not in given:
        return "", "two @ signs" if given.count("@") == 2 else f"{given.count('@')} @ signs"
    try:
        valid = validate_email(given, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        return "", str(error).rstrip(".").replace("The email address", "the address").replace(
            "The part", "the part"
        ).replace("An email address", "an address")
    return f"{valid.local_part}@{valid.ascii_domain}", ""


key = address_key
