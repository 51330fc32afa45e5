"""Receivers that share one limit: a mail provider has many domains, and counts what it gets from us over all of them."""

# Domains by group; "name.*" stands for a name under every public suffix (hotmail.fr, yahoo.co.uk).
PROVIDERS: dict[str, tuple[str, ...]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.*", "hotmail.*", "live.*", "msn.com", "passport.com"),
    "yahoo": ("yahoo.*", "ymail.com", "rocketmail.com", "aol.com", "aim.com"),
    "apple": ("icloud.com", "me.com", "mac.com"),
}
_EXACT = {domain: group for group, domains in PROVIDERS.items() for domain in domains if not domain.endswith(".*")}
_NAMES = {domain.removesuffix(".*"): group for group, domains in PROVIDERS.items() for domain in domains if domain.endswith(".*")}


def provider_of(domain: str) -> str:
    """The group of a domain (lower case), "" if it has none."""
    found = _EXACT.get(domain)
    if found is not None:
        return found
    name, _, suffix = domain.partition(".")
    return _NAMES.get(name, "") if suffix and suffix.count(".") <= 1 and all(len(part) <= 3 for part in suffix.split(".")) else ""


def parse_rate(text: str) -> float:
    """Letters a second of a rate such as 20/s, 300/m, 5000/h, 100000/d; raises ValueError."""
    count, slash, unit = text.strip().partition("/")
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(unit.strip())
    if not slash or seconds is None or not count.strip().isdigit() or not int(count):
        raise ValueError(f'"{text}" is not a rate; write 20/s, 300/m, 5000/h or 100000/d')
    return int(count) / seconds
