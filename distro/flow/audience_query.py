"""Ask the store about audiences; nothing here reads a release's files."""

import statistics
from collections.abc import Sequence

from distro.installation.allow_list import allowed_program
from distro.installation.context import Installation
from distro.store import distributions
from distro.store.audience_scripts import AudienceQuery, Program

# Kinds that also go to readers who want no single releases.
_TO_ALL = (
    "newsletter",
    "correction",
    "hold",
    "kill",
)


def query_for(
    installation: Installation,
    slug: str,
    program: Program,
    order: Sequence[str],
    *,
    kind: str,
    no_fallback: bool,
    again: bool = False,
    trusted: str = "",
) -> AudienceQuery:
    """Return what the store is asked about a release.

    `trusted`: the list that has it before its embargo is over.
    """
    return AudienceQuery(
        slug,
        program,
        order,
        installation.settings.languages.fallback,
        no_fallback,
        allowed_program(installation),
        again,
        again or kind in _TO_ALL,
        trusted,
    )


def usual_audience(installation: Installation) -> int:
    """Return the median of earlier audiences; 0 with fewer than five."""
    sizes = distributions.usual_sizes(installation.store, 50)
    return int(statistics.median(sizes)) if len(sizes) >= 5 else 0


def too_large(installation: Installation, audience: int, usual: int) -> bool:
    """Return whether an audience is so far over the usual that a person must say it is right."""
    limits = installation.settings.limits
    over = audience > limits.usual_least and audience > usual * limits.usual_factor
    return usual > 0 and over
