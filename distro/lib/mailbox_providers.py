"""Group receivers that share one limit: a mail provider has many domains and counts our mail over
all of them.
"""

from functools import cache
from string import ascii_lowercase

# Domains by group; "name.*" stands for a name under every public suffix (hotmail.fr, yahoo.co.uk).
PROVIDERS: dict[str, tuple[str, ...]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.*", "hotmail.*", "live.*", "msn.com", "passport.com"),
    "yahoo": ("yahoo.*", "ymail.com", "rocketmail.com", "aol.com", "aim.com"),
    "apple": ("icloud.com", "me.com", "mac.com"),
}
_EXACT = {
    domain: group
    for group, domains in PROVIDERS.items()
    for domain in domains
    if not domain.endswith(".*")
}
_NAMES = {
    domain.removesuffix(".*"): group
    for group, domains in PROVIDERS.items()
    for domain in domains
    if domain.endswith(".*")
}


def provider_of(domain: str) -> str:
    """Return the group of a domain (lower case), "" if it has none."""
    found = _EXACT.get(domain)
    if found is not None:
        return found
    name, _, suffix = domain.partition(".")
    return (
        _NAMES.get(name, "")
        if suffix and suffix.count(".") <= 1 and all(len(part) <= 3 for part in suffix.split("."))
        else ""
    )


def parse_rate(text: str) -> float:
    """Return letters a second of a rate such as 20/s, 300/m, 5000/h, 100000/d; raise ValueError."""
    count, slash, unit = text.strip().partition("/")
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(unit.strip())
    if not slash or seconds is None or not count.strip().isdigit() or not int(count):
        raise ValueError(f'"{text}" is not a rate; write 20/s, 300/m, 5000/h or 100000/d')
    return int(count) / seconds


_OFTEN = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.fr",
    "outlook.com",
    "yahoo.com",
    "yahoo.fr",
    "icloud.com",
    "orange.fr",
    "wanadoo.fr",
    "laposte.net",
    "protonmail.com",
    "bluewin.ch",
)
# Near another, and themselves.
_REAL = frozenset(
    (
        "mail.com",
        "email.com",
        "ymail.com",
        "gmail.co",
        "hotmail.co",
        "outlook.co",
        "yahoo.co",
        "yahoo.cm",
        "icloud.co",
    )
)


@cache
def _typos() -> dict[str, str]:
    """Return every domain one slip of the finger away from one that many people have."""
    found: dict[str, str] = {}
    for domain in _OFTEN:
        for n in range(len(domain)):
            head, tail = domain[:n], domain[n + 1 :]
            slips = [head + tail, head + domain[n] + domain[n:]]
            slips += [head + tail[0] + domain[n] + tail[1:]] if tail else []
            slips += [head + letter + tail for letter in ascii_lowercase if domain[n] != "."]
            found |= dict.fromkeys(slips, domain)
    return {
        slip: domain
        for slip, domain in found.items()
        if slip not in _OFTEN and slip not in _REAL and "." in slip and not provider_of(slip)
    }


def typo_of(domain: str) -> str:
    """Return the domain that was probably meant; "" where this one may well be right. Never a
    reason to change an address.
    """
    return _typos().get(domain, "")
