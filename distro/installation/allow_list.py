"""Enforce the allow-list of environments other than production: `[site] allow`."""

from distro.audience.expression import parse
from distro.installation.context import Installation
from distro.model import address_key
from distro.settings.load import Settings
from distro.store.audience_scripts import Program


def allowed_program(installation: Installation) -> Program | None:
    """Return who may be written to at all outside production (promise 11); None for everyone."""
    site = installation.settings.site
    if site.environment == "production":
        return None
    segments = installation.segments()
    terms = [f'email:"{a}"' if "@" in a else f'domain:"{a}"' for a in site.allow]
    programs = [segments.program(parse(term)) for term in terms]
    return (
        [step for p in programs for step in p] + [["or", len(programs)]] if programs else [["none"]]
    )


def may_get(settings: Settings, address: str) -> bool:
    """Return whether this address may be written to in this environment: the same question about
    one, without the book.
    """
    site = settings.site
    key = address_key(address)
    return site.environment == "production" or any(
        address_key(a) in (key, key.rpartition("@")[2]) for a in site.allow
    )
