"""What the store is asked about an audience, and what an audience usually is; nothing here reads a
release's files.
"""

import statistics
from collections.abc import Sequence

from distro.audience.expression import Node, parse
from distro.flow.office import Office
from distro.model import address_key
from distro.settings import Settings
from distro.store.scripts.audience import Program, Question

_TO_ALL = (
    "newsletter",
    "correction",
    "hold",
    "kill",
)  # kinds that also go to readers who want no single releases


def question_for(
    office: Office,
    slug: str,
    expanded: Node,
    order: Sequence[str],
    *,
    kind: str,
    no_fallback: bool,
    again: bool = False,
) -> Question:
    """What the store is asked about a release."""
    segments = office.segments()
    return Question(
        slug,
        segments.program(expanded),
        order,
        office.settings.languages.fallback,
        no_fallback,
        _allow(office),
        again,
        again or kind in _TO_ALL,
    )


def _allow(office: Office) -> Program | None:
    """Outside production, who may be written to at all (promise 11); None: everyone."""
    site = office.settings.site
    if site.environment == "production":
        return None
    segments = office.segments()
    terms = [f'email:"{a}"' if "@" in a else f'domain:"{a}"' for a in site.allow]
    programs = [segments.program(parse(term)) for term in terms]
    return (
        [step for p in programs for step in p] + [["or", len(programs)]] if programs else [["none"]]
    )


def may_get(settings: Settings, address: str) -> bool:
    """Whether this address may be written to in this environment: the same question about one,
    without the book.
    """
    site = settings.site
    key = address_key(address)
    return site.environment == "production" or any(
        address_key(a) in (key, key.rpartition("@")[2]) for a in site.allow
    )


def usual_audience(office: Office) -> int:
    """The median of earlier audiences; 0 with fewer than five."""
    recent = office.store.command("ZREVRANGE", "dists", 0, 49)
    sizes = [
        int(a)
        for a in office.store.pipeline([("HGET", f"dist:{d.decode()}", "audience") for d in recent])
        if a and int(a)
    ]
    return int(statistics.median(sizes)) if len(sizes) >= 5 else 0
