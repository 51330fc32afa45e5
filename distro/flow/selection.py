"""Say whom a distribution is for, as the store is asked: an expression, the holders of a text, or
the rest.
"""

from collections.abc import Mapping

from distro.audience.expression import parse
from distro.flow.audience_query import query_for
from distro.flow.holders import Held, note_query, rest_query
from distro.installation.context import Installation
from distro.store.audience_scripts import AudienceQuery
from distro.store.distribution import Distribution


def query_of(
    installation: Installation, found: Distribution, held: Mapping[int, Held]
) -> AudienceQuery:
    """Return what the store is asked about a distribution; `held` is whom a note is for."""
    if found.note:
        return note_query(installation, found, held)
    if found.rest:
        return rest_query(installation, found, held)
    return query_for(
        installation,
        found.release,
        installation.segments().program(parse(found.expanded)),
        found.languages,
        kind=found.kind,
        no_fallback=found.no_fallback,
        again=found.again,
        trusted=found.trusted,
    )
