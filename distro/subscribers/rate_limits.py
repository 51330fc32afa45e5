"""Limit how often somebody may ask for a letter to an address."""

import hashlib
import ipaddress

from distro.audience import addresses
from distro.installation.context import Installation
from distro.lib.mailbox_providers import provider_of
from distro.store import reader_requests


def may_ask(installation: Installation, email: str) -> bool:
    """Count one more letter of a question to this address; return whether it may be sent."""
    key = installation.hash_of(_folded(addresses.key(email)))
    return all(
        within(installation, f"{which}:{key}", most, seconds)
        for which, most, seconds in _PER_ADDRESS
    )


def _folded(key: str) -> str:
    """Return the mailbox behind an address: without a sub-address, and at Google without dots."""
    local, _, domain = key.rpartition("@")
    local = local.split("+", maxsplit=1)[0] or local
    if provider_of(domain) == "google":
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def within(installation: Installation, name: str, most: int, seconds: int) -> bool:
    """Count one more under this name; False: that was more than may be."""
    return reader_requests.count_within(installation.store, name, seconds) <= most


def _hashed(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def allowed(installation: Installation, place: str) -> bool:
    """Count one more question from a place (an IP address); return whether it may be asked.

    The first "no" ends the counting: it uses up nobody else's share.
    """
    rates = [(f"here:{_hashed(network)}", most, 3600) for network, most in _networks_of(place)]
    return all(within(installation, name, most, seconds) for name, most, seconds in (*rates, _ALL))


def _networks_of(place: str) -> list[tuple[str, int]]:
    """Return the networks that a place belongs to, the smallest first, and how often each may ask
    an hour.
    """
    try:
        address = ipaddress.ip_address(place)
    except ValueError:
        return [(place, _NETWORKS[0][2])]
    widths = [(v4 if address.version == 4 else v6, most) for v4, v6, most in _NETWORKS]
    return [
        (str(ipaddress.ip_network(f"{place}/{width}", strict=False)), most)
        for width, most in widths
    ]


_PER_ADDRESS = (("day", 1, 86_400), ("week", 3, 7 * 86_400))


_ALL = ("all", 60, 60)  # name, at most, within seconds


# Whoever has a network of addresses counts once: widths of IPv4 and IPv6 networks, and how often
# each may ask an hour.
_NETWORKS = ((32, 64, 10), (24, 56, 30), (16, 48, 60))
