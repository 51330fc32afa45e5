"""Judge who followed a link: a person, a program, or nobody can tell; and why.

Judged at the request, from what is known then. Neither the address nor the program's name is kept;
the answer is three numbers, never one. What tells:

| sign                                                      | who     |
|-----------------------------------------------------------|---------|
| HEAD, or another method than GET                          | machine |
| the link that no person sees                              | machine |
| before the letter was accepted, or within two seconds     | machine |
| three links of a letter within two seconds                | machine |
| a network of mail scanners                                | machine |
| the same link from another network within a minute after: | the     |
| the first was a scanner's look before the reader's        | first   |
| a browser that a person told to go (Fetch Metadata)       | human   |
| nothing of all that                                       | unknown |
"""

import ipaddress
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

AT_ONCE_MS = 2_000
FAN_OUT = 3
TWICE_MS = 60_000


class Who(StrEnum):
    """A verdict on one click."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Click:
    """One request of a letter's link. Times are unix ms."""

    link: int
    at: int
    network: str  # a keyed hash of the network, which nothing leads back from
    method: str = "GET"
    accepted: int = 0  # when the letter was accepted; 0: not yet
    scanner: bool = False  # from a known network of mail scanners
    navigates: bool = False  # a browser says that a person told it to go


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one who followed a link, and the sign that told."""

    who: Who
    reason: str


def judge(click: Click, before: Sequence[Click]) -> Verdict:
    """Return who followed a link; `before`: what was followed in that letter within a minute."""
    if click.method != "GET":
        return Verdict(Who.MACHINE, "method")
    if click.link == 0 or any(other.link == 0 for other in before):
        return Verdict(Who.MACHINE, "hidden link")
    if not click.accepted or click.at - click.accepted < AT_ONCE_MS:
        return Verdict(Who.MACHINE, "too early")
    near = {other.link for other in before if click.at - other.at <= AT_ONCE_MS} | {click.link}
    if len(near) >= FAN_OUT:
        return Verdict(Who.MACHINE, "many at once")
    if click.scanner:
        return Verdict(Who.MACHINE, "scanner's network")
    if click.navigates:
        return Verdict(Who.HUMAN, "browser")
    return Verdict(Who.UNKNOWN, "no sign")


def corrected(click: Click, verdict: Verdict, before: Sequence[Click]) -> list[tuple[int, str]]:
    """Return the links followed before that were a program's, as this click shows; with why."""
    if verdict.reason in ("many at once", "hidden link"):
        return [(other.link, verdict.reason) for other in before]
    if verdict.who is Who.MACHINE:
        return []
    return [
        (other.link, "looked at first")
        for other in before
        if other.link == click.link
        and other.network != click.network
        and click.at - other.at <= TWICE_MS
    ]


def is_scanner(address: str, own: Sequence[str] = ()) -> bool:
    """Return whether an address is in a network of mail scanners, or in one of `own`."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return False
    networks = (*_networks(), *(ipaddress.ip_network(one, strict=False) for one in own))
    return any(given.version == net.version and given in net for net in networks)


def network_of(address: str) -> str:
    """Return the network of an address: /24, or /48 of IPv6; "" for what is none."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return ""
    prefix = 24 if given.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))


@cache
def _networks() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    listed = tomllib.loads(files("distro.feedback").joinpath("scanners.toml").read_text("utf-8"))
    return tuple(ipaddress.ip_network(net) for nets in listed.values() for net in nets)
