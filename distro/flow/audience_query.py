"""What the store is asked about an audience, and what an audience usually is; nothing here reads a
release's files.
"""

import statistics
from collections.abc import Sequence

from distro.audience.expression import Node
from distro.installation.allow_list import allowed_program
from distro.installation.context import Installation
from distro.store.audience_scripts import AudienceQuery

_TO_ALL = (
    "newsletter",
    "correction",
    "hold",
    "kill",
)  # kinds that also go to readers who want no single releases


def query_for(
    installation: Installation,
    slug: str,
    expanded: Node,
    order: Sequence[str],
    *,
    kind: str,
    no_fallback: bool,
    again: bool = False,
) -> AudienceQuery:
    """What the store is asked about a release."""
    segments = installation.segments()
    return AudienceQuery(
        slug,
        segments.program(expanded),
        order,
        installation.settings.languages.fallback,
        no_fallback,
        allowed_program(installation),
        again,
        again or kind in _TO_ALL,
    )


def usual_audience(installation: Installation) -> int:
    """The median of earlier audiences; 0 with fewer than five."""
    recent = installation.store.command("ZREVRANGE", "dists", 0, 49)
    sizes = [
        int(a)
        for a in installation.store.pipeline(
            [("HGET", f"dist:{d.decode()}", "audience") for d in recent]
        )
        if a and int(a)
    ]
    return int(statistics.median(sizes)) if len(sizes) >= 5 else 0
